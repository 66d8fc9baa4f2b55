#include "audio/source.hpp"

#include <algorithm>

namespace plenum::audio {
namespace {
constexpr int kMostSteps = 64; // per tick; 8 packets of 2.5 ms fill a frame, dropped ones come on top
} // namespace

void AudioSource::put(base::Timestamp now, const AudioPacket& packet) {
  jitter_.put(now, packet);
}

const AudioFrame& AudioSource::tick(base::Timestamp now, bool decode) {
  if (decode && !decoding_) {
    decoder_.reset();
    filled_ = 0;
    silent_ = true;
    splicing_ = false;
  }
  decoding_ = decode;
  for (int steps = 0; filled_ < kFrameSamples && steps < kMostSteps; ++steps)
    run(jitter_.pop(now, filled_), decode);
  if (filled_ < kFrameSamples) append_silence(kFrameSamples - filled_);
  finish_frame(decode);
  return frame_;
}

void AudioSource::run(const PlayoutStep& step, bool decode) {
  if (!decode) {
    append_silence(step.samples - step.drop);
    return;
  }
  std::optional<std::size_t> got;
  switch (step.kind) {
  case Playout::not_started:
    append_silence(step.samples);
    return;
  case Playout::comfort:
    run_comfort(step.samples);
    return;
  case Playout::packet:
    run_packet(step);
    return;
  case Playout::fec:
    got = decoder_.decode_fec(step.payload, step.samples, decoded_);
    break;
  case Playout::conceal:
    got = decoder_.conceal(step.samples, decoded_);
    break;
  }
  if (got) {
    append(std::span(decoded_).first(*got));
  } else {
    append_silence(step.samples);
  }
}

void AudioSource::run_packet(const PlayoutStep& step) {
  auto got = decoder_.decode(step.payload, decoded_);
  if (!got) {
    ++undecodable_;
    got = decoder_.conceal(step.samples, decoded_);
  }
  if (!got) {
    append_silence(step.samples);
    return;
  }
  const auto sound = std::span(decoded_).first(*got);
  jitter_.note_level(rms_dbov(sound));
  if (step.drop == 0 || step.drop > *got) {
    append(sound);
    return;
  }
  // The beginning of what is left out fades into the beginning of what follows it.
  if (!splicing_) splice_from(sound);
  append(sound.subspan(step.drop));
}

void AudioSource::run_comfort(std::size_t samples) {
  if (!silent_) {
    const auto got = decoder_.conceal(kSplice, decoded_);
    if (got) splice_from(std::span(decoded_).first(*got));
  }
  append_silence(samples);
}

void AudioSource::splice_from(std::span<const float> old) {
  splice_.fill(0.0F);
  std::copy_n(old.begin(), std::min(old.size(), kSplice), splice_.begin());
  splicing_ = true;
}

void AudioSource::append(std::span<const float> sound) {
  if (sound.empty()) return;
  if (silent_ && !splicing_) splice_from({});
  silent_ = false;
  const auto to = std::span(fifo_).subspan(filled_, sound.size());
  std::copy(sound.begin(), sound.end(), to.begin());
  filled_ += sound.size();
  if (!splicing_) return;
  const auto length = std::min(kSplice, to.size());
  for (std::size_t i = 0; i < length; ++i) {
    const float part = static_cast<float>(i) / static_cast<float>(length);
    to[i] = splice_[i] + (to[i] - splice_[i]) * part;
  }
  splicing_ = false;
}

void AudioSource::append_silence(std::size_t samples) {
  if (samples == 0) return;
  const auto to = std::span(fifo_).subspan(filled_, samples);
  std::fill(to.begin(), to.end(), 0.0F);
  filled_ += samples;
  if (splicing_) {
    const auto length = std::min(kSplice, samples);
    for (std::size_t i = 0; i < length; ++i)
      to[i] = splice_[i] * (1.0F - static_cast<float>(i) / static_cast<float>(length));
    splicing_ = false;
  }
  silent_ = true;
}

void AudioSource::finish_frame(bool decode) {
  played_rtp_ = jitter_.next_rtp_time() - static_cast<std::uint32_t>(filled_);
  frame_.channels = 1;
  std::copy_n(fifo_.begin(), kFrameSamples, frame_.samples.begin());
  std::copy(fifo_.begin() + kFrameSamples, fifo_.begin() + static_cast<std::ptrdiff_t>(filled_),
            fifo_.begin());
  filled_ -= kFrameSamples;
  frame_.level_dbov = rms_dbov(frame_.view());
  input_dbov_ = frame_.level_dbov;
  speech_ = decode && detector_.update(input_dbov_);
  gain_.apply(frame_, speech_);
}

PlayoutPosition AudioSource::position() const {
  return {.rtp_time = played_rtp_, .delay = jitter_.delay(), .target = jitter_.target()};
}

void AudioSource::reset() {
  jitter_.reset();
  decoder_.reset();
  gain_.reset();
  detector_ = {};
  frame_.silence();
  filled_ = 0;
  splicing_ = false;
  silent_ = true;
  decoding_ = true;
  input_dbov_ = kSilenceDbov;
  speech_ = false;
  played_rtp_ = 0;
  undecodable_ = 0;
}

} // namespace plenum::audio
