// Transport feedback of a receiver, without the RTCP header.
#include "fuzz/input.hpp"
#include "rtp/twcc.hpp"

using namespace plenum;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto feedback = rtp::TwccFeedback::parse({data, size});
  if (!feedback) return 0;
  std::uint32_t statuses = 0, received = 0;
  while (const auto status = feedback->next()) {
    CHECK(status->sequence == static_cast<std::uint16_t>(feedback->base_sequence() + statuses));
    received += status->received;
    ++statuses;
  }
  CHECK(statuses == feedback->status_count());
  CHECK(received <= size); // each has a delta of a byte at least
  return 0;
}
