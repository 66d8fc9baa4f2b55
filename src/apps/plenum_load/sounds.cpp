#include "apps/plenum_load/sounds.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <random>

namespace plenum::load {
namespace {

constexpr std::size_t kLoopFrames = 100;                // 2 s: every whole frequency fits
constexpr std::size_t kWindow = audio::kSampleRate / 2; // samples
constexpr double kPilot = 0.08, kNoise = 0.25;
constexpr double kSyllables = 4;   // Hz
constexpr double kAudible = 0.008; // amplitude in the mix; a pilot comes with 0.03 and more
// Sound with holes (a starved machine) smears each pilot into its neighbours; a voice that is really there is
// about as loud as the others, because the server levels them.
constexpr double kOfLoudest = 0.3;
constexpr std::size_t kMostPilots = 24;
constexpr std::uint8_t kTalkingLevel = 22;

double amplitude_of(std::span<const float> sound, double hz) {
  const double k = 2 * std::cos(2 * std::numbers::pi * hz / audio::kSampleRate);
  const auto size = static_cast<double>(sound.size());
  double a = 0, b = 0, at = 0;
  for (const float sample : sound) { // a Hann window: a neighbour's side lobes must not look like a tone
    const double window = 0.5 - 0.5 * std::cos(2 * std::numbers::pi * at++ / size);
    const double c = 2 * window * static_cast<double>(sample) + k * a - b;
    b = a;
    a = c;
  }
  return 2 * std::sqrt(std::max(0.0, a * a + b * b - k * a * b)) / size;
}

std::vector<std::uint8_t> encode(audio::Encoder& encoder, const audio::AudioFrame& frame) {
  std::array<std::uint8_t, audio::kMaxOpusPayload> out{};
  const auto size = encoder.encode(frame, out);
  return {out.begin(), out.begin() + static_cast<std::ptrdiff_t>(size)};
}

} // namespace

// Distances grow, so that no sum or difference of others (2a − b, a + b − c: what a limiter makes of a loud
// mix) falls on somebody's pilot.
double pilot_hz(std::size_t member) {
  const auto n = static_cast<double>(member % kMostPilots);
  return 400 + 60 * n + 7 * n * n;
}

Voice make_voice(std::size_t member) {
  audio::Encoder encoder;
  audio::AudioFrame frame;
  Voice voice{.packets = {}, .level = kTalkingLevel};
  std::minstd_rand dice(static_cast<std::uint32_t>(member + 1));
  std::uniform_real_distribution<double> noise(-1, 1);
  double low = 0;
  // The first round only settles the encoder, so that the loop joins without a step.
  for (std::size_t n = 0; n < 2 * kLoopFrames; ++n) {
    for (std::size_t i = 0; i < audio::kFrameSamples; ++i) {
      const double t = static_cast<double>(n * audio::kFrameSamples + i) / audio::kSampleRate;
      const double syllable = std::pow(std::sin(std::numbers::pi * kSyllables * t), 2);
      low += 0.25 * (noise(dice) - low); // about 2 kHz
      frame.samples[i] = static_cast<float>(kPilot * std::sin(2 * std::numbers::pi * pilot_hz(member) * t) +
                                            kNoise * syllable * low);
    }
    auto packet = encode(encoder, frame);
    if (n >= kLoopFrames) voice.packets.push_back(std::move(packet));
  }
  return voice;
}

Voice make_silence() {
  audio::Encoder encoder;
  audio::AudioFrame frame;
  frame.silence();
  encode(encoder, frame);
  return {.packets = {encode(encoder, frame)}, .level = 127};
}

void Ear::begin() {
  sound_.clear();
  heard_.assign(heard_.size(), 0);
  windows_ = 0;
}

double Ear::heard(std::size_t member) const {
  return windows_ == 0 ? 0 : static_cast<double>(heard_[member]) / static_cast<double>(windows_);
}

void Ear::hear(base::Bytes payload) {
  std::array<float, audio::kMaxPacketSamples> samples{};
  const auto count = decoder_.decode(payload, samples);
  if (!count) return;
  sound_.insert(sound_.end(), samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(*count));
  if (sound_.size() >= kWindow) measure();
}

void Ear::measure() {
  ++windows_;
  std::vector<double> amplitudes;
  for (std::size_t member = 0; member < heard_.size(); ++member)
    amplitudes.push_back(amplitude_of(sound_, pilot_hz(member)));
  const double loudest = amplitudes.empty() ? 0 : std::ranges::max(amplitudes);
  const double least = std::max(kAudible, kOfLoudest * loudest);
  for (std::size_t member = 0; member < heard_.size(); ++member)
    if (amplitudes[member] > least) ++heard_[member];
  sound_.clear();
}

} // namespace plenum::load
