#include "rtp/twcc.hpp"

#include "base/check.hpp"

#include <algorithm>
#include <limits>

namespace plenum::rtp {

namespace {

constexpr std::int64_t kTickUs = 250;         // unit of a delta
constexpr std::int64_t kReferenceTicks = 256; // unit of the reference time: 64 ms
constexpr std::size_t kHeadBytes = 20; // RTCP header, two SSRCs, base, count, reference, feedback count
constexpr unsigned kTooOldBeforeRestart = 64; // consecutive packets: the sender has started over
constexpr std::int64_t kUnknownTicks = std::numeric_limits<std::int64_t>::min();

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

// The statuses of one feedback packet, collected before they are written.
struct Statuses {
  std::array<std::uint8_t, TwccRecorder::kMostStatuses> symbols;
  std::array<std::int16_t, TwccRecorder::kMostStatuses> deltas; // of received packets only
  std::size_t count = 0, received = 0, delta_bytes = 0;

  // Every chunk but the last covers at least seven symbols (see next_chunk).
  std::size_t bytes_with(std::size_t more_deltas) const {
    const std::size_t chunks = (count + 1 + 6) / 7;
    return (kHeadBytes + chunks * 2 + delta_bytes + more_deltas + 3) / 4 * 4;
  }
  bool add(std::int64_t delta, bool is_received, std::size_t limit) {
    const bool small = delta >= 0 && delta <= 255;
    const std::size_t bytes = is_received ? (small ? 1U : 2U) : 0U;
    if (count == symbols.size() || bytes_with(bytes) > limit) return false;
    if (is_received && (delta < INT16_MIN || delta > INT16_MAX)) return false;
    symbols[count++] = static_cast<std::uint8_t>(bytes);
    if (is_received) deltas[received++] = static_cast<std::int16_t>(delta);
    delta_bytes += bytes;
    return true;
  }
};

// The chunk that starts at symbol `at`; moves `at` behind what it covers.
std::uint16_t next_chunk(const Statuses& statuses, std::size_t& at) {
  const auto symbols = std::span(statuses.symbols).first(statuses.count).subspan(at);
  std::size_t run = 1;
  while (run < symbols.size() && symbols[run] == symbols[0])
    ++run;
  if (run >= 14 || run == symbols.size() || (run >= 7 && symbols[0] == 2)) {
    at += run;
    return static_cast<std::uint16_t>(unsigned{symbols[0]} << 13 | run);
  }
  const auto next14 = symbols.first(std::min<std::size_t>(14, symbols.size()));
  const bool one_bit = std::ranges::all_of(next14, [](std::uint8_t s) { return s <= 1; });
  unsigned chunk = one_bit ? 0x8000 : 0xc000;
  const std::size_t covered = std::min<std::size_t>(one_bit ? 14 : 7, symbols.size());
  for (std::size_t i = 0; i < covered; ++i)
    chunk |= one_bit ? unsigned{symbols[i]} << (13 - i) : unsigned{symbols[i]} << (2 * (6 - i));
  at += covered;
  return static_cast<std::uint16_t>(chunk);
}

} // namespace

void TwccRecorder::restart(std::int64_t sequence) {
  arrival_us_.fill(kNotReceived);
  started_ = true;
  next_ = highest_ = sequence;
  too_old_run_ = 0;
}

void TwccRecorder::forget_between(std::int64_t from, std::int64_t to) {
  if (to - from >= kWindow) {
    arrival_us_.fill(kNotReceived);
    return;
  }
  for (std::int64_t s = from; s < to; ++s)
    at(s) = kNotReceived;
}

bool TwccRecorder::on_packet(std::uint16_t sequence, base::Timestamp arrival) {
  const std::int64_t unwrapped = unwrapper_.peek(sequence);
  if (started_ && unwrapped <= highest_ - kWindow) {
    if (++too_old_run_ < kTooOldBeforeRestart) return false;
    unwrapper_.reset();
    started_ = false;
  }
  too_old_run_ = 0;
  const std::int64_t accepted = unwrapper_.unwrap(sequence);
  if (!started_) restart(accepted);
  if (accepted > highest_) {
    forget_between(highest_ + 1, accepted);
    at(accepted) = kNotReceived;
    highest_ = accepted;
    next_ = std::max(next_, highest_ - kWindow + 1);
  }
  if (at(accepted) != kNotReceived) return true;
  at(accepted) = base::to_us(arrival);
  next_ = std::min(next_, accepted);
  return true;
}

std::size_t TwccRecorder::build(base::MutableBytes out, std::uint32_t sender_ssrc, std::uint32_t media_ssrc) {
  CHECK(out.size() >= 64);
  if (!pending()) return 0;
  std::int64_t first = next_;
  while (at(first) == kNotReceived)
    ++first; // ends: highest_ was received
  const std::int64_t reference = floor_div(floor_div(at(first), kTickUs), kReferenceTicks);

  Statuses statuses;
  std::int64_t clock = reference * kReferenceTicks;
  std::int64_t sequence = next_;
  for (; sequence <= highest_; ++sequence) {
    const bool received = at(sequence) != kNotReceived;
    const std::int64_t ticks = received ? floor_div(at(sequence), kTickUs) : kUnknownTicks;
    if (!statuses.add(received ? ticks - clock : 0, received, out.size())) break;
    if (received) clock = ticks;
  }

  base::ByteWriter writer(out);
  writer.u8(0x80 | 15);
  writer.u8(205);
  writer.u16(0);
  writer.u32(sender_ssrc);
  writer.u32(media_ssrc);
  writer.u16(static_cast<std::uint16_t>(next_));
  writer.u16(static_cast<std::uint16_t>(statuses.count));
  writer.u24(static_cast<std::uint32_t>(reference) & 0xffffff);
  writer.u8(feedback_count_++);
  for (std::size_t i = 0; i < statuses.count;)
    writer.u16(next_chunk(statuses, i));
  for (std::size_t i = 0; i < statuses.received; ++i) {
    const std::int16_t delta = statuses.deltas[i];
    if (delta >= 0 && delta <= 255) {
      writer.u8(static_cast<std::uint8_t>(delta));
    } else {
      writer.u16(static_cast<std::uint16_t>(delta));
    }
  }
  if (const std::size_t odd = writer.size() % 4; odd != 0) { // zero padding, its length in the last byte
    writer.zeros(3 - odd);
    writer.u8(static_cast<std::uint8_t>(4 - odd));
    out[0] |= 0x20;
  }
  CHECK(!writer.failed());
  writer.patch_u16(2, static_cast<std::uint16_t>(writer.size() / 4 - 1));
  next_ = sequence;
  return writer.size();
}

TwccFeedback::TwccFeedback(base::Bytes content)
    : content_(content), base_sequence_(base::load_u16(&content[0])),
      status_count_(base::load_u16(&content[2])), feedback_count_(content[7]) {
  std::int64_t reference = base::load_u24(&content[4]);
  if (reference >= 0x800000) reference -= 0x1000000; // signed in the draft
  clock_us_ = reference * kReferenceTicks * kTickUs;
}

std::optional<TwccFeedback> TwccFeedback::parse(base::Bytes content) {
  if (content.size() < 10) return std::nullopt;
  TwccFeedback feedback(content);
  if (feedback.status_count_ == 0 || !feedback.find_deltas()) return std::nullopt;
  TwccFeedback trial = feedback;
  while (trial.next()) {
  }
  if (trial.failed_) return std::nullopt;
  return feedback;
}

// Counts what the chunks cover, to know where the deltas begin.
bool TwccFeedback::find_deltas() {
  TwccFeedback trial = *this;
  std::uint32_t covered = 0;
  while (covered < status_count_) {
    if (!trial.load_chunk()) return false;
    covered += trial.chunk_left_;
  }
  delta_at_ = trial.chunk_at_;
  return true;
}

bool TwccFeedback::load_chunk() {
  if (chunk_at_ + 2 > content_.size()) return false;
  chunk_ = base::load_u16(&content_[chunk_at_]);
  chunk_at_ += 2;
  if ((chunk_ & 0x8000) == 0) {
    chunk_left_ = chunk_ & 0x1fff;
  } else {
    chunk_left_ = (chunk_ & 0x4000) == 0 ? 14 : 7;
  }
  return chunk_left_ != 0;
}

unsigned TwccFeedback::symbol() {
  --chunk_left_;
  if ((chunk_ & 0x8000) == 0) return chunk_ >> 13 & 3U;
  if ((chunk_ & 0x4000) == 0) return chunk_ >> chunk_left_ & 1U;
  return chunk_ >> (2 * chunk_left_) & 3U;
}

std::optional<TwccStatus> TwccFeedback::next() {
  if (failed_ || given_ == status_count_) return std::nullopt;
  if (chunk_left_ == 0 && !load_chunk()) {
    failed_ = true;
    return std::nullopt;
  }
  TwccStatus status{.sequence = static_cast<std::uint16_t>(base_sequence_ + given_)};
  const unsigned kind = symbol();
  if (kind == 3 || delta_at_ + kind > content_.size()) {
    failed_ = true;
    return std::nullopt;
  }
  if (kind != 0) {
    const std::int64_t ticks =
        kind == 1 ? content_[delta_at_] : static_cast<std::int16_t>(base::load_u16(&content_[delta_at_]));
    delta_at_ += kind;
    clock_us_ += ticks * kTickUs;
    status.received = true;
    status.arrival_us = clock_us_;
  }
  ++given_;
  return status;
}

} // namespace plenum::rtp
