// Input: the bytes of one fuzz case as a stream of decisions; when they run out every decision is zero.
//
// Each target is one file with one LLVMFuzzerTestOneInput. libFuzzer calls it in preset `fuzz`, replay.cpp in
// all others. Any behaviour but a clean answer must end the process: CHECK, a sanitizer's report, a time-out.
// Owner: a fuzz target. Thread: main.
#pragma once

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "base/units.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace plenum::fuzz {

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : reader_({data, size}) {}

  bool empty() const { return reader_.remaining() == 0; }
  std::uint8_t u8() { return empty() ? std::uint8_t{0} : reader_.u8(); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(u8() << 8 | u8()); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(u16()) << 16 | u16(); }
  std::uint32_t below(std::uint32_t limit) { return u8() % limit; } // limit ≤ 256
  bool flag() { return (u8() & 1) != 0; }
  base::Bytes take(std::size_t count) { return reader_.take(std::min(count, reader_.remaining())); }
  // Two bytes of length, then so many bytes, or what is left.
  base::Bytes record() { return take(u16()); }
  base::Bytes rest() { return take(reader_.remaining()); }
  std::string_view text() { return base::as_text(record()); }
  std::string_view rest_text() { return base::as_text(rest()); }

 private:
  base::ByteReader reader_;
};

// A copy in a block of exactly its size, so that one byte too far is seen.
inline std::vector<std::uint8_t> copy(base::Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}
inline bool inside(base::Bytes part, base::Bytes whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}
inline bool inside(std::string_view part, base::Bytes whole) {
  return inside(base::as_bytes(part), whole);
}

} // namespace plenum::fuzz
