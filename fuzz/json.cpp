// JSON of strangers: what is read can be written and read again; depth and size are bounded. (Boost.JSON
// reads long numbers to the last digit but one, so the second text may differ there.)
#include "base/json.hpp"
#include "fuzz/input.hpp"

using namespace plenum;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto value = base::parse_json(base::as_text({data, size}), {64 << 10, 16});
  if (!value) return 0;
  const auto text = base::write_json(*value);
  const auto again = base::parse_json(text, {1 << 20, 16});
  CHECK(again && again->kind() == value->kind());
  for (const std::string_view key : {"type", "data", ""}) {
    (void)base::find_string(*value, key);
    (void)base::find_bool(*value, key);
    (void)base::find_int(*value, key);
    (void)base::find_number(*value, key);
    (void)base::find_array(*value, key);
    (void)base::find_object(*value, key);
  }
  return 0;
}
