// An event of a stored log: the name, a line feed, the body. What is read reads again the same. (Whether it
// fits its log is a matter of decide: evolve takes only what was decided.)
#include "fuzz/input.hpp"
#include "room/events.hpp"

using namespace plenum;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = base::as_text({data, size});
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return 0;
  const auto body = base::parse_json(text.substr(end + 1));
  if (!body) return 0;
  const auto event = room::event_from_json(text.substr(0, end), *body);
  if (!event) return 0;
  const auto written = base::write_json(room::to_json(*event));
  const auto again = room::event_from_json(room::name_of(*event), *base::parse_json(written));
  CHECK(again && base::write_json(room::to_json(*again)) == written);
  return 0;
}
