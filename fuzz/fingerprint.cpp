// a=fingerprint, as a client's SDP spells it.
#include "fuzz/input.hpp"
#include "secure/certificate.hpp"

using namespace plenum;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = secure::Fingerprint::parse(base::as_text({data, size}));
  if (!read) return 0;
  const auto again = secure::Fingerprint::parse(read->text());
  CHECK(again && *again == *read);
  return 0;
}
