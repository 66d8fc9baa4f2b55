// Bounded reading and writing of network-order bytes.
//
// ByteReader never reads past its end: a short read returns zero and sets `failed()`, so that a parser checks
// once at the end. ByteWriter never writes past its end in the same way. Owner: value. Thread: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace plenum::base {

using Bytes = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

constexpr std::uint16_t load_u16(const std::uint8_t* p) {
  return static_cast<std::uint16_t>(p[0] << 8 | p[1]);
}
constexpr std::uint32_t load_u24(const std::uint8_t* p) {
  return static_cast<std::uint32_t>(p[0]) << 16 | static_cast<std::uint32_t>(p[1]) << 8 | p[2];
}
constexpr std::uint32_t load_u32(const std::uint8_t* p) {
  return static_cast<std::uint32_t>(load_u16(p)) << 16 | load_u16(p + 2);
}
constexpr void store_u16(std::uint8_t* p, std::uint16_t v) {
  p[0] = static_cast<std::uint8_t>(v >> 8);
  p[1] = static_cast<std::uint8_t>(v);
}
constexpr void store_u24(std::uint8_t* p, std::uint32_t v) {
  p[0] = static_cast<std::uint8_t>(v >> 16);
  p[1] = static_cast<std::uint8_t>(v >> 8);
  p[2] = static_cast<std::uint8_t>(v);
}
constexpr void store_u32(std::uint8_t* p, std::uint32_t v) {
  store_u16(p, static_cast<std::uint16_t>(v >> 16));
  store_u16(p + 2, static_cast<std::uint16_t>(v));
}

class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : bytes_(bytes) {}

  std::size_t remaining() const { return bytes_.size() - at_; }
  std::size_t position() const { return at_; }
  bool failed() const { return failed_; }

  std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u24() { return static_cast<std::uint32_t>(number(3)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  std::uint64_t u64() { return number(8); }

  // A view into the bytes; empty (and failed) when fewer than `count` remain.
  Bytes take(std::size_t count) {
    if (!have(count)) return {};
    const auto view = bytes_.subspan(at_, count);
    at_ += count;
    return view;
  }
  void skip(std::size_t count) { take(count); }

 private:
  bool have(std::size_t count) {
    if (failed_ || count > remaining()) failed_ = true;
    return !failed_;
  }
  std::uint64_t number(std::size_t count) {
    if (!have(count)) return 0;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < count; ++i)
      value = value << 8 | bytes_[at_ + i];
    at_ += count;
    return value;
  }

  Bytes bytes_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

class ByteWriter {
 public:
  explicit ByteWriter(MutableBytes bytes) : bytes_(bytes) {}

  std::size_t size() const { return at_; }
  std::size_t remaining() const { return bytes_.size() - at_; }
  bool failed() const { return failed_; }
  Bytes written() const { return bytes_.first(at_); }

  void u8(std::uint8_t v) { number(v, 1); }
  void u16(std::uint16_t v) { number(v, 2); }
  void u24(std::uint32_t v) { number(v, 3); }
  void u32(std::uint32_t v) { number(v, 4); }
  void u64(std::uint64_t v) { number(v, 8); }
  void put(Bytes from) {
    if (!room(from.size())) return;
    if (!from.empty()) std::memcpy(bytes_.data() + at_, from.data(), from.size());
    at_ += from.size();
  }
  void zeros(std::size_t count) {
    if (!room(count)) return;
    std::memset(bytes_.data() + at_, 0, count);
    at_ += count;
  }
  // Overwrites two bytes already written, for lengths that are known late.
  void patch_u16(std::size_t position, std::uint16_t v) {
    if (position + 2 <= at_) store_u16(bytes_.data() + position, v);
  }

 private:
  bool room(std::size_t count) {
    if (failed_ || count > remaining()) failed_ = true;
    return !failed_;
  }
  void number(std::uint64_t v, std::size_t count) {
    if (!room(count)) return;
    for (std::size_t i = 0; i < count; ++i)
      bytes_[at_ + i] = static_cast<std::uint8_t>(v >> (8 * (count - 1 - i)));
    at_ += count;
  }

  MutableBytes bytes_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

} // namespace plenum::base
