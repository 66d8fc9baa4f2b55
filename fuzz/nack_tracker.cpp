// Sequence numbers of a sender → what we ask for again, and the report about it.
#include "peer/nack_tracker.hpp"
#include "fuzz/input.hpp"
#include "peer/reception.hpp"

using namespace plenum;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input in(data, size);
  peer::NackTracker tracker;
  peer::Reception reception;
  reception.start(1, 90'000);
  std::int64_t now_us = 1'000'000;
  std::uint16_t sequence = in.u16();
  for (int step = 0; step < 500 && !in.empty(); ++step) {
    const auto kind = in.u8();
    now_us += std::int64_t{in.u8()} * 500;
    const auto now = base::timestamp_us(now_us);
    sequence = static_cast<std::uint16_t>(sequence + (kind < 128 ? kind % 8 : in.u16()));
    const auto unwrapped = reception.on_packet(now, sequence, in.u32(), (kind & 64) != 0);
    tracker.on_packet(now, unwrapped);
    if (kind % 16 == 0) tracker.forget_below(unwrapped - in.u8());
    if (kind % 16 == 1) tracker.set_round_trip(std::chrono::milliseconds(in.u16()));
    if (kind % 16 == 2) reception.on_sender_report(now, in.u32());
    std::array<std::uint16_t, 64> asked;
    CHECK(tracker.collect(now, asked) <= asked.size() && tracker.missing() <= peer::NackTracker::kMost);
    std::int64_t given_up = 0;
    while (tracker.take_given_up(now, given_up)) {
    }
    if (kind % 8 == 3) (void)reception.report(now);
    CHECK(reception.lost() > -(std::int64_t{1} << 40) && reception.jitter() >= base::Duration{});
  }
  return 0;
}
