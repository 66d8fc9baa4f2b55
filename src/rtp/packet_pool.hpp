// PacketPool: the memory of every datagram, so that the packet path never allocates.
//
// One slab of 2 KB blocks made once; a block is shared by PacketRef with a plain (non-atomic) count, because
// packets never leave the net thread. Received bytes start after `kHeadroom` (room for a TCP length or a
// longer header) and leave `kTailroom` for the SRTP or SRTCP trailer. `get()` returns an empty reference when
// the slab is used up: the caller drops the datagram, the pool counts. The pool must outlive its references.
// Owner: engine. Thread: net.
#pragma once

#include "base/bytes.hpp"
#include "base/check.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace plenum::rtp {

class PacketPool;
class PacketRef;

// One block. Its bytes are [begin, begin + size); everything around them is room to grow.
class Packet {
 public:
  static constexpr std::size_t kBlockBytes = 2048;
  static constexpr std::size_t kHeadroom = 64;
  static constexpr std::size_t kTailroom = 160;
  static constexpr std::size_t kMostBytes = kBlockBytes - kHeadroom - kTailroom; // largest datagram taken

  base::Bytes bytes() const { return {block_.data() + begin_, size_}; }
  base::MutableBytes mutable_bytes() { return {block_.data() + begin_, size_}; }
  // From the first byte to the end of the block, tailroom included: where to receive or to protect in place.
  base::MutableBytes buffer() { return {block_.data() + begin_, kBlockBytes - begin_}; }
  std::size_t size() const { return size_; }

  void resize(std::size_t bytes) {
    CHECK(begin_ + bytes <= kBlockBytes);
    size_ = static_cast<std::uint16_t>(bytes);
  }
  // Moves the first byte: forward drops a prefix, back takes headroom (the new bytes are undefined).
  void drop_front(std::size_t bytes) {
    CHECK(bytes <= size_);
    begin_ = static_cast<std::uint16_t>(begin_ + bytes);
    size_ = static_cast<std::uint16_t>(size_ - bytes);
  }
  void grow_front(std::size_t bytes) {
    CHECK(bytes <= begin_);
    begin_ = static_cast<std::uint16_t>(begin_ - bytes);
    size_ = static_cast<std::uint16_t>(size_ + bytes);
  }

 private:
  friend class PacketPool;
  friend class PacketRef;
  std::array<std::uint8_t, kBlockBytes> block_; // left uninitialized on purpose
  std::uint16_t begin_ = kHeadroom;
  std::uint16_t size_ = 0;
  std::uint32_t references_ = 0;
  PacketPool* pool_ = nullptr;
  Packet* next_free_ = nullptr;
};

class PacketRef {
 public:
  PacketRef() = default;
  PacketRef(const PacketRef& other) : packet_(other.packet_) {
    if (packet_ != nullptr) ++packet_->references_;
  }
  PacketRef(PacketRef&& other) noexcept : packet_(std::exchange(other.packet_, nullptr)) {}
  PacketRef& operator=(PacketRef other) noexcept {
    std::swap(packet_, other.packet_);
    return *this;
  }
  ~PacketRef() { reset(); }

  explicit operator bool() const { return packet_ != nullptr; }
  Packet& operator*() const { return *packet_; }
  Packet* operator->() const { return packet_; }
  inline void reset();

 private:
  friend class PacketPool;
  explicit PacketRef(Packet* packet) : packet_(packet) { ++packet_->references_; }
  Packet* packet_ = nullptr;
};

class PacketPool {
 public:
  static constexpr std::size_t kDefaultBlocks = 4096; // 8 MB

  explicit PacketPool(std::size_t blocks = kDefaultBlocks)
      : slab_(std::make_unique_for_overwrite<Packet[]>(blocks)), blocks_(blocks) {
    for (std::size_t i = blocks; i-- > 0;)
      put_back(&slab_[i]);
  }
  ~PacketPool() { CHECK(in_use_ == 0); }
  PacketPool(const PacketPool&) = delete;
  PacketPool& operator=(const PacketPool&) = delete;

  // A block of size 0 with full head- and tailroom, or an empty reference (counted) when all are in use.
  PacketRef get() {
    if (free_ == nullptr) {
      ++exhausted_;
      return {};
    }
    Packet* packet = std::exchange(free_, free_->next_free_);
    packet->begin_ = Packet::kHeadroom;
    packet->size_ = 0;
    packet->pool_ = this;
    if (++in_use_ > high_water_) high_water_ = in_use_;
    return PacketRef(packet);
  }

  std::size_t blocks() const { return blocks_; }
  std::size_t in_use() const { return in_use_; }
  std::size_t high_water() const { return high_water_; }
  std::uint64_t exhausted() const { return exhausted_; }

 private:
  friend class PacketRef;
  void put_back(Packet* packet) { packet->next_free_ = std::exchange(free_, packet); }

  std::unique_ptr<Packet[]> slab_;
  std::size_t blocks_;
  Packet* free_ = nullptr;
  std::size_t in_use_ = 0;
  std::size_t high_water_ = 0;
  std::uint64_t exhausted_ = 0;
};

inline void PacketRef::reset() {
  Packet* packet = std::exchange(packet_, nullptr);
  if (packet == nullptr || --packet->references_ != 0) return;
  --packet->pool_->in_use_;
  packet->pool_->put_back(packet);
}

} // namespace plenum::rtp
