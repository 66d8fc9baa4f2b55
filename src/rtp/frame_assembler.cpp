#include "rtp/frame_assembler.hpp"

#include "base/check.hpp"

#include <algorithm>
#include <bit>

namespace plenum::rtp {

namespace {

constexpr std::int64_t kNoSequence = -1;
constexpr std::int64_t kReorderedStart = 64;  // packets that may arrive before the first one seen
constexpr std::int64_t kFarLate = 4096;       // behind the chain by more than any retransmission
constexpr unsigned kFarLateBeforeReset = 100; // consecutive packets: the sender has started over

// VP8 and VP9 say in each packet whether it starts a frame; H.264 and AV1 only sometimes.
bool marks_every_start(base::Codec codec) {
  return codec == base::Codec::vp8 || codec == base::Codec::vp9;
}

} // namespace

FrameAssembler::FrameAssembler(base::Codec codec, base::EncodedFramePool& frames, AssemblerLimits limits)
    : depacketizer_(codec), frames_(frames), limits_(limits) {
  CHECK(limits.window >= 16 && limits.window <= 8192);
  slots_.resize(std::bit_ceil(limits.window));
  payloads_.reserve(slots_.size());
}

void FrameAssembler::reset(base::Codec codec) {
  for (Slot& slot : slots_)
    clear(slot);
  depacketizer_ = Depacketizer(codec);
  started_ = false;
  waiting_ = true;
  floor_ = 0;
  highest_ = hole_at_ = kNoSequence;
  hole_since_ = base::kNever;
  far_late_run_ = 0;
}

FrameAssembler::Slot* FrameAssembler::find(std::int64_t sequence) {
  if (sequence < floor_) return nullptr;
  Slot& slot = slots_[static_cast<std::size_t>(sequence) & (slots_.size() - 1)];
  return slot.sequence == sequence ? &slot : nullptr;
}

void FrameAssembler::clear(Slot& slot) {
  slot.sequence = kNoSequence;
  slot.packet.reset();
  slot.payload = {};
}

void FrameAssembler::insert(base::Timestamp now, std::int64_t sequence, const RtpHeader& header,
                            base::Bytes payload, PacketRef packet) {
  CHECK(sequence >= 0 && (payload.empty() || packet));
  if (!started_) {
    started_ = true;
    floor_ = std::max<std::int64_t>(0, sequence - kReorderedStart);
  }
  if (!fits_window(sequence)) return;
  if (find(sequence) != nullptr) {
    ++counters_.duplicate;
    return;
  }
  PayloadFacts facts;
  if (!payload.empty()) {
    const auto found = depacketizer_.inspect(payload);
    if (!found) {
      ++counters_.malformed;
      if (!waiting_) lose_chain();
      return;
    }
    facts = *found;
  } else {
    packet.reset();
  }
  slots_[static_cast<std::size_t>(sequence) & (slots_.size() - 1)] = {.sequence = sequence,
                                                                      .packet = std::move(packet),
                                                                      .payload = payload,
                                                                      .timestamp = header.timestamp,
                                                                      .arrived = now,
                                                                      .marker = header.marker,
                                                                      .starts = facts.starts_frame,
                                                                      .key = facts.key};
  highest_ = std::max(highest_, sequence);
  // A frame without marker is ended by the next one; a start that is not marked is known by what stands
  // before it.
  for (const std::int64_t touched : {sequence, sequence - 1, sequence + 1})
    settle(touched);
  if (waiting_) thin_out();
  watch_hole(now);
}

// Late packets are refused; a packet beyond the window moves it, which breaks the chain.
bool FrameAssembler::fits_window(std::int64_t sequence) {
  if (sequence < floor_) {
    ++counters_.late;
    if (floor_ - sequence < kFarLate) {
      far_late_run_ = 0;
    } else if (++far_late_run_ >= kFarLateBeforeReset) {
      reset(depacketizer_.codec());
    }
    return false;
  }
  far_late_run_ = 0;
  const auto window = static_cast<std::int64_t>(slots_.size());
  if (sequence - floor_ < window) return true;
  if (!waiting_) lose_chain();
  discard_below(sequence - window + 1);
  return true;
}

// By its own word, or because of what stands before it.
bool FrameAssembler::begins_frame(const Slot& slot) {
  if (slot.starts || marks_every_start(depacketizer_.codec())) return slot.starts;
  if (slot.sequence == floor_) return !waiting_; // the floor of a chain follows a complete frame
  const Slot* previous = find(slot.sequence - 1);
  return previous != nullptr &&
         (!previous->packet || previous->marker || previous->timestamp != slot.timestamp);
}

// The complete frame that contains `sequence`, found without the chain.
std::optional<FrameAssembler::Span> FrameAssembler::frame_around(std::int64_t sequence) {
  const Slot* slot = find(sequence);
  while (slot != nullptr && slot->packet) {
    if (begins_frame(*slot)) return frame_from(sequence);
    const Slot* previous = find(sequence - 1);
    if (previous == nullptr || previous->timestamp != slot->timestamp || previous->marker) break;
    slot = previous;
    --sequence;
  }
  return std::nullopt;
}

// The frame that begins at `first`, if all of it is there.
std::optional<FrameAssembler::Span> FrameAssembler::frame_from(std::int64_t first) {
  const Slot* slot = find(first);
  if (slot == nullptr || !slot->packet) return std::nullopt;
  Span span{.first = first, .last = first, .key = slot->key};
  while (!slot->marker) {
    const Slot* next = find(span.last + 1);
    if (next == nullptr) return std::nullopt;
    if (!next->packet || next->timestamp != slot->timestamp) break; // ended without a marker
    slot = next;
    ++span.last;
    span.key |= slot->key;
  }
  return span;
}

// A packet came: if it completes a keyframe that the chain cannot reach, a new chain starts there.
void FrameAssembler::settle(std::int64_t sequence) {
  if (!waiting_ && all_present(floor_, sequence)) return;
  const auto span = frame_around(sequence);
  if (!span || !span->key) return;
  discard_below(span->first);
  waiting_ = false;
}

bool FrameAssembler::all_present(std::int64_t first, std::int64_t end) {
  for (std::int64_t s = first; s < end; ++s)
    if (find(s) == nullptr) return false;
  return true;
}

void FrameAssembler::discard_below(std::int64_t sequence) {
  for (Slot& slot : slots_) {
    if (slot.sequence == kNoSequence || slot.sequence >= sequence) continue;
    if (slot.packet) ++counters_.dropped;
    clear(slot);
  }
  floor_ = std::max(floor_, sequence);
}

// While waiting, packets are of no use once they are too old to be reordered and no keyframe lies before
// them.
void FrameAssembler::thin_out() {
  std::int64_t keep = highest_ - kReorderedStart;
  if (keep < floor_ + kReorderedStart / 2) return; // not for each packet
  const Slot* key = nullptr;
  for (const Slot& slot : slots_)
    if (slot.sequence != kNoSequence && slot.key && slot.sequence < keep) {
      keep = slot.sequence;
      key = &slot;
    }
  for (const Slot& slot : slots_) // the packets of that keyframe that came before it
    if (key != nullptr && slot.sequence != kNoSequence && slot.timestamp == key->timestamp)
      keep = std::min(keep, slot.sequence);
  // Holes before it may be its first packets; the packet before those shows where it starts.
  while (key != nullptr && keep > floor_ && find(keep - 1) == nullptr)
    --keep;
  if (key != nullptr && keep > floor_) --keep;
  discard_below(keep);
}

void FrameAssembler::lose_chain() {
  waiting_ = true;
  ++counters_.chains_lost;
  hole_at_ = kNoSequence;
  hole_since_ = base::kNever;
  thin_out();
}

base::EncodedFrameRef FrameAssembler::pop(base::Timestamp now) {
  if (waiting_) return {};
  for (Slot* slot = find(floor_); slot != nullptr && !slot->packet; slot = find(floor_)) {
    clear(*slot);
    ++floor_;
  }
  const auto span = frame_from(floor_);
  if (!span) {
    watch_hole(now);
    return {};
  }
  return build(*span);
}

base::EncodedFrameRef FrameAssembler::build(const Span& span) {
  payloads_.clear();
  base::Timestamp arrived{};
  std::uint32_t timestamp = 0;
  for (std::int64_t s = span.first; s <= span.last; ++s) {
    const Slot* slot = find(s);
    payloads_.push_back(slot->payload);
    arrived = std::max(arrived, slot->arrived);
    timestamp = slot->timestamp;
  }
  base::EncodedFrameRef frame = depacketizer_.join(payloads_, frames_);
  for (std::int64_t s = span.first; s <= span.last; ++s)
    clear(*find(s));
  floor_ = span.last + 1;
  if (!frame) {
    ++counters_.malformed;
    lose_chain();
    return {};
  }
  frame->rtp_time = timestamp;
  frame->captured = arrived;
  ++counters_.frames;
  if (frame->key) ++counters_.keyframes;
  return frame;
}

// Remembers since when the first missing packet of the chain has been in the way.
void FrameAssembler::watch_hole(base::Timestamp now) {
  if (waiting_) return;
  std::int64_t missing = std::max(floor_, hole_at_);
  while (missing <= highest_ && find(missing) != nullptr)
    ++missing;
  if (missing > highest_) {
    hole_at_ = kNoSequence;
    hole_since_ = base::kNever;
  } else if (missing != hole_at_) {
    hole_at_ = missing;
    hole_since_ = now;
  }
}

base::Timestamp FrameAssembler::next_deadline() const {
  return hole_since_ == base::kNever ? base::kNever : hole_since_ + limits_.most_wait;
}

void FrameAssembler::on_timer(base::Timestamp now) {
  if (!waiting_ && next_deadline() <= now) lose_chain();
}

void FrameAssembler::give_up(std::int64_t sequence) {
  if (waiting_ || sequence < floor_ || sequence > highest_ || find(sequence) != nullptr) return;
  lose_chain();
}

} // namespace plenum::rtp
