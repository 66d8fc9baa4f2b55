// base64url: every value has exactly one spelling.
#include "net/base64url.hpp"
#include "fuzz/input.hpp"

using namespace plenum;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = base::as_text({data, size});
  if (const auto decoded = net::base64url_decode(text)) CHECK(net::base64url_encode(*decoded) == text);
  CHECK(net::base64url_decode(net::base64url_encode(text)) == text);
  return 0;
}
