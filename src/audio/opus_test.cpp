#include "audio/levels.hpp"
#include "audio/opus.hpp"
#include "audio/test_sound.hpp"

#include <gtest/gtest.h>

namespace plenum::audio {
namespace {
using test::Tone;
using Packet = std::vector<std::uint8_t>;
using Sound = std::array<float, kMaxPacketSamples>;

Packet encode(Encoder& encoder, const AudioFrame& frame) {
  Packet packet(kMaxOpusPayload);
  packet.resize(encoder.encode(frame, packet));
  return packet;
}

TEST(Opus, TocTellsTheLength) {
  const auto length = [](Packet packet) { return opus_packet_samples(packet); };
  EXPECT_EQ(length({0xE0, 1}), 120u);  // 2.5 ms
  EXPECT_EQ(length({0xF0, 1}), 480u);  // 10 ms
  EXPECT_EQ(length({0xF8, 1}), 960u);  // 20 ms
  EXPECT_EQ(length({0x50, 1}), 1920u); // 40 ms
  EXPECT_EQ(length({0x58, 1}), 2880u); // 60 ms
  EXPECT_EQ(length({0x59, 1}), 5760u); // two of 60 ms
  EXPECT_FALSE(length({}));
  EXPECT_FALSE(length({0x5B}));       // code 3 without its count
  EXPECT_FALSE(length({0x5B, 0x00})); // no frames
  EXPECT_FALSE(length({0x5B, 0x03})); // 180 ms
}

TEST(Opus, RoundTripKeepsTheTone) {
  Encoder encoder;
  Decoder decoder;
  Tone tone(440, 0.5);
  AudioFrame frame;
  std::vector<float> heard;
  Sound out;
  for (int i = 0; i < 50; ++i) {
    tone.fill(frame);
    const auto packet = encode(encoder, frame);
    EXPECT_EQ(opus_packet_samples(packet), kFrameSamples);
    EXPECT_EQ(packet[0] & 4, 0) << "mono";
    ASSERT_EQ(decoder.decode(packet, out), kFrameSamples);
    heard.insert(heard.end(), out.begin(), out.begin() + kFrameSamples);
  }
  const auto late = std::span(heard).last(24'000);
  EXPECT_NEAR(test::goertzel(late, 440), 0.5, 0.05);
  EXPECT_LT(test::goertzel(late, 700), 0.01);
}

TEST(Opus, StereoInputBecomesMono) {
  Encoder encoder({.channels = 2, .force_mono = false, .bitrate_kbps = 96, .inband_fec = false});
  Decoder decoder(1);
  AudioFrame frame;
  frame.channels = 2;
  std::vector<float> heard;
  Sound out;
  double phase = 0;
  for (int i = 0; i < 50; ++i) {
    for (std::size_t k = 0; k < kFrameSamples; ++k, phase += 1) {
      frame.samples[2 * k] = static_cast<float>(0.4 * std::sin(phase * 2 * std::numbers::pi * 500 / 48000));
      frame.samples[2 * k + 1] =
          static_cast<float>(0.4 * std::sin(phase * 2 * std::numbers::pi * 900 / 48000));
    }
    const auto packet = encode(encoder, frame);
    if (i > 5) {
      EXPECT_EQ(packet[0] & 4, 4) << "stereo on the wire";
    }
    ASSERT_EQ(decoder.decode(packet, out), kFrameSamples);
    heard.insert(heard.end(), out.begin(), out.begin() + kFrameSamples);
  }
  const auto late = std::span(heard).last(24'000);
  EXPECT_NEAR(test::goertzel(late, 500), 0.2, 0.04);
  EXPECT_NEAR(test::goertzel(late, 900), 0.2, 0.04);
  frame.to_mono();
  EXPECT_EQ(frame.channels, 1u);
}

TEST(Opus, ForcedMonoOfStereoFrames) {
  Encoder encoder({.channels = 2, .force_mono = true});
  AudioFrame frame;
  frame.channels = 2;
  for (std::size_t i = 0; i < frame.samples.size(); ++i)
    frame.samples[i] =
        static_cast<float>(0.3 * std::sin(static_cast<double>(i) * (i % 2 == 0 ? 0.05 : 0.09)));
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(encode(encoder, frame)[0] & 4, 0);
}

TEST(Opus, SilenceIsSentToo) {
  Encoder encoder;
  AudioFrame frame;
  for (int i = 0; i < 100; ++i)
    EXPECT_GT(encode(encoder, frame).size(), 2u) << "no DTX, frame " << i;
}

TEST(Opus, ConstantBitrateIsConstant) {
  Encoder encoder({.bitrate_kbps = 32, .constant_bitrate = true});
  Tone tone(300, 0.4);
  AudioFrame frame;
  for (int i = 0; i < 20; ++i) {
    if (i % 3 != 0) tone.fill(frame);
    EXPECT_EQ(encode(encoder, frame).size(), 80u);
  }
  encoder.set_bitrate(16);
  EXPECT_EQ(encode(encoder, frame).size(), 40u);
}

// The lost frame is the first one of another tone: concealment cannot guess it, its copy in the next packet
// has it.
TEST(Opus, FecRecoversWhatConcealmentCannot) {
  const auto heard_in_gap = [](bool use_fec) {
    Encoder encoder({.bitrate_kbps = 40, .expected_loss_percent = 20});
    Decoder decoder;
    Tone usual(700, 0.3), rare(1100, 0.3);
    AudioFrame frame;
    Sound out{};
    std::vector<float> gap;
    for (int i = 0; i < 40; ++i) {
      const bool lost = i == 31;
      (i >= 31 ? rare : usual).fill(frame);
      const auto packet = encode(encoder, frame);
      if (lost) continue;
      if (i == 32) {
        EXPECT_TRUE(opus_packet_has_fec(packet));
        EXPECT_EQ(use_fec ? decoder.decode_fec(packet, kFrameSamples, out)
                          : decoder.conceal(kFrameSamples, out),
                  kFrameSamples);
        gap.assign(out.begin(), out.begin() + kFrameSamples);
      }
      EXPECT_EQ(decoder.decode(packet, out), kFrameSamples);
    }
    return test::goertzel(gap, 1100);
  };
  EXPECT_GT(heard_in_gap(true), 0.1);
  EXPECT_LT(heard_in_gap(false), 0.05);
}

TEST(Opus, FecFlagIsReadFromThePacket) {
  Encoder with({.expected_loss_percent = 20}), without({.inband_fec = false});
  Tone tone(1100, 0.4);
  AudioFrame frame;
  int flagged = 0;
  for (int i = 0; i < 30; ++i) {
    tone.fill(frame);
    flagged += opus_packet_has_fec(encode(with, frame)) ? 1 : 0;
    EXPECT_FALSE(opus_packet_has_fec(encode(without, frame)));
  }
  EXPECT_GT(flagged, 20);
  EXPECT_FALSE(opus_packet_has_fec(Packet{0xF8, 0xFF, 0xFF})) << "CELT has none";
  EXPECT_FALSE(opus_packet_has_fec(Packet{0x48}));
}

// A listener of encoder A comes over to B, which has been fed one frame; another one has heard B from its
// first packet. From the second packet on both must hear the same: without the announcement they differ for
// 100 ms, loudly.
TEST(Opus, FirstPacketAfterASwitchDoesNotLeanOnThePast) {
  const auto error_after_switch = [](bool announced) {
    Encoder a, b;
    Decoder comes_over, faithful;
    Tone tone(300, 0.4);
    AudioFrame frame;
    Sound heard{}, truth{};
    double error = 0;
    for (int i = 0; i < 30; ++i) {
      tone.fill(frame);
      const auto from_a = encode(a, frame);
      if (i < 24) {
        comes_over.decode(from_a, heard);
        faithful.decode(from_a, truth);
        continue;
      }
      if (i == 25 && announced) b.disable_prediction_once();
      const auto from_b = encode(b, frame);
      comes_over.decode(i == 24 ? from_a : from_b, heard);
      faithful.decode(from_b, truth);
      for (std::size_t k = 0; i >= 26 && k < kFrameSamples; ++k)
        error += std::pow(static_cast<double>(heard[k] - truth[k]), 2);
    }
    return error;
  };
  EXPECT_LT(error_after_switch(true), 0.01);
  EXPECT_GT(error_after_switch(false), 1.0) << "the test can tell";
}

TEST(Opus, GarbageNeverCrashesAndIsFinite) {
  base::SeededRandom random(7);
  Decoder mono(1), stereo(2);
  std::array<float, kMaxPacketSamples * 2> out{};
  Packet bytes(kMaxOpusPayload);
  for (int i = 0; i < 4000; ++i) {
    random.fill(bytes);
    const auto size = i % 5 == 0 ? random.u32() % 4 : random.u32() % kMaxOpusPayload;
    const base::Bytes packet = base::Bytes(bytes).first(size);
    (void)opus_packet_has_fec(packet);
    const auto a = mono.decode(packet, out);
    if (i % 3 == 0) (void)mono.decode_fec(packet, 960, out);
    if (i % 7 == 0) (void)mono.conceal(480, out);
    const auto b = stereo.decode(packet, out);
    for (std::size_t k = 0; k < b.value_or(0) * 2; ++k)
      ASSERT_LE(std::abs(out[k]), 4.0F);
    if (a && opus_packet_samples(packet)) {
      ASSERT_EQ(*a, *opus_packet_samples(packet));
    }
  }
  EXPECT_FALSE(mono.decode({}, out));
  EXPECT_FALSE(mono.conceal(0, out));
}

} // namespace
} // namespace plenum::audio
