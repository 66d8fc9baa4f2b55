// Control's end of a link whose other end says anything, in pieces of any size.
#include "fuzz/input.hpp"
#include "link/session.hpp"

using namespace plenum;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input in(data, size);
  auto now = base::timestamp_us(1'000'000);
  link::ControlSession session(now, "control", 1);
  for (int step = 0; step < 100 && !in.empty() && session.broken().empty(); ++step) {
    const auto kind = in.u8();
    const auto bytes = in.text();
    if (kind % 4 == 0) {
      now += std::chrono::milliseconds(in.u16());
      session.on_deadline(now);
      continue;
    }
    // Framed as it should be, or as it comes.
    const auto messages = session.on_bytes(now, kind % 4 == 1 ? std::string(bytes) : link::frame(bytes));
    CHECK(messages.empty() || session.greeted());
    if (const auto output = session.take_output(); (kind & 64) != 0) session.unwritten(output);
  }
  return 0;
}
