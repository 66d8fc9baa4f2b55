// VideoSource, EncoderStrand with Tier, FrameClock and AudioLoop, each on real pool threads.
#include "engine/audio_loop.hpp"
#include "engine/frame_clock.hpp"
#include "engine/tier.hpp"

#include "audio/opus.hpp"
#include "video/frame_pool.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <functional>

namespace plenum::engine {
namespace {

using namespace std::chrono_literals;

struct MediaTest : testing::Test {
  base::Metrics metrics;
  base::Env env{base::Clock::system(), base::Random::system(), metrics, ""};
  base::EncodedFramePool frames;
  int wake = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  ~MediaTest() override { ::close(wake); }

  // Sleeps on the wake-up that net would sleep on; long only when it fails.
  bool wait_until(const std::function<bool()>& done) {
    for (int i = 0; i < 3000 && !done(); ++i) {
      pollfd p{wake, POLLIN, 0};
      ::poll(&p, 1, 10);
      std::uint64_t count = 0;
      [[maybe_unused]] const auto got = ::read(wake, &count, sizeof count);
    }
    return done();
  }
  video::FrameRef picture(video::FramePool& pool, int w, int h, std::uint8_t luma) {
    auto out = pool.get(w, h);
    const auto to = out->pixels();
    for (int row = 0; row < h; ++row)
      std::memset(to.y + std::ptrdiff_t{row} * to.stride_y, luma, static_cast<std::size_t>(w));
    for (int row = 0; row < h / 2; ++row) {
      std::memset(to.u + std::ptrdiff_t{row} * to.stride_u, 128, static_cast<std::size_t>(w / 2));
      std::memset(to.v + std::ptrdiff_t{row} * to.stride_v, 128, static_cast<std::size_t>(w / 2));
    }
    return out;
  }
  std::uint64_t count(std::string_view name) { return metrics.counter(name).value(); }
};

TEST_F(MediaTest, AnUnwatchedEncoderIsNeverAsked) {
  EncoderStrand strand(env, frames, base::Codec::vp8, wake);
  video::FramePool pool(env, 4, "test");
  const auto canvas = picture(pool, 64, 64, 100);
  EXPECT_FALSE(strand.offer(canvas, true, env.clock.now()));
  strand.run();
  EXPECT_EQ(count("plenum_encoded_frames_total"), 0U);
  strand.watched = true;
  EXPECT_TRUE(strand.offer(canvas, true, env.clock.now()));
  strand.run();
  strand.run(); // asked again with nothing to do
  EXPECT_EQ(count("plenum_encoded_frames_total"), 1U);
  ASSERT_EQ(strand.output().size(), 1U);
  EXPECT_TRUE(strand.output().pop()->frame->key);
}

TEST_F(MediaTest, AStillCanvasIsRefreshedTwiceASecondOrForAKeyframe) {
  EncoderStrand strand(env, frames, base::Codec::vp8, wake);
  strand.watched = true;
  video::FramePool pool(env, 4, "test");
  const auto canvas = picture(pool, 64, 64, 100);
  const auto start = env.clock.now();
  int taken = 0;
  for (int tick = 0; tick < 50; ++tick) // two seconds
    taken += strand.offer(canvas, tick == 0, start + tick * 40ms);
  EXPECT_GE(taken, 4);
  EXPECT_LE(taken, 5);
  strand.key_wanted = true;
  EXPECT_TRUE(strand.offer(canvas, false, start + 2001ms));
  EXPECT_GT(count("plenum_encode_replaced_total"), 0U); // nobody ran: the newest waits alone
}

TEST_F(MediaTest, TimesRiseAndAFullRingIsAnsweredWithAKeyframe) {
  EncoderStrand strand(env, frames, base::Codec::vp8, wake);
  strand.watched = true;
  video::FramePool pool(env, 4, "test");
  const auto start = env.clock.now();
  for (int i = 0; i < 40; ++i) { // net does not listen
    const auto canvas = picture(pool, 64, 64, static_cast<std::uint8_t>(i * 5));
    ASSERT_TRUE(strand.offer(canvas, true, start + i * 40ms));
    strand.run();
  }
  base::Timestamp last{};
  std::size_t got = 0;
  while (auto out = strand.output().pop()) {
    EXPECT_GT(out->frame->captured, last);
    last = out->frame->captured;
    ++got;
  }
  EXPECT_EQ(got, 32U);
  EXPECT_TRUE(strand.key_wanted); // eight are missing to everybody
}

TEST_F(MediaTest, WishesOfManyAreOneKeyframe) {
  auto strand = std::make_shared<EncoderStrand>(env, frames, base::Codec::vp8, wake);
  rtp::PacketizedFramePool packetized;
  Tier tier(strand, packetized, 0);
  tier.set_canvas(64, 64, 25, 0, false);
  const auto now = env.clock.now();
  tier.wish_keyframe(now);
  tier.work(now);
  EXPECT_FALSE(strand->key_wanted); // nobody watches
  EXPECT_EQ(tier.watchers(), 0U);
  EXPECT_FALSE(strand->watched);
  EXPECT_EQ(strand->fps.load(), 25);
}

TEST_F(MediaTest, AVideoSourceDecodesOnlyWhatIsShown) {
  video::FramePool pool(env, 4, "test");
  auto encoder = video::make_encoder(env, frames, base::Codec::vp8, {.width = 64, .height = 64, .kbps = 200});
  ASSERT_TRUE(encoder);
  VideoSource source(env);
  std::int64_t pts = 0;
  const auto next = [&](bool key) {
    auto frame = (*encoder)->encode(picture(pool, 64, 64, 90), key, pts += 3600);
    frame->captured = env.clock.now();
    return frame;
  };
  EXPECT_TRUE(source.push(next(true)));
  source.run();
  EXPECT_EQ(source.decoded_frames.load(), 0U); // no tile
  source.tile().set_target({32, 32, video::Fit::cover});
  EXPECT_TRUE(source.push(next(false)));
  source.run();
  EXPECT_EQ(source.decoded_frames.load(), 0U); // the keyframe was not seen
  EXPECT_TRUE(source.take_keyframe_need());
  EXPECT_FALSE(source.take_keyframe_need());
  EXPECT_TRUE(source.push(next(true)));
  source.run();
  EXPECT_EQ(source.decoded_frames.load(), 1U);
  EXPECT_EQ(source.decoded_size.load(), std::uint64_t{64} << 32 | 64);
  const auto& shown = source.tile().pick(env.clock.now(), 0ms);
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->width, 32);
}

// As when a keyframe was asked for and comes before the canvas has ticked with the new scene.
TEST_F(MediaTest, AKeyframeThatComesBeforeItsTileIsNotLost) {
  video::FramePool pool(env, 8, "test");
  auto encoder = video::make_encoder(env, frames, base::Codec::vp8, {.width = 64, .height = 64, .kbps = 200});
  ASSERT_TRUE(encoder);
  VideoSource source(env);
  source.outgrown_by(32, 32); // net has decided
  EXPECT_TRUE(source.push((*encoder)->encode(picture(pool, 64, 64, 100), true, 0)));
  source.run();
  EXPECT_FALSE(source.tile().pick(env.clock.now(), {}));
  source.tile().set_target({.width = 32, .height = 32});
  EXPECT_TRUE(source.push((*encoder)->encode(picture(pool, 64, 64, 150), false, 3600)));
  source.run();
  EXPECT_FALSE(source.take_keyframe_need());
  EXPECT_TRUE(source.tile().pick(env.clock.now(), {}));
}

TEST_F(MediaTest, AFullDecodeRingDropsToAKeyframe) {
  VideoSource source(env);
  const auto frame = [&](bool key) {
    auto out = frames.get(100);
    out->codec = base::Codec::vp8;
    out->key = key;
    out->size = 10;
    return out;
  };
  for (int i = 0; i < 16; ++i)
    ASSERT_TRUE(source.push(frame(i == 0)));
  EXPECT_FALSE(source.push(frame(false))); // ask for a keyframe
  EXPECT_TRUE(source.push(frame(false)));  // dropped in silence
  source.run();                            // broken frames never crash the decoder
  source.tile().set_target({32, 32, video::Fit::cover});
  EXPECT_TRUE(source.push(frame(false)));
  EXPECT_TRUE(source.push(frame(true)));
  source.run();
  EXPECT_EQ(source.decoded_frames.load(), 0U);
}

video::CanvasScene plain(std::uint8_t level) {
  video::CanvasScene scene;
  scene.width = scene.height = 64;
  scene.fps = 60;
  scene.background = {level, level, level};
  return scene;
}

TEST_F(MediaTest, TheFrameClockComposesOnlyForWatchersAndEncodesOnce) {
  base::StrandPool pool(1, 16, metrics);
  auto vp8 = std::make_shared<EncoderStrand>(env, frames, base::Codec::vp8, wake);
  auto h264 = std::make_shared<EncoderStrand>(env, frames, base::Codec::h264, wake);
  FrameClock clock(env, pool, {vp8, h264});
  auto update = std::make_unique<CanvasUpdate>();
  update->scene = plain(255);
  ASSERT_TRUE(clock.post(std::move(update)));
  for (int tick = 0; tick < 20; ++tick)
    ::poll(nullptr, 0, 10);
  EXPECT_EQ(count("plenum_video_ticks_total"), 0U);
  vp8->watched = true;
  clock.wake();
  EXPECT_TRUE(wait_until([&] { return vp8->output().size() >= 1; }));
  EXPECT_EQ(h264->output().size(), 0U);
  EXPECT_LE(count("plenum_encoded_frames_total"), count("plenum_video_ticks_total"));
}

TEST_F(MediaTest, AnAudioLoopMixesWithoutOneself) {
  AudioLoop loop(env, frames, wake);
  auto voice = std::make_shared<AudioInput>(1, metrics);
  loop.post(AddSpeaker{voice, nullptr});
  loop.post(AddListener{1, 1});
  loop.post(AddListener{2, std::nullopt});
  audio::Encoder encoder;
  std::array<std::uint8_t, audio::kMaxOpusPayload> opus{};
  float phase = 0;
  std::uint16_t sequence = 0;
  bool apart = false, talking = false;
  std::uint32_t last_time = 0;
  bool timed = false, steady = true;
  auto next = env.clock.now();
  const auto done = [&] {
    for (const auto now = env.clock.now(); next <= now; next += 20ms) {
      audio::AudioFrame frame;
      for (auto& sample : frame.view())
        sample = 0.4F * std::sin(phase += 0.06F);
      peer::IncomingAudio packet;
      packet.ssrc = 9;
      packet.sequence = sequence;
      packet.rtp_time = sequence * 960U;
      ++sequence;
      packet.payload = base::Bytes(opus).first(encoder.encode(frame, opus));
      packet.level = 10;
      voice->push(now, packet);
    }
    while (const auto mix = loop.mixes().pop()) {
      std::vector<std::uint32_t> to(mix->receivers);
      std::memcpy(to.data(), mix->frame->storage.get() + mix->frame->size, to.size() * 4);
      apart |= to == std::vector<std::uint32_t>{2}; // a mix that the speaker does not get
      if (to.front() != 2 && to.back() != 2) continue;
      if (timed) steady &= mix->rtp_time - last_time == 960;
      last_time = mix->rtp_time;
      timed = true;
    }
    while (const auto news = loop.news().pop())
      if (const auto* edge = std::get_if<TalkingOut>(&*news)) talking |= edge->source == 1 && edge->on;
    return apart && talking;
  };
  EXPECT_TRUE(wait_until(done));
  EXPECT_TRUE(steady); // 960 samples a tick, whatever the scheduler did
  loop.post(RemoveSpeaker{1});
  loop.post(RemoveListener{1});
}

} // namespace
} // namespace plenum::engine
