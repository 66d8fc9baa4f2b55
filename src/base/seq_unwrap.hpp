// Unwrapper: turns a wrapping counter (16-bit RTP sequence, 32-bit RTP timestamp) into a 64-bit one.
//
// The difference to the last value is taken modulo the width and read as signed, so reordering by less than
// half the range is understood. The first value unwraps to itself plus one full range, so that "before the
// first" stays positive. Owner: value. Thread: one.
#pragma once

#include <cstdint>
#include <type_traits>

namespace plenum::base {

template <class Wrapping>
class Unwrapper {
  static_assert(std::is_unsigned_v<Wrapping>);

 public:
  std::int64_t unwrap(Wrapping value) {
    last_ = peek(value);
    started_ = true;
    return last_;
  }
  // The same answer without remembering it.
  std::int64_t peek(Wrapping value) const {
    if (!started_) return std::int64_t{value} + kRange;
    const auto forward = static_cast<Wrapping>(value - static_cast<Wrapping>(last_));
    return last_ + static_cast<std::make_signed_t<Wrapping>>(forward);
  }
  bool started() const { return started_; }
  void reset() { started_ = false; }

 private:
  static constexpr std::int64_t kRange = std::int64_t{1} << (8 * sizeof(Wrapping));
  std::int64_t last_ = 0;
  bool started_ = false;
};

// a is newer than b on a wrapping 16-bit line (RFC 3550, RFC 1982).
constexpr bool newer_seq(std::uint16_t a, std::uint16_t b) {
  return a != b && static_cast<std::uint16_t>(a - b) < 0x8000;
}

} // namespace plenum::base
