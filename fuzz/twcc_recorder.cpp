// The feedback that we build from a sender's transport-wide numbers, whatever it numbers: ours can be read
// back.
#include "fuzz/input.hpp"
#include "rtp/rtcp_parse.hpp"
#include "rtp/twcc.hpp"

using namespace plenum;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input in(data, size);
  static rtp::TwccRecorder fresh;
  auto recorder = fresh;
  std::int64_t now = 1'000'000;
  std::uint16_t sequence = in.u16();
  for (int step = 0; step < 2000 && !in.empty(); ++step) {
    const auto kind = in.u8();
    if (kind < 200) {
      sequence = static_cast<std::uint16_t>(sequence + (kind < 150 ? 1 : kind < 180 ? kind - 160 : in.u16()));
      now += kind % 7 == 0 ? std::int64_t{in.u16()} * 100 : in.u8();
      recorder.on_packet(sequence, base::timestamp_us(now));
      continue;
    }
    std::array<std::uint8_t, 1200> out;
    const std::size_t room = 64 + in.u16() % (out.size() - 63);
    for (int packets = 0; packets < 100; ++packets) {
      const auto bytes = recorder.build(base::MutableBytes(out).first(room), 1, 2);
      if (bytes == 0) break;
      CHECK(bytes <= room && packets < 99);
      rtp::RtcpReader reader(base::Bytes(out).first(bytes));
      const auto message = reader.next();
      CHECK(message && std::holds_alternative<rtp::TransportFeedback>(*message));
      CHECK(rtp::TwccFeedback::parse(std::get<rtp::TransportFeedback>(*message).content));
    }
  }
  return 0;
}
