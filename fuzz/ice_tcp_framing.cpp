// An ICE-TCP connection: chunks of any size; frames come out whole, in order, within the limit.
#include "fuzz/input.hpp"
#include "ice/tcp_framing.hpp"

#include <cstring>

using namespace plenum;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input in(data, size);
  const std::size_t most = 1 + in.u16() % ice::kMaxFrameBytes;
  const std::size_t step = 1 + in.u8();
  ice::FrameReader reader(most);
  std::size_t given = 0, taken = 0;
  while (!in.empty() && !reader.failed()) {
    const auto room = reader.writable();
    CHECK(!room.empty());
    const auto chunk = in.take(std::min(step, room.size()));
    std::memcpy(room.data(), chunk.data(), chunk.size());
    reader.commit(chunk.size());
    given += chunk.size();
    while (const auto frame = reader.next()) {
      CHECK(frame->size() <= most);
      taken += frame->size() + ice::kFrameHeaderBytes;
    }
    CHECK(reader.failed() || taken + reader.pending() == given);
  }
  return 0;
}
