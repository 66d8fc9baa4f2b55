// The data channel: SCTP packets of a client that is authentic and says anything, before and after an honest
// set-up.
#include "sctp/data_channel.hpp"
#include "fuzz/input.hpp"
#include "sctp/test_wall_clock.hpp"

#include <utility>

using namespace plenum;

namespace {

struct End final : sctp::DataChannelSink {
  explicit End(sctp::SctpClock& clock) : channel(clock, *this) {}
  std::vector<std::vector<std::uint8_t>> out;
  int closed = 0;
  sctp::DataChannel channel; // last: it says goodbye as it goes
  void transmit_sctp(base::Bytes packet) override {
    CHECK(packet.size() <= sctp::kSctpMtu);
    if (out.size() < 256) out.push_back(fuzz::copy(packet));
  }
  void on_data_channel_open() override {}
  void on_data_channel_message(base::Bytes message, bool) override {
    CHECK(message.size() <= sctp::kMaxMessageBytes);
  }
  void on_data_channel_closed() override { CHECK(++closed == 1); }
};

// usrsctp checks CRC32c; a mutated packet would never get in.
void seal(std::vector<std::uint8_t>& packet) {
  if (packet.size() < 12) return;
  std::fill_n(packet.begin() + 8, 4, std::uint8_t{0});
  std::uint32_t crc = ~0U;
  for (const auto byte : packet) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit)
      crc = crc >> 1 ^ ((crc & 1) != 0 ? 0x82f63b78U : 0U);
  }
  crc = ~crc;
  for (std::size_t i = 0; i < 4; ++i)
    packet[8 + i] = static_cast<std::uint8_t>(crc >> 8 * i);
}

void exchange(End& a, End& b) {
  for (int round = 0; round < 8; ++round) {
    for (const auto& packet : std::exchange(a.out, {}))
      b.channel.on_packet(packet);
    for (const auto& packet : std::exchange(b.out, {}))
      a.channel.on_packet(packet);
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input in(data, size);
  auto now = base::timestamp_us(1'000'000);
  sctp::set_test_wall_clock(now);
  sctp::SctpClock clock;
  clock.advance(now);
  End ours(clock), honest(clock);
  CHECK(ours.channel.connect());
  const auto opening = in.u8();
  if ((opening & 1) != 0) CHECK(honest.channel.connect());
  if ((opening & 2) != 0) exchange(ours, honest);
  for (int step = 0; step < 60 && !in.empty(); ++step) {
    switch (in.below(5)) {
    case 0: {
      auto packet = fuzz::copy(in.record());
      seal(packet);
      ours.channel.on_packet(packet);
      break;
    }
    case 1: // the honest client's next packet with other content: the verification tag is right
      if (honest.out.empty()) break;
      {
        auto packet = honest.out.front();
        const auto at = in.u8();
        const auto patch = in.record();
        for (std::size_t i = 0; i < patch.size() && 12 + at + i < packet.size(); ++i)
          packet[12 + at + i] = patch[i];
        if (in.flag()) packet.resize(packet.size() - std::min<std::size_t>(packet.size() - 12, in.u8()));
        seal(packet);
        ours.channel.on_packet(packet);
        honest.out.erase(honest.out.begin());
      }
      break;
    case 2:
      (void)honest.channel.send_text(in.text());
      break;
    case 3:
      exchange(ours, honest);
      break;
    default:
      now += std::chrono::milliseconds(10 + in.u8());
      sctp::set_test_wall_clock(now);
      clock.advance(now);
    }
  }
  (void)ours.channel.send_text("last words");
  return 0;
}
