// The packet path does not allocate once it is warm (docs/architecture.md, 3.3).
#include "base/alloc_counter.hpp"
#include "rtp/frame_assembler.hpp"
#include "rtp/packetized_frame.hpp"
#include "rtp/test_bytes.hpp"
#include "rtp/twcc.hpp"
#include "rtp/vp8_packetizer.hpp"

#include <array>
#include <gtest/gtest.h>

namespace plenum::rtp {
namespace {

TEST(Allocation, NoneBetweenTwoPeersOnceWarm) {
  if (!base::alloc_counter::available()) GTEST_SKIP() << "needs PLENUM_CHECKS";
  base::EncodedFramePool frames;
  PacketPool packets(256);
  PacketizedFramePool sending(4);
  FrameAssembler assembler(base::Codec::vp8, frames);
  TwccRecorder recorder;
  const Buffer content = noise(20'000);
  std::array<std::uint8_t, 1200> feedback{};
  std::int64_t sequence = 65536;
  int received = 0;

  const auto send_frame = [&](std::uint32_t number) {
    auto frame = frames.get(content.size());
    std::ranges::copy(content, frame->buffer().begin());
    frame->buffer()[0] = number % 10 == 0 ? 0x10 : 0x11;
    frame->size = content.size();
    const auto sent = sending.get(std::move(frame));
    ASSERT_TRUE(packetize_vp8(*sent, {}));
    for (std::size_t i = 0; i < sent->packets(); ++i, ++sequence) {
      const auto now = base::timestamp_us(sequence * 1000);
      auto packet = packets.get();
      packet->resize(sent->copy_payload(i, packet->buffer()));
      recorder.on_packet(static_cast<std::uint16_t>(sequence), now);
      const auto payload = packet->bytes();
      assembler.insert(now, sequence, {.marker = sent->slices[i].marker, .timestamp = number}, payload,
                       std::move(packet));
      while (assembler.pop(now))
        ++received;
    }
    while (recorder.build(feedback, 1, 2) != 0) {
    }
  };
  for (std::uint32_t number = 0; number < 20; ++number)
    send_frame(number);
  const auto before = base::alloc_counter::count();
  base::alloc_counter::watch();
  for (std::uint32_t number = 20; number < 200; ++number)
    send_frame(number);
  base::alloc_counter::unwatch();
  EXPECT_EQ(base::alloc_counter::count(), before);
  EXPECT_EQ(received, 200);
}

} // namespace
} // namespace plenum::rtp
