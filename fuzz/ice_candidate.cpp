// A candidate line and an address with a port, as a client's SDP spells them: what is read can be written and
// read again.
#include "fuzz/input.hpp"
#include "ice/candidate.hpp"

using namespace plenum;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = base::as_text({data, size});
  if (auto candidate = ice::parse_candidate(text)) {
    CHECK(candidate->address.valid() && candidate->component == 1);
    if (candidate->tcp_type == ice::TcpType::active)
      candidate->address.port = 9; // what it says has no meaning
    const auto again = ice::parse_candidate(ice::candidate_value(*candidate));
    CHECK(again && *again == *candidate);
  }
  if (const auto address = ice::TransportAddress::parse_with_port(text)) {
    const auto again = ice::TransportAddress::parse_with_port(address->text());
    CHECK(again && *again == *address);
  }
  return 0;
}
