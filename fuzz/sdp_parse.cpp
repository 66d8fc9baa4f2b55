// Session descriptions: whatever is read can be written, and reads again as the same description.
#include "fuzz/input.hpp"
#include "sdp/parse.hpp"
#include "sdp/write.hpp"

using namespace plenum;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = sdp::parse(base::as_text({data, size}));
  if (!read) {
    CHECK(!read.error().text.empty() && read.error().text.size() < 1000);
    return 0;
  }
  CHECK(read->sections.size() <= sdp::kMaxSections);
  const auto text = sdp::write(*read);
  CHECK(text.size() <= 16 * sdp::kMaxTextBytes);
  const auto again = sdp::parse(text);
  // Writing spells out defaults and may pass the limit of the text, or of a line.
  CHECK(again || again.error().code == base::ErrorCode::too_large);
  if (again) CHECK(sdp::write(*again) == text);
  return 0;
}
