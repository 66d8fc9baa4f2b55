#include "audio/jitter_buffer.hpp"

#include "audio/opus.hpp"
#include "base/check.hpp"

#include <algorithm>
#include <cstring>

namespace plenum::audio {
namespace {
using base::Duration;

constexpr std::int64_t kFarSequence = 2'000; // packets; farther is another sequence line
constexpr Duration kFarTime{1'000'000};      // farther is another timestamp line
constexpr Duration kPause{250'000};          // after it a sender may go on with an unmoved clock
constexpr Duration kStale = ArrivalDelay::kMax + Duration(20'000);
constexpr std::size_t kConcealSamples = 5'760; // 120 ms
constexpr std::size_t kDtxSamples = 48'000;    // 1 s: senders refresh their noise each 400 ms
constexpr std::size_t kStep = 120;             // 2.5 ms, what Opus can conceal
constexpr Duration kDropMargin{5'000};
constexpr Duration kQuietDropInterval{40'000};
constexpr Duration kLoudDropExcess{60'000};
constexpr Duration kLoudDropInterval{2'000'000};
constexpr Duration kStretchShort{15'000};
constexpr Duration kGrowShort{1'000};
constexpr float kQuietDbov = -50.0F;
constexpr float kBelowMean = 15.0F; // dB
constexpr float kMeanStep = 0.02F;  // 1 s

constexpr Duration length_of(std::size_t samples) {
  return Duration(static_cast<std::int64_t>(samples) * 125 / 6);
}
constexpr std::size_t whole_steps(std::size_t samples) {
  return samples / kStep * kStep;
}
} // namespace

// --- packets in ---

void JitterBuffer::put(base::Timestamp now, const AudioPacket& packet) {
  ++stats_.received;
  const bool fits = packet.payload.size() <= kMaxOpusPayload;
  const auto samples = fits ? opus_packet_samples(packet.payload) : std::nullopt;
  if (!samples) {
    ++stats_.malformed;
    return;
  }
  if (ssrc_ && *ssrc_ != packet.ssrc) restart();
  ssrc_ = packet.ssrc;
  if (!sequence_plausible(packet.seq)) return;
  if (take_late(now, packet)) return;
  check_timeline(now, packet.rtp_time);

  const auto seq = seq_line_.unwrap(packet.seq);
  const auto rtp = rtp_line_.unwrap(packet.rtp_time);
  arrivals_.add(now, rtp);
  last_arrival_ = now;
  if (!anchored_ || (state_ == State::empty && seq < next_seq_)) next_seq_ = seq;
  if (!anchored_) highest_seq_ = seq;
  anchored_ = true;
  make_place(seq);
  highest_seq_ = std::max(highest_seq_, seq);

  auto& to = slot(seq);
  to.seq = seq;
  to.rtp = rtp;
  to.samples = *samples;
  to.size = static_cast<std::uint16_t>(packet.payload.size());
  to.present = true;
  to.marker = packet.marker;
  to.level = packet.level;
  std::memcpy(to.bytes.data(), packet.payload.data(), packet.payload.size());
  ++count_;
}

void JitterBuffer::restart() {
  ++stats_.restarts;
  stats_.discarded += count_;
  for (auto& old : slots_) {
    old.present = false;
    old.seq = -1;
  }
  count_ = 0;
  seq_line_.reset();
  rtp_line_.reset();
  arrivals_.forget();
  restart_seq_.reset();
  anchored_ = false;
  if (state_ == State::playing) state_ = State::waiting;
  bridged_before_ = 0;
  held_ = 0;
  dtx_ = false;
  grow_ = false;
}

void JitterBuffer::reset() {
  restart();
  arrivals_ = {};
  ssrc_.reset();
  state_ = State::empty;
  next_seq_ = highest_seq_ = next_rtp_ = 0;
  filled_ = 0;
  has_levels_ = false;
  last_arrival_ = last_drop_ = {};
  delay_ = {};
  last_level_ = mean_level_ = kSilenceDbov;
  stats_ = {};
}

// As in RFC 3550 A.1: one far packet is noise, two consecutive ones are a sender that restarted.
bool JitterBuffer::sequence_plausible(std::uint16_t seq) {
  if (!seq_line_.started()) return true;
  const auto away = seq_line_.peek(seq) - highest_seq_;
  if (away > -kFarSequence && away < kFarSequence) {
    restart_seq_.reset();
    return true;
  }
  if (restart_seq_ == seq) {
    restart();
    return true;
  }
  restart_seq_ = static_cast<std::uint16_t>(seq + 1);
  ++stats_.discarded;
  return false;
}

bool JitterBuffer::take_late(base::Timestamp now, const AudioPacket& packet) {
  if (!anchored_) return false;
  const auto seq = seq_line_.peek(packet.seq);
  const auto rtp = rtp_line_.peek(packet.rtp_time);
  if (seq >= 0 && slot(seq).seq == seq) {
    ++stats_.duplicate;
    return true;
  }
  const bool passed = seq < next_seq_ && state_ != State::empty;
  const bool before_anchor = highest_seq_ - seq >= static_cast<std::int64_t>(kSlots);
  const bool bridged = seq < bridged_before_ && rtp < next_rtp_;
  if (!passed && !before_anchor && !bridged) return false;
  ++stats_.late;
  const auto delay = arrivals_.delay_of(rtp, now);
  if (delay > Duration(0) && delay < kFarTime) arrivals_.add(now, rtp);
  grow_ = true;
  return true;
}

void JitterBuffer::check_timeline(base::Timestamp now, std::uint32_t rtp_time) {
  if (!arrivals_.started()) return;
  const auto away = arrivals_.delay_of(rtp_line_.peek(rtp_time), now);
  if (away > kFarTime || away < -kFarTime) {
    restart();
  } else if (state_ != State::playing && now - last_arrival_ > kPause && away > kPause) {
    arrivals_.forget(); // a pause in which the sender's clock stood still is not network delay
  }
}

void JitterBuffer::make_place(std::int64_t seq) {
  const auto first = seq - static_cast<std::int64_t>(kSlots) + 1;
  if (next_seq_ >= first) return;
  for (auto& old : slots_)
    if (old.present && old.seq < first) discard(old);
  next_seq_ = first;
  if (state_ == State::playing) state_ = State::waiting;
}

void JitterBuffer::discard(Slot& old) {
  old.present = false;
  --count_;
  ++stats_.discarded;
}

void JitterBuffer::note_level(float dbov) {
  if (!has_levels_) take_level(dbov);
}

void JitterBuffer::take_level(float dbov) {
  last_level_ = dbov;
  if (dbov > kQuietDbov)
    mean_level_ += (dbov - mean_level_) * (mean_level_ == kSilenceDbov ? 1.0F : kMeanStep);
}

// --- steps out ---

JitterBuffer::Slot* JitterBuffer::oldest() {
  if (count_ == 0) return nullptr;
  for (auto seq = next_seq_; seq <= highest_seq_; ++seq) {
    auto& candidate = slot(seq);
    if (candidate.present && candidate.seq == seq) return &candidate;
  }
  return nullptr;
}

// More delay than anybody would accept: jump to the packet that has the target delay.
void JitterBuffer::skip_stale(base::Timestamp play_at) {
  auto* head = oldest();
  if (head == nullptr || arrivals_.delay_of(head->rtp, play_at) <= kStale) return;
  while (count_ > 1 && arrivals_.delay_of(head->rtp, play_at) > target()) {
    discard(*head);
    next_seq_ = head->seq + 1;
    head = oldest();
    CHECK(head != nullptr);
  }
  next_seq_ = head->seq;
  next_rtp_ = head->rtp;
  held_ = 0;
}

PlayoutStep JitterBuffer::pop(base::Timestamp now, std::size_t buffered) {
  CHECK(buffered < kFrameSamples && buffered % kStep == 0);
  const auto room = kFrameSamples - buffered;
  const auto play_at = now + length_of(buffered);
  skip_stale(play_at);
  auto* head = oldest();
  if (state_ != State::playing) return wait_or_play(play_at, head, room);
  if (head == nullptr) return starve(room);
  if (head->seq != next_seq_) return bridge(play_at, *head, room);
  const bool jumps = head->rtp >= next_rtp_ + static_cast<std::int64_t>(kStep);
  if (jumps && arrivals_.delay_of(head->rtp, play_at) < target()) return fill(room); // DTX ended: not yet due
  if (wants_stretch(play_at, *head)) {
    ++stats_.stretched;
    grow_ = false;
    return fill(room);
  }
  return play(play_at, *head);
}

PlayoutStep JitterBuffer::wait_or_play(base::Timestamp play_at, Slot* head, std::size_t room) {
  if (head == nullptr || arrivals_.delay_of(head->rtp, play_at) < target()) return fill(room);
  if (state_ == State::empty) next_seq_ = head->seq;
  return play(play_at, *head);
}

// Nothing has come. The line is held, so a packet that is merely late is still played, and the delay has
// grown.
PlayoutStep JitterBuffer::starve(std::size_t room) {
  held_ += room;
  const auto step = fill(room);
  if (dtx_ || filled_ >= kConcealSamples) state_ = State::waiting;
  return step;
}

// Packets before `head` are missing. What was already concealed while holding the line counts for them.
PlayoutStep JitterBuffer::bridge(base::Timestamp play_at, Slot& head, std::size_t room) {
  const auto missing_at_all = std::max<std::int64_t>(head.rtp - next_rtp_, 0);
  const auto covered = std::min(static_cast<std::int64_t>(held_), missing_at_all);
  next_rtp_ += covered;
  held_ = 0;
  const auto missing = whole_steps(static_cast<std::size_t>(missing_at_all - covered));
  if (missing == 0) return play(play_at, head);

  bridged_before_ = head.seq;
  const auto repairable = std::min(head.samples, missing);
  if (missing == repairable && opus_packet_has_fec(head.payload())) {
    ++stats_.fec;
    next_rtp_ = head.rtp;
    return {.kind = Playout::fec, .payload = head.payload(), .samples = missing};
  }
  const auto piece = std::min(room, missing > repairable ? missing - repairable : missing);
  next_rtp_ += static_cast<std::int64_t>(piece);
  return fill(piece);
}

PlayoutStep JitterBuffer::play(base::Timestamp play_at, Slot& head) {
  const auto drop = choose_drop(play_at, head);
  if (drop > 0) {
    ++stats_.accelerated;
    last_drop_ = play_at;
  }
  stats_.lost += static_cast<std::uint64_t>(head.seq - next_seq_);
  head.present = false;
  --count_;
  delay_ = arrivals_.delay_of(head.rtp, play_at) - length_of(drop);
  next_seq_ = head.seq + 1;
  next_rtp_ = head.rtp + static_cast<std::int64_t>(head.samples);
  has_levels_ = head.level.has_value();
  if (head.level) take_level(-static_cast<float>(*head.level));
  dtx_ = opus_packet_is_dtx(head.payload());
  grow_ = grow_ && delay_ + kGrowShort <= target();
  held_ = 0;
  filled_ = 0;
  state_ = State::playing;
  return {.kind = Playout::packet, .payload = head.payload(), .samples = head.samples, .drop = drop};
}

PlayoutStep JitterBuffer::fill(std::size_t samples) {
  if (state_ == State::empty) return {.kind = Playout::not_started, .samples = samples};
  const bool comfort = filled_ >= (dtx_ ? kDtxSamples : kConcealSamples);
  filled_ = std::min(filled_ + samples, kDtxSamples);
  ++(comfort ? stats_.comfort : stats_.concealed);
  return {.kind = comfort ? Playout::comfort : Playout::conceal, .samples = samples};
}

bool JitterBuffer::is_quiet(const Slot& head) const {
  if (opus_packet_is_dtx(head.payload())) return true;
  const float level = head.level ? -static_cast<float>(*head.level) : last_level_;
  return level <= kQuietDbov || level <= mean_level_ - kBelowMean;
}

std::size_t JitterBuffer::choose_drop(base::Timestamp play_at, const Slot& head) {
  if (state_ != State::playing) return 0;
  const auto piece = std::min(head.samples, kFrameSamples);
  const auto excess = arrivals_.delay_of(head.rtp, play_at) - target();
  const auto since = play_at - last_drop_;
  const bool quietly =
      is_quiet(head) && excess >= length_of(piece) + kDropMargin && since >= kQuietDropInterval;
  const bool loudly = excess >= kLoudDropExcess && since >= kLoudDropInterval;
  return quietly || loudly ? piece : 0;
}

bool JitterBuffer::wants_stretch(base::Timestamp play_at, const Slot& head) const {
  const auto lacking = target() - arrivals_.delay_of(head.rtp, play_at);
  if (grow_ && lacking >= kGrowShort) return true;
  return lacking >= kStretchShort && (head.marker || is_quiet(head));
}

} // namespace plenum::audio
