// plenum-floor: the least that a room can cost on this machine: decode every input, scale it into one canvas,
// encode the canvas once, decode and encode the sound, in a bare loop on warm caches. No network, no
// encryption, no timing, no threads. What Plenum needs beyond it is overhead. Prints one JSON object, CPU in
// ms per second of meeting.
#include "apps/plenum_load/clips.hpp"
#include "apps/plenum_load/sounds.hpp"
#include "base/check.hpp"
#include "base/json.hpp"
#include "room/layout_solver.hpp"
#include "video/decoder.hpp"
#include "video/encoder.hpp"
#include "video/frame_pool.hpp"
#include "video/scale.hpp"

#include <CLI/CLI.hpp>
#include <ctime>
#include <fmt/format.h>

namespace {

namespace base = plenum::base;
namespace video = plenum::video;
namespace load = plenum::load;
namespace audio = plenum::audio;

constexpr int kFps = 25, kWidth = 1280, kHeight = 720;
constexpr std::size_t kMixed = 6; // private mixes at most

struct Wish {
  std::string clips, codec = "vp8", out_codec;
  std::size_t people = 9, talkers = 9, seconds = 10, rounds = 3;
  int clip_kbps = 1000, kbps = 1500;
  bool audio_only = false;
};

struct Bill { // ms of CPU
  double decode = 0, compose = 0, encode = 0, opus_decode = 0, opus_encode = 0;
  double sum() const { return decode + compose + encode + opus_decode + opus_encode; }
};

double cpu_ms() {
  timespec t{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) / 1e6;
}

class Stopwatch {
 public:
  explicit Stopwatch(double& into) : into_(into), began_(cpu_ms()) {}
  ~Stopwatch() { into_ += cpu_ms() - began_; }

 private:
  double& into_;
  double began_;
};

base::Codec codec_named(const std::string& name) {
  return name == "h264" ? base::Codec::h264 : base::Codec::vp8;
}

// A part of the canvas as a picture of its own; even edges, as the server draws.
video::MutableI420View part(const video::MutableI420View& of, const plenum::link::Rect& rect) {
  const int x = rect.x & ~1, y = rect.y & ~1;
  const int width = ((rect.x + rect.w) & ~1) - x, height = ((rect.y + rect.h) & ~1) - y;
  auto out = of;
  out.y += y * of.stride_y + x;
  out.u += y / 2 * of.stride_u + x / 2;
  out.v += y / 2 * of.stride_v + x / 2;
  out.width = width;
  out.height = height;
  return out;
}

void run_video(const Wish& wish, const load::Clips& clips, Bill& bill) {
  const base::Env env;
  base::EncodedFramePool pool;
  std::vector<std::unique_ptr<video::Decoder>> decoders;
  for (std::size_t i = 0; i < wish.people; ++i)
    decoders.push_back(std::move(*video::make_decoder(env, codec_named(wish.codec))));
  auto encoder = video::make_encoder(env, pool, codec_named(wish.out_codec),
                                     {.width = kWidth, .height = kHeight, .kbps = wish.kbps, .fps = kFps});
  CHECK(encoder);
  video::FramePool pictures(env, 2, "canvas");
  const auto canvas = pictures.get(kWidth, kHeight);
  const auto pixels = canvas->pixels();
  video::fill(pixels, {});
  const auto tiles = plenum::room::automatic_grid({kWidth, kHeight}, wish.people);
  for (std::size_t frame = 0; frame < wish.seconds * kFps; ++frame) {
    for (std::size_t i = 0; i < wish.people; ++i) {
      const auto& clip = clips.fitting(base::DataRate::kbps(wish.clip_kbps), i);
      video::Decoded decoded;
      {
        const Stopwatch watch(bill.decode);
        decoded = decoders[i]->decode(*clip.frames[frame % clip.frames.size()]->frame);
      }
      CHECK(decoded.status == video::DecodeStatus::picture);
      const Stopwatch watch(bill.compose);
      video::draw(decoded.picture, part(pixels, tiles[i]), video::Fit::cover, video::ContentHint::camera, {});
    }
    const Stopwatch watch(bill.encode);
    CHECK((*encoder)->encode(canvas, frame == 0, static_cast<std::int64_t>(frame) * 90'000 / kFps));
  }
}

void run_audio(const Wish& wish, Bill& bill) {
  std::vector<load::Voice> voices;
  std::vector<audio::Decoder> decoders(wish.talkers);
  for (std::size_t i = 0; i < wish.talkers; ++i)
    voices.push_back(load::make_voice(i));
  // A private mix for each of the loudest, and one for all the others.
  const auto contributors = std::min(wish.talkers, kMixed);
  std::vector<audio::Encoder> encoders(contributors + (wish.people > contributors ? 1 : 0));
  std::array<float, audio::kMaxPacketSamples> sound{};
  std::array<std::uint8_t, audio::kMaxOpusPayload> packet{};
  audio::AudioFrame mix;
  for (std::size_t tick = 0; tick < wish.seconds * 50; ++tick) {
    mix.silence();
    {
      const Stopwatch watch(bill.opus_decode);
      for (std::size_t i = 0; i < wish.talkers; ++i) {
        decoders[i].decode(voices[i].packets[tick % voices[i].packets.size()], sound);
        if (i < kMixed)
          for (std::size_t s = 0; s < audio::kFrameSamples; ++s)
            mix.samples[s] += sound[s] * 0.5F;
      }
    }
    const Stopwatch watch(bill.opus_encode);
    for (auto& encoder : encoders)
      CHECK(encoder.encode(mix, packet) > 0);
  }
}

double rounded(double value) {
  return std::round(value * 100) / 100;
}

} // namespace

int main(int argc, char** argv) {
  CLI::App cli("plenum-floor: what the codec work of one room costs in a bare loop");
  Wish wish;
  cli.add_option("--clips", wish.clips, "directory of plenum-clips");
  cli.add_option("--people", wish.people)->capture_default_str();
  cli.add_option("--talkers", wish.talkers)->capture_default_str();
  cli.add_option("--codec", wish.codec, "of the inputs")->capture_default_str();
  cli.add_option("--out-codec", wish.out_codec, "of the canvas; else that of the inputs");
  cli.add_option("--clip-kbps", wish.clip_kbps, "which clips")->capture_default_str();
  cli.add_option("--kbps", wish.kbps, "of the canvas")->capture_default_str();
  cli.add_option("--seconds", wish.seconds, "of meeting in a round")->capture_default_str();
  cli.add_option("--rounds", wish.rounds, "the cheapest counts")->capture_default_str();
  cli.add_flag("--audio-only", wish.audio_only);
  CLI11_PARSE(cli, argc, argv);
  if (wish.out_codec.empty()) wish.out_codec = wish.codec;
  std::unique_ptr<load::Clips> clips;
  if (!wish.audio_only) {
    auto loaded =
        load::Clips::load(wish.clips, wish.codec == "h264" ? load::VideoCodec::h264 : load::VideoCodec::vp8);
    if (!loaded) {
      fmt::print(stderr, "plenum-floor: {}\n", loaded.error().text);
      return 2;
    }
    clips = std::move(*loaded);
  }
  Bill best;
  for (std::size_t round = 0; round < wish.rounds; ++round) {
    Bill bill;
    if (clips) run_video(wish, *clips, bill);
    if (wish.talkers > 0) run_audio(wish, bill);
    if (round == 0 || bill.sum() < best.sum()) best = bill;
  }
  const auto per_second = [&](double ms) { return rounded(ms / static_cast<double>(wish.seconds)); };
  fmt::print("{}\n", base::write_json(base::json::object{{"bench", "floor"},
                                                         {"people", wish.people},
                                                         {"talkers", wish.talkers},
                                                         {"cores", rounded(per_second(best.sum())) / 1000},
                                                         {"decode_ms", per_second(best.decode)},
                                                         {"compose_ms", per_second(best.compose)},
                                                         {"encode_ms", per_second(best.encode)},
                                                         {"opus_decode_ms", per_second(best.opus_decode)},
                                                         {"opus_encode_ms", per_second(best.opus_encode)}}));
  return 0;
}
