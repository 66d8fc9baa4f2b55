// Messages between the door and a worker that may have been taken over.
#include "link/door_messages.hpp"
#include "fuzz/input.hpp"

using namespace plenum;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto message = link::decode_door({data, size});
  if (!message) return 0;
  const auto written = link::encode(*message);
  CHECK(written.size() <= link::kDoorMessageBytes);
  const auto again = link::decode_door(written);
  CHECK(again && link::encode(*again) == written);
  return 0;
}
