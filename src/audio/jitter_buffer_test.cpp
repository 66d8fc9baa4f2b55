#include "audio/jitter_buffer.hpp"
#include "base/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

namespace plenum::audio {
namespace {
using base::Duration;
using base::Timestamp;

constexpr std::uint8_t kCelt10 = 0xF0, kCelt20 = 0xF8, kSilk20 = 0x48, kSilk40 = 0x50, kSilk60 = 0x58;
constexpr std::int64_t kStart = 10'000'000; // µs

// One packet on its way; the payload carries its index so that the test knows what is played.
struct Sent {
  std::int64_t index = 0;
  std::int64_t arrival_us = 0;
  AudioPacket packet;
  std::vector<std::uint8_t> payload;
};

std::vector<std::uint8_t> payload_of(std::uint8_t toc, std::int64_t index, bool fec) {
  std::vector<std::uint8_t> bytes{toc, static_cast<std::uint8_t>(fec ? 0x40 : 0)};
  for (int shift = 24; shift >= 0; shift -= 8)
    bytes.push_back(static_cast<std::uint8_t>(index >> shift));
  return bytes;
}

struct Trace {
  std::uint8_t toc = kCelt20;
  int samples = 960;
  std::int64_t count = 500;
  std::uint16_t first_seq = 1000;
  std::uint32_t first_rtp = 5000;
  int loss_percent = 0;
  int jitter_ms = 0; // uniform
  double sender_ppm = 0;
  int level = 30;
  int duplicate_percent = 0;
  bool fec = false;
  std::uint64_t seed = 1;

  std::vector<Sent> make() const {
    base::SeededRandom random(seed);
    std::vector<Sent> sent;
    for (std::int64_t i = 0; i < count; ++i) {
      const double media_us = static_cast<double>(i * samples) * 125.0 / 6.0;
      const auto left = static_cast<std::int64_t>(media_us / (1.0 + sender_ppm * 1e-6));
      const auto jitter = jitter_ms == 0 ? 0 : static_cast<std::int64_t>(random.u32()) % (jitter_ms * 1000);
      Sent one{.index = i, .arrival_us = kStart + left + jitter, .payload = payload_of(toc, i, fec)};
      one.packet = {.ssrc = 1,
                    .seq = static_cast<std::uint16_t>(first_seq + i),
                    .rtp_time = static_cast<std::uint32_t>(first_rtp + i * samples),
                    .level = static_cast<std::uint8_t>(level)};
      if (static_cast<int>(random.u32() % 100) < loss_percent) continue;
      sent.push_back(one);
      if (static_cast<int>(random.u32() % 100) < duplicate_percent) {
        one.arrival_us += 7'000;
        sent.push_back(one);
      }
    }
    std::sort(sent.begin(), sent.end(), [](const Sent& a, const Sent& b) {
      return a.arrival_us != b.arrival_us ? a.arrival_us < b.arrival_us : a.index < b.index;
    });
    return sent;
  }
};

class Player {
 public:
  // Plays the trace in 20 ms ticks until its end, and `more_ticks` beyond.
  void play(const std::vector<Sent>& sent, int more_ticks = 0) {
    std::size_t next = 0;
    while (next < sent.size()) {
      for (; next < sent.size() && sent[next].arrival_us <= to_us(now); ++next)
        put(sent[next]);
      tick();
    }
    for (int i = 0; i < more_ticks; ++i)
      tick();
  }
  void put(const Sent& one) {
    auto packet = one.packet;
    packet.payload = one.payload;
    buffer.put(base::timestamp_us(one.arrival_us), packet);
  }
  void tick() {
    last.clear();
    std::size_t guard = 0;
    while (fifo < kFrameSamples) {
      ASSERT_LT(++guard, 64u);
      const auto step = buffer.pop(now, fifo);
      ASSERT_LE(step.drop, step.samples);
      ASSERT_GT(step.samples, 0u);
      ASSERT_EQ(step.samples % 120, 0u);
      if (step.kind == Playout::packet) {
        ASSERT_GE(step.payload.size(), 1u);
        if (decoded_level) buffer.note_level(*decoded_level);
        if (step.payload.size() == 6) played.push_back(base::load_u32(step.payload.data() + 2));
      }
      ++kinds[step.kind];
      last.push_back(step.kind);
      fifo += step.samples - step.drop;
    }
    fifo -= kFrameSamples;
    most_delay = std::max(most_delay, buffer.delay());
    now += kFrameDuration;
  }
  void expect_ordered() const {
    for (std::size_t i = 1; i < played.size(); ++i)
      ASSERT_GT(played[i], played[i - 1]);
  }
  // Every packet went exactly one way.
  void expect_conserved() const {
    const auto& s = buffer.stats();
    EXPECT_EQ(s.received,
              s.malformed + s.duplicate + s.late + s.discarded + played.size() + buffer.packets());
  }

  JitterBuffer buffer;
  Timestamp now = base::timestamp_us(kStart + 3'000);
  std::size_t fifo = 0;
  std::vector<std::uint32_t> played;
  std::map<Playout, std::size_t> kinds;
  std::vector<Playout> last;
  Duration most_delay{};
  std::optional<float> decoded_level;
};

TEST(JitterBuffer, StartsSilentAndPlaysAPerfectStreamCompletely) {
  Player player;
  for (int i = 0; i < 5; ++i)
    player.tick();
  EXPECT_EQ(player.kinds[Playout::not_started], 5u);
  player.now = base::timestamp_us(kStart + 3'000);
  player.play(Trace{}.make(), 4);
  player.expect_ordered();
  player.expect_conserved();
  EXPECT_GE(player.played.size(), 495u);
  EXPECT_EQ(player.buffer.stats().lost, 0u);
  EXPECT_LE(player.buffer.stats().accelerated, 2u) << "from the first guess of 40 ms down to 20";
  EXPECT_EQ(player.buffer.target(), ArrivalDelay::kMin);
  EXPECT_LE(player.most_delay, Duration(62'000));
}

TEST(JitterBuffer, PacketsOfEveryLengthFillEveryTick) {
  struct Kind {
    std::uint8_t toc;
    int samples;
  };
  for (const auto& [toc, samples] : {Kind{0xE0, 120}, Kind{kCelt10, 480}, Kind{kCelt20, 960},
                                     Kind{kSilk40, 1920}, Kind{kSilk60, 2880}, Kind{0x59, 5760}}) {
    Player player;
    player.play(Trace{.toc = toc, .samples = samples, .count = 480'000 / samples}.make(), 2);
    player.expect_ordered();
    player.expect_conserved();
    EXPECT_EQ(player.buffer.stats().lost, 0u) << samples;
    EXPECT_LE(player.kinds[Playout::conceal], 3u) << samples << ": only after the end";
    EXPECT_LE(player.most_delay, Duration(64'000)) << samples;
  }
}

TEST(JitterBuffer, SequenceAndTimestampWrap) {
  Player player;
  player.play(Trace{.first_seq = 65'400, .first_rtp = 0xFFFF'FFFFu - 960 * 70}.make());
  player.expect_ordered();
  player.expect_conserved();
  EXPECT_GE(player.played.size(), 494u);
  EXPECT_EQ(player.kinds[Playout::conceal], 0u);
  EXPECT_EQ(player.buffer.stats().restarts, 0u);
}

TEST(JitterBuffer, LossIsConcealedOnceAndDelayDoesNotGrow) {
  Player player;
  player.play(Trace{.count = 3000, .loss_percent = 10}.make());
  player.expect_ordered();
  player.expect_conserved();
  const auto concealed = player.kinds[Playout::conceal] + player.kinds[Playout::comfort];
  EXPECT_GE(concealed, 250u);
  EXPECT_LE(concealed, player.buffer.stats().lost * 11 / 10 + 3);
  EXPECT_EQ(player.kinds[Playout::fec], 0u) << "CELT packets have none";
  EXPECT_LE(player.buffer.delay(), Duration(60'000));
}

TEST(JitterBuffer, TwentyPercentLossWithFecConcealsLessThanTen) {
  Player player;
  player.play(Trace{.toc = kSilk20, .count = 5000, .loss_percent = 20, .fec = true}.make());
  player.expect_ordered();
  player.expect_conserved();
  const auto frames = static_cast<double>(5000);
  EXPECT_LT(static_cast<double>(player.kinds[Playout::conceal] + player.kinds[Playout::comfort]) / frames,
            0.10);
  EXPECT_GT(static_cast<double>(player.buffer.stats().fec) / frames, 0.10);
}

TEST(JitterBuffer, FecRepairsTheFrameBeforeTheNextPacket) {
  auto sent = Trace{.toc = kSilk20, .count = 60, .fec = true}.make();
  sent.erase(sent.begin() + 30);
  Player player;
  player.play(sent);
  EXPECT_EQ(player.buffer.stats().lost, 1u);
  EXPECT_EQ(player.kinds[Playout::fec] + player.kinds[Playout::conceal], 1u);
  sent = Trace{.toc = kSilk20, .count = 60, .jitter_ms = 30, .fec = true}
             .make(); // more delay: next one is there
  sent.erase(std::find_if(sent.begin(), sent.end(), [](const Sent& s) { return s.index == 40; }));
  Player deeper;
  deeper.play(sent);
  EXPECT_EQ(deeper.buffer.stats().fec, 1u);
}

TEST(JitterBuffer, AdaptsToJitterAndReorder) {
  Player player;
  const auto sent = Trace{.count = 3000, .jitter_ms = 100}.make(); // reorders up to five packets
  player.play(sent);
  player.expect_ordered();
  player.expect_conserved();
  EXPECT_GE(player.buffer.target(), Duration(80'000));
  EXPECT_LE(player.buffer.target(), Duration(105'000));
  EXPECT_LE(player.buffer.delay(), Duration(170'000));
  const auto bad = player.buffer.stats().late + player.buffer.stats().lost;
  EXPECT_LE(bad, 3000u * 4 / 100);
}

// The others are on time, so the buffer never runs dry: only the late ones say that more delay is needed.
TEST(JitterBuffer, LatePacketsMakeTheDelayGrow) {
  auto sent = Trace{.count = 1000}.make();
  for (auto& one : sent)
    if (one.index >= 100 && one.index % 10 == 0) one.arrival_us += 70'000;
  std::sort(sent.begin(), sent.end(),
            [](const Sent& a, const Sent& b) { return a.arrival_us < b.arrival_us; });
  Player player;
  player.play(sent);
  player.expect_ordered();
  player.expect_conserved();
  EXPECT_GE(player.buffer.stats().stretched, 1u);
  EXPECT_LE(player.buffer.stats().late, 8u) << "of 90";
  EXPECT_GE(player.buffer.delay(), Duration(60'000));
}

TEST(JitterBuffer, GivesDelayBackInSilence) {
  for (const int level : {127, 30}) {
    Player player;
    player.play(Trace{.count = 500, .jitter_ms = 150}.make());
    const auto grown = player.buffer.delay();
    EXPECT_GE(grown, Duration(90'000));
    auto calm = Trace{.count = 1500, .first_seq = 1500, .first_rtp = 5000 + 500 * 960, .level = level}.make();
    for (auto& one : calm) {
      one.index += 500;
      one.payload = payload_of(kCelt20, one.index, false);
      one.arrival_us += 500 * 20'000;
    }
    player.play(calm);
    player.expect_ordered();
    EXPECT_EQ(player.buffer.target(), ArrivalDelay::kMin);
    // Loud sound is only touched beyond 60 ms of excess.
    EXPECT_LE(player.buffer.delay(), Duration(level == 127 ? 47'000 : 82'000)) << level;
    EXPECT_GT(player.buffer.stats().accelerated, 0u);
  }
}

TEST(JitterBuffer, QuietnessIsJudgedByDecodedLevelWithoutTheExtension) {
  Player player;
  player.play(Trace{.count = 500, .jitter_ms = 150}.make());
  auto calm = Trace{.count = 1000, .first_seq = 1500, .first_rtp = 5000 + 500 * 960}.make();
  for (auto& one : calm) {
    one.packet.level.reset();
    one.arrival_us += 500 * 20'000;
  }
  player.decoded_level = -70.0F;
  player.play(calm);
  EXPECT_LE(player.buffer.delay(), Duration(47'000));
}

TEST(JitterBuffer, ClockDriftDoesNotAccumulate) {
  for (const double ppm : {200.0, -200.0}) {
    for (const int level : {30, 90}) {
      Player player;
      player.play(Trace{.count = 90'000, .sender_ppm = ppm, .level = level}.make()); // half an hour: 360 ms
      player.expect_ordered();
      player.expect_conserved();
      EXPECT_LE(player.most_delay, Duration(110'000)) << ppm << " " << level;
      EXPECT_GE(player.buffer.delay(), Duration(0));
      if (ppm < 0 && level == 90) {
        EXPECT_GE(player.buffer.stats().stretched, 12u) << "in a quiet moment, before the buffer is dry";
        EXPECT_LE(player.kinds[Playout::conceal], player.buffer.stats().stretched + 2);
      }
      const auto fixes = player.buffer.stats().accelerated + player.buffer.stats().stretched +
                         player.kinds[Playout::conceal];
      EXPECT_GE(fixes, 12u) << "360 ms were made good";
      EXPECT_LE(fixes, 60u) << "and not fought over";
      EXPECT_LE(player.buffer.stats().late + player.buffer.stats().discarded, 20u);
    }
  }
}

TEST(JitterBuffer, ALateBurstIsPlayedAndTheDelayGrows) {
  auto sent = Trace{.count = 400}.make();
  for (auto& one : sent) // 100 ms of silence on the wire, then everything at once
    if (one.index >= 200 && one.index < 205) one.arrival_us = sent[205].arrival_us;
  Player player;
  player.play(sent);
  player.expect_ordered();
  player.expect_conserved();
  EXPECT_LE(player.buffer.stats().late + player.buffer.stats().lost, 1u);
  EXPECT_GE(player.most_delay, Duration(80'000));
  EXPECT_GE(player.kinds[Playout::conceal], 3u);
  EXPECT_EQ(player.kinds[Playout::comfort], 0u);
}

TEST(JitterBuffer, AStallOfASecondEndsInComfortAndThenInBoundedDelay) {
  auto sent = Trace{.count = 1800}.make();
  for (auto& one : sent)
    if (one.index >= 200 && one.index < 250) one.arrival_us = kStart + 250 * 20'000;
  Player player;
  player.play(sent);
  player.expect_ordered();
  player.expect_conserved();
  EXPECT_GE(player.kinds[Playout::comfort], 30u);
  EXPECT_LE(player.kinds[Playout::conceal], 12u) << "120 ms, then comfort";
  EXPECT_LE(player.most_delay, ArrivalDelay::kMax + Duration(40'000));
  EXPECT_GE(player.buffer.stats().discarded, 20u);
  EXPECT_LE(player.buffer.delay(), Duration(82'000));
}

TEST(JitterBuffer, PauseWithAStandingSenderClockIsNotDelay) {
  auto sent = Trace{.count = 300}.make();
  for (auto& one : sent)
    if (one.index >= 100) one.arrival_us += 700'000;
  Player player;
  player.play(sent);
  EXPECT_EQ(player.buffer.stats().discarded, 0u);
  EXPECT_LE(player.buffer.target(), Duration(45'000));
  EXPECT_LE(player.buffer.delay(), Duration(70'000));
}

TEST(JitterBuffer, DtxGapsAreComfortNoiseAndCostNothing) {
  // 1 s of talk, 2 s of DTX (one packet each 400 ms, timestamps running on), again and again.
  std::vector<Sent> sent;
  std::uint16_t seq = 0;
  for (int i = 0; i < 3000; ++i) {
    const int phase = i % 150;
    const bool dtx = phase >= 50;
    if (dtx && (phase - 50) % 20 != 0) continue;
    Sent one{.index = i, .arrival_us = kStart + i * 20'000};
    one.payload = dtx ? std::vector<std::uint8_t>{kSilk20} : payload_of(kSilk20, i, false);
    one.packet = {
        .ssrc = 1, .seq = seq++, .rtp_time = static_cast<std::uint32_t>(i) * 960, .marker = phase == 0};
    one.packet.level = static_cast<std::uint8_t>(dtx ? 127 : 25);
    sent.push_back(one);
  }
  Player player;
  player.play(sent);
  player.expect_ordered();
  EXPECT_EQ(player.played.size(), 1000u) << "not one talk frame is lost";
  EXPECT_EQ(player.buffer.stats().lost, 0u);
  EXPECT_EQ(player.buffer.stats().late, 0u);
  EXPECT_EQ(player.kinds[Playout::comfort], 0u) << "refreshed noise goes on";
  EXPECT_LE(player.most_delay, Duration(65'000));
}

TEST(JitterBuffer, SilentSenderAfterDtxBecomesComfort) {
  Player player;
  auto sent = Trace{.count = 50}.make();
  sent.back().payload = {kSilk20};
  player.play(sent, 100);
  EXPECT_GE(player.kinds[Playout::conceal], 45u);
  EXPECT_GE(player.kinds[Playout::comfort], 40u);
}

TEST(JitterBuffer, DuplicatesAreCountedAndHarmless) {
  Player player;
  player.play(Trace{.count = 1000, .jitter_ms = 20, .duplicate_percent = 50}.make());
  player.expect_ordered();
  player.expect_conserved();
  EXPECT_GE(player.buffer.stats().duplicate, 400u);
  EXPECT_LE(player.buffer.target(), Duration(30'000));
}

TEST(JitterBuffer, NewSsrcRestarts) {
  Player player;
  player.play(Trace{.count = 200}.make());
  auto second = Trace{.count = 200, .first_seq = 77, .first_rtp = 0xABCD'0000}.make();
  for (auto& one : second) {
    one.packet.ssrc = 2;
    one.index += 200;
    one.payload = payload_of(kCelt20, one.index, false);
    one.arrival_us += 200 * 20'000;
  }
  player.play(second, 3);
  player.expect_ordered();
  player.expect_conserved();
  EXPECT_EQ(player.buffer.stats().restarts, 1u);
  EXPECT_GE(player.played.size(), 393u);
  EXPECT_EQ(player.kinds[Playout::comfort], 0u);
}

TEST(JitterBuffer, SequenceRestartNeedsTwoPackets) {
  Player player;
  auto sent = Trace{.count = 400}.make();
  sent[100].packet.seq = 40'000; // one wild packet
  for (auto& one : sent)
    if (one.index >= 200) one.packet.seq = static_cast<std::uint16_t>(one.packet.seq + 20'000);
  player.play(sent);
  player.expect_ordered();
  player.expect_conserved();
  EXPECT_EQ(player.buffer.stats().restarts, 1u);
  EXPECT_GE(player.played.size(), 390u);
}

TEST(JitterBuffer, TimestampJumpWithoutNewSsrcHeals) {
  for (const std::uint32_t jump : {960'000u, 0u - 960'000u, 0x8000'0000u}) {
    Player player;
    auto sent = Trace{.count = 600}.make();
    for (auto& one : sent)
      if (one.index >= 300) one.packet.rtp_time += jump;
    player.play(sent);
    player.expect_ordered();
    player.expect_conserved();
    EXPECT_GE(player.played.size(), 580u) << jump;
    EXPECT_LE(player.buffer.delay(), Duration(80'000)) << jump;
  }
}

TEST(JitterBuffer, ResetIsAsNew) {
  Player used, fresh;
  used.play(Trace{.count = 300, .jitter_ms = 80, .seed = 9}.make());
  used.buffer.reset();
  EXPECT_EQ(used.buffer.stats().received, 0u);
  EXPECT_EQ(used.buffer.packets(), 0u);
  used.played.clear();
  used.fifo = 0;
  used.now = fresh.now;
  const auto sent = Trace{.count = 300, .jitter_ms = 40, .seed = 10}.make();
  used.play(sent);
  fresh.play(sent);
  EXPECT_EQ(used.played, fresh.played);
  EXPECT_EQ(used.buffer.delay(), fresh.buffer.delay());
}

TEST(JitterBuffer, RefusesWhatIsNotOpus) {
  JitterBuffer buffer;
  const std::vector<std::uint8_t> large(1276, 0xF8), none_inside{0x5B, 0x00};
  buffer.put(base::timestamp_us(1), {.payload = {}});
  buffer.put(base::timestamp_us(1), {.payload = large});
  buffer.put(base::timestamp_us(1), {.payload = none_inside});
  EXPECT_EQ(buffer.stats().malformed, 3u);
  EXPECT_EQ(buffer.packets(), 0u);
  EXPECT_EQ(buffer.pop(base::timestamp_us(2), 0).kind, Playout::not_started);
}

// Everything at once, many seeds: order, conservation and bounds must hold whatever the network does.
TEST(JitterBuffer, RandomNetworksKeepTheProperties) {
  base::SeededRandom random(99);
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const std::uint8_t tocs[] = {kCelt10, kCelt20, kSilk20, kSilk40, kSilk60};
    const int lengths[] = {480, 960, 960, 1920, 2880};
    const auto kind = random.u32() % 5;
    Player player;
    player.play(Trace{.toc = tocs[kind],
                      .samples = lengths[kind],
                      .count = 800,
                      .first_seq = static_cast<std::uint16_t>(random.u32()),
                      .first_rtp = random.u32(),
                      .loss_percent = static_cast<int>(random.u32() % 40),
                      .jitter_ms = static_cast<int>(random.u32() % 400),
                      .sender_ppm = static_cast<double>(random.u32() % 400) - 200.0,
                      .level = static_cast<int>(random.u32() % 128),
                      .duplicate_percent = static_cast<int>(random.u32() % 20),
                      .fec = random.u32() % 2 == 0,
                      .seed = seed}
                    .make(),
                50);
    player.expect_ordered();
    player.expect_conserved();
    EXPECT_LE(player.buffer.target(), ArrivalDelay::kMax);
    EXPECT_LE(player.most_delay, Duration(520'000)) << seed; // more only while the base line still moves
    EXPECT_EQ(player.last.back(), Playout::comfort) << "a second after the end";
  }
}

// Forged numbers: no crash, no endless loop, always a full frame.
TEST(JitterBuffer, ForgedHeadersAreBounded) {
  base::SeededRandom random(5);
  Player player;
  std::vector<std::uint8_t> bytes(1300);
  for (int i = 0; i < 20'000; ++i) {
    random.fill(std::span(bytes).first(8));
    Sent one{.arrival_us = base::to_us(player.now), .payload = bytes};
    one.payload.resize(random.u32() % (i % 50 == 0 ? 1300 : 12));
    const bool wild = random.u32() % 4 == 0;
    one.packet = {.ssrc = random.u32() % 500 == 0 ? random.u32() : 3,
                  .seq = static_cast<std::uint16_t>(wild ? random.u32() : 40u + static_cast<unsigned>(i) / 2),
                  .rtp_time = random.u32() % 8 == 0 ? random.u32() : static_cast<std::uint32_t>(i) * 480,
                  .level = static_cast<std::uint8_t>(random.u32()),
                  .marker = random.u32() % 2 == 0};
    player.put(one);
    if (i % 2 == 0) player.tick();
    ASSERT_LE(player.buffer.packets(), JitterBuffer::kSlots);
    ASSERT_LT(player.fifo, kFrameSamples + 5760);
    player.fifo %= kFrameSamples;
  }
}

} // namespace
} // namespace plenum::audio
