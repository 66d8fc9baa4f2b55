// Messages between control and a worker that may have been taken over: both directions, read through the
// described types.
#include "fuzz/input.hpp"
#include "link/messages.hpp"

using namespace plenum;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = base::as_text({data, size});
  if (const auto message = link::decode_to_worker(text)) {
    const auto written = link::encode(*message);
    const auto again = link::decode_to_worker(written);
    CHECK(again && link::encode(*again) == written);
  }
  if (const auto message = link::decode_from_worker(text)) {
    const auto written = link::encode(*message);
    const auto again = link::decode_from_worker(written);
    CHECK(again && link::encode(*again) == written);
  }
  return 0;
}
