#include "audio/room_audio.hpp"
#include "audio/test_sound.hpp"
#include "base/alloc_counter.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>

namespace plenum::audio {
namespace {
using base::Duration;
using test::goertzel;
using test::Microphone;

// Everybody's loudspeaker: decodes what each receiver is sent, in one decoder per receiver as a browser does.
class Ears final : public RoomAudioListener {
 public:
  void on_talking(SourceHandle source, bool talking) override { edges.emplace_back(source, talking); }
  void on_dominant_speaker(std::optional<SourceHandle> source) override { dominants.push_back(source); }
  void on_levels(std::span<const SourceLevel> now) override {
    for (const auto& level : now)
      levels[level.source] = level;
  }
  void on_mix(const MixPacket& packet) override {
    ASSERT_FALSE(packet.receivers.empty());
    ASSERT_FALSE(packet.payload.empty());
    ++(packet.shared ? shared_packets : private_packets);
    rtp_times.insert(packet.rtp_time);
    for (const auto receiver : packet.receivers) {
      ++packets[receiver];
      from_shared[receiver] = packet.shared;
      if (!listen) continue;
      const auto got = decoders[receiver].decode(packet.payload, out_);
      ASSERT_EQ(got, kFrameSamples);
      auto& sound = heard[receiver];
      sound.insert(sound.end(), out_.begin(), out_.begin() + kFrameSamples);
    }
  }
  std::span<const float> last(ReceiverHandle receiver, std::size_t frames) {
    return std::span(heard[receiver]).last(frames * kFrameSamples);
  }

  bool listen = true;
  std::map<ReceiverHandle, Decoder> decoders;
  std::map<ReceiverHandle, std::vector<float>> heard;
  std::map<ReceiverHandle, int> packets;
  std::map<ReceiverHandle, bool> from_shared;
  std::map<SourceHandle, SourceLevel> levels;
  std::set<std::uint32_t> rtp_times;
  std::vector<std::pair<SourceHandle, bool>> edges;
  std::vector<std::optional<SourceHandle>> dominants;
  int shared_packets = 0, private_packets = 0;

 private:
  std::array<float, kMaxPacketSamples> out_{};
};

class Meeting {
 public:
  explicit Meeting(const RoomAudioOptions& options = {}) : room(options) {}

  // Member n: source n, receiver 100 + n, a tone of its own.
  void join(std::uint32_t n, double hz, double amplitude = 0.2, const EncoderOptions& encoder = {}) {
    EXPECT_TRUE(room.add_source(n));
    EXPECT_TRUE(room.add_receiver(100 + n, n));
    mics.emplace(n, std::make_unique<Microphone>(hz, amplitude, n, encoder));
  }
  // Each member in `talking` sends its tone, the others silence.
  void run(int ticks, const std::set<std::uint32_t>& talking) {
    for (int i = 0; i < ticks; ++i) {
      for (auto& [n, mic] : mics)
        room.put(now, n, talking.contains(n) ? mic->next() : mic->silent());
      now += Duration(5'000);
      room.tick(now, ears);
      now += Duration(15'000);
    }
  }
  RoomAudio room;
  Ears ears;
  std::map<std::uint32_t, std::unique_ptr<Microphone>> mics;
  base::Timestamp now = base::timestamp_us(1'000'000);
};

TEST(RoomAudio, EachHearsTheOthersAndNeverItself) {
  Meeting meeting({.encoder = {.bitrate_kbps = 64}});
  const std::map<std::uint32_t, double> tones{{1, 400}, {2, 650}, {3, 1000}};
  for (const auto& [n, hz] : tones)
    meeting.join(n, hz);
  meeting.room.add_receiver(200); // a listener without a microphone
  meeting.run(150, {1, 2, 3});
  for (const auto& [listener, own] : tones) {
    const auto sound = meeting.ears.last(100 + listener, 100);
    for (const auto& [talker, hz] : tones) {
      const auto amplitude = goertzel(sound, hz);
      if (talker == listener) {
        EXPECT_LT(amplitude, 0.002) << listener << " hears itself";
      } else {
        EXPECT_GT(amplitude, 0.05) << listener << " does not hear " << talker;
      }
    }
  }
  for (const auto& [talker, hz] : tones)
    EXPECT_GT(goertzel(meeting.ears.last(200, 100), hz), 0.05);
  EXPECT_FALSE(meeting.ears.from_shared[101]);
  EXPECT_TRUE(meeting.ears.from_shared[200]);
}

TEST(RoomAudio, NobodyHearsHimselfInTheVeryFirstFrames) {
  Meeting meeting;
  meeting.join(1, 500, 0.4);
  meeting.join(2, 900, 0.4);
  meeting.run(100, {});
  meeting.run(30, {1});
  const auto own = meeting.ears.last(101, 30);
  for (const float s : own)
    ASSERT_LT(std::abs(s), 0.003F) << "from silence into the first word";
  EXPECT_GT(goertzel(meeting.ears.last(102, 15), 500), 0.1);
}

TEST(RoomAudio, OneTimelineFiftyPacketsPerSecondForEverybody) {
  Meeting meeting({.first_rtp_time = 0xFFFF'FF00u});
  meeting.join(1, 500);
  meeting.join(2, 900);
  meeting.room.add_receiver(200);
  meeting.run(100, {});
  meeting.run(100, {1});
  meeting.run(600, {});
  for (const auto receiver : {101u, 102u, 200u})
    EXPECT_EQ(meeting.ears.packets[receiver], 800);
  EXPECT_EQ(meeting.ears.rtp_times.size(), 800u);
  for (std::uint32_t i = 0; i < 800; ++i)
    EXPECT_TRUE(meeting.ears.rtp_times.contains(0xFFFF'FF00u + i * 960));
}

TEST(RoomAudio, SilentListenersShareOneEncoder) {
  Meeting meeting;
  for (std::uint32_t n = 1; n <= 9; ++n)
    meeting.join(n, 300.0 + 100.0 * n);
  meeting.ears.listen = false;
  meeting.run(50, {});
  EXPECT_EQ(meeting.ears.shared_packets, 50);
  EXPECT_EQ(meeting.ears.private_packets, 0);
  meeting.run(50, {4});
  EXPECT_EQ(meeting.ears.shared_packets, 100);
  EXPECT_LE(meeting.ears.private_packets, 50);
  EXPECT_GE(meeting.ears.private_packets, 45);
  EXPECT_FALSE(meeting.ears.from_shared[104]);
  // 10 s of silence (and the 200 ms of the place in the mix) bring it back.
  meeting.run(495, {});
  EXPECT_FALSE(meeting.ears.from_shared[104]);
  meeting.run(30, {});
  EXPECT_TRUE(meeting.ears.from_shared[104]);
  EXPECT_EQ(meeting.room.stats().private_mixes, 0u);
}

TEST(RoomAudio, NothingIsEncodedForNobody) {
  Meeting meeting;
  meeting.room.add_source(1);
  meeting.mics.emplace(1, std::make_unique<Microphone>(440, 0.3, 1));
  meeting.run(50, {1});
  EXPECT_EQ(meeting.room.stats().shared_encodes + meeting.room.stats().private_encodes, 0u);
  EXPECT_FALSE(meeting.ears.edges.empty()) << "but speech is still observed";
  meeting.room.add_receiver(101, 1); // the only talker alone: no shared mix either
  meeting.run(50, {1});
  EXPECT_EQ(meeting.room.stats().shared_encodes, 0u);
  EXPECT_EQ(meeting.room.stats().private_encodes, 50u);
  meeting.room.remove_receiver(101);
  meeting.run(10, {1});
  EXPECT_EQ(meeting.room.stats().private_encodes, 50u);
  EXPECT_EQ(meeting.room.stats().private_mixes, 0u);
}

// Member 2 says a word now and then while 1 speaks on: 2 changes encoders, but hears 1 without a seam.
TEST(RoomAudio, SwitchingEncodersIsNotHeard) {
  Meeting meeting({.automatic_gain = false, .encoder = {.bitrate_kbps = 24}});
  meeting.join(1, 300, 0.4, {.bitrate_kbps = 128}); // a clean tone leans most on prediction
  meeting.join(2, 900, 0.4);
  meeting.room.add_receiver(200, 77); // a listener with an own source that is not there, for comparison
  meeting.run(100, {1});
  for (int word = 0; word < 3; ++word) {
    meeting.run(25, {1, 2}); // shared → private
    meeting.run(560, {1});   // private → shared
  }
  EXPECT_EQ(meeting.ears.from_shared[102], true);
  EXPECT_GE(meeting.room.stats().switches, 6u);
  const auto all = meeting.ears.last(102, 1800);
  EXPECT_LT(test::largest_step(all), 0.035F) << "a 300 Hz sine of 0.4 steps by 0.016";
  // The loudness of the tone stays in every 100 ms.
  for (std::size_t at = 0; at + 4800 <= all.size(); at += 4800)
    ASSERT_NEAR(goertzel(all.subspan(at, 4800), 300), 0.4, 0.03) << at;
}

TEST(RoomAudio, NewListenersHearWhatTheOthersHear) {
  Meeting meeting({.automatic_gain = false, .encoder = {.bitrate_kbps = 24}});
  meeting.join(1, 300, 0.4, {.bitrate_kbps = 128});
  meeting.room.add_receiver(200);
  meeting.run(100, {1});
  meeting.room.add_receiver(201);
  meeting.run(20, {1});
  const auto before = meeting.ears.last(200, 18), late = meeting.ears.last(201, 18);
  for (std::size_t i = 0; i < before.size(); ++i)
    ASSERT_NEAR(before[i], late[i], 0.02F) << i;
}

TEST(RoomAudio, LoudRoomIsLimited) {
  Meeting meeting({.automatic_gain = false});
  for (std::uint32_t n = 1; n <= 6; ++n)
    meeting.join(n, 200.0 + 150.0 * n, 0.9);
  meeting.room.add_receiver(200);
  meeting.run(100, {1, 2, 3, 4, 5, 6});
  const auto sound = meeting.ears.last(200, 80);
  EXPECT_LT(*std::ranges::max_element(sound), 1.1F) << "the encoder adds a little to −1 dBFS";
  EXPECT_GT(rms_dbov(sound), -15.0F);
}

TEST(RoomAudio, TalkingAndDominantSpeaker) {
  Meeting meeting;
  meeting.ears.listen = false;
  meeting.join(1, 500);
  meeting.join(2, 900);
  meeting.run(50, {});
  EXPECT_TRUE(meeting.ears.edges.empty());
  meeting.run(50, {1});
  meeting.run(100, {});
  meeting.run(50, {2});
  const std::vector<std::pair<SourceHandle, bool>> edges{{1, true}, {1, false}, {2, true}};
  EXPECT_EQ(meeting.ears.edges, edges);
  const std::vector<std::optional<SourceHandle>> dominants{1, 2};
  EXPECT_EQ(meeting.ears.dominants, dominants);
  EXPECT_TRUE(meeting.ears.levels[2].talking);
  EXPECT_NEAR(meeting.ears.levels[2].level, 17, 2);
  EXPECT_GE(meeting.ears.levels[1].level, 90);
  meeting.room.remove_source(2);
  meeting.mics.erase(2);
  meeting.run(1, {});
  EXPECT_EQ(meeting.ears.dominants.back(), std::nullopt);
}

TEST(RoomAudio, VolumeZeroIsSilentAndNotTalking) {
  Meeting meeting;
  meeting.join(1, 500, 0.4);
  meeting.join(2, 900, 0.4);
  meeting.room.set_volume(1, 0.0F);
  meeting.run(100, {1});
  EXPECT_TRUE(meeting.ears.edges.empty());
  EXPECT_LT(goertzel(meeting.ears.last(102, 50), 500), 0.001);
  meeting.room.set_volume(1, 1.0F);
  meeting.run(100, {1});
  EXPECT_GT(goertzel(meeting.ears.last(102, 50), 500), 0.05);
}

TEST(RoomAudio, ALeavingSourceFadesOutAndItsHandleIsFree) {
  Meeting meeting({.max_sources = 3, .automatic_gain = false});
  meeting.join(1, 440, 0.5);
  meeting.join(2, 900, 0.5);
  meeting.run(80, {1});
  meeting.room.remove_source(1);
  meeting.mics.erase(1);
  meeting.run(20, {});
  EXPECT_LT(test::largest_step(meeting.ears.last(102, 60)), 0.06F);
  EXPECT_LT(goertzel(meeting.ears.last(102, 10), 440), 0.001);
  EXPECT_FALSE(meeting.room.position(1));
  for (int round = 0; round < 20; ++round) { // slots are reused
    EXPECT_TRUE(meeting.room.add_source(1));
    EXPECT_FALSE(meeting.room.add_source(1));
    meeting.run(1, {});
    meeting.room.remove_source(1);
    meeting.room.remove_source(1);
    meeting.run(1, {});
  }
  EXPECT_EQ(meeting.room.stats().sources, 1u);
}

TEST(RoomAudio, LimitsAndUnknownHandles) {
  RoomAudio room({.max_sources = 2, .max_receivers = 2});
  EXPECT_TRUE(room.add_source(0xFFFF'FFFF));
  EXPECT_TRUE(room.add_source(0));
  EXPECT_FALSE(room.add_source(5));
  EXPECT_TRUE(room.add_receiver(1));
  EXPECT_FALSE(room.add_receiver(1));
  EXPECT_TRUE(room.add_receiver(2, 99));
  EXPECT_FALSE(room.add_receiver(3));
  room.remove_receiver(77);
  room.put(base::timestamp_us(1), 99, {});
  EXPECT_EQ(room.stats().unknown_source, 1u);
  EXPECT_FALSE(room.source_stats(99));
  EXPECT_TRUE(room.source_stats(0));
}

TEST(RoomAudio, AReceiverMayComeBeforeItsSource) {
  Meeting meeting;
  meeting.room.add_receiver(101, 1);
  meeting.run(10, {});
  EXPECT_TRUE(meeting.room.add_source(1));
  meeting.mics.emplace(1, std::make_unique<Microphone>(440, 0.5, 1));
  meeting.run(100, {1});
  EXPECT_LT(goertzel(meeting.ears.last(101, 80), 440), 0.001);
  EXPECT_FALSE(meeting.ears.from_shared[101]);
  meeting.room.add_receiver(501, 1); // a second leg of the same member
  meeting.run(100, {1});
  EXPECT_LT(goertzel(meeting.ears.last(501, 80), 440), 0.001);
  EXPECT_FALSE(meeting.ears.from_shared[501]);
}

TEST(RoomAudio, LargeRoomsDecodeAndEncodeOnlyTheLoudest) {
  Meeting meeting({.max_sources = 64});
  meeting.ears.listen = false;
  std::set<std::uint32_t> all;
  for (std::uint32_t n = 1; n <= 30; ++n) {
    meeting.join(n, 200.0 + 40.0 * n);
    all.insert(n);
  }
  meeting.run(60, all);
  const auto stats = meeting.room.stats();
  EXPECT_LE(stats.decoding, 12u);
  EXPECT_LE(stats.contributors, 6u);
  EXPECT_LE(stats.private_mixes, 6u);
  EXPECT_EQ(stats.receivers, 30u);
}

TEST(RoomAudio, PutAndTickDoNotAllocate) {
  if (!base::alloc_counter::available()) GTEST_SKIP() << "this build counts no allocations";
  Meeting meeting;
  meeting.ears.listen = false;
  for (std::uint32_t n = 1; n <= 14; ++n)
    meeting.join(n, 300.0 + 50.0 * n);
  meeting.run(20, {1});
  std::vector<std::vector<std::uint8_t>> sounds; // made in advance: the test's own work is not counted
  Microphone mic(500, 0.4, 1);
  for (int i = 0; i < 40; ++i) {
    const auto packet = i < 20 ? mic.next() : mic.silent();
    sounds.emplace_back(packet.payload.begin(), packet.payload.end());
  }
  class Deaf final : public RoomAudioListener {
   public:
    void on_talking(SourceHandle, bool) override { ++events; }
    void on_dominant_speaker(std::optional<SourceHandle>) override { ++events; }
    void on_levels(std::span<const SourceLevel>) override { ++events; }
    void on_mix(const MixPacket&) override { ++mixes; }
    int events = 0, mixes = 0;
  } deaf;
  base::SeededRandom random(1);
  const auto before = base::alloc_counter::count();
  base::alloc_counter::watch();
  for (int i = 0; i < 1200; ++i) {
    for (std::uint32_t n = 1; n <= 14; ++n) {
      const bool talks = (static_cast<std::uint32_t>(i) / 60 + n) % 5 == 0;
      if (random.u32() % 10 == 0) continue; // lost
      const AudioPacket packet{.ssrc = 1000 + n,
                               .seq = static_cast<std::uint16_t>(i),
                               .rtp_time = static_cast<std::uint32_t>(i) * 960,
                               .payload = sounds[static_cast<std::size_t>(i % 20) + (talks ? 0 : 20)],
                               .level = static_cast<std::uint8_t>(talks ? 20 : 127)};
      meeting.room.put(meeting.now, n, packet);
    }
    meeting.room.tick(meeting.now, deaf);
    meeting.now += kFrameDuration;
  }
  base::alloc_counter::unwatch();
  EXPECT_EQ(base::alloc_counter::count(), before);
  EXPECT_GT(deaf.mixes, 1200);
  EXPECT_GT(deaf.events, 120);
}

TEST(RoomAudio, GarbageFromOneMemberDoesNotDisturbTheOthers) {
  Meeting meeting;
  meeting.join(1, 440, 0.3);
  meeting.join(2, 900, 0.3);
  meeting.room.add_source(3);
  base::SeededRandom random(8);
  std::vector<std::uint8_t> bytes(400);
  for (int i = 0; i < 300; ++i) {
    for (int k = 0; k < 5; ++k) {
      random.fill(bytes);
      meeting.room.put(meeting.now, 3,
                       {.ssrc = random.u32() % 4,
                        .seq = static_cast<std::uint16_t>(random.u32()),
                        .rtp_time = random.u32(),
                        .payload = base::Bytes(bytes).first(random.u32() % 400),
                        .level = static_cast<std::uint8_t>(random.u32())});
    }
    meeting.run(1, {1});
  }
  EXPECT_EQ(meeting.ears.packets[102], 300);
  for (const float s : meeting.ears.last(102, 300))
    ASSERT_LE(std::abs(s), 1.6F);
  meeting.room.remove_source(3);
  meeting.run(100, {1});
  EXPECT_GT(goertzel(meeting.ears.last(102, 50), 440), 0.04);
}

} // namespace
} // namespace plenum::audio
