// LockedMemory: a few pages for keys of live calls: never swapped, never in a core dump, not in children,
// wiped when released.
//
// `ok()` is false when the kernel refuses to lock (RLIMIT_MEMLOCK): then nothing may be kept. Owner: value.
// Thread: door. mlock2(2), madvise(2).
#pragma once

#include "base/bytes.hpp"

#include <sys/mman.h>

#include <cstring>
#include <utility>

namespace plenum::door {

class LockedMemory {
 public:
  LockedMemory() = default;
  explicit LockedMemory(std::size_t size) : size_(size) {
    void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) return;
    data_ = static_cast<std::uint8_t*>(at);
    if (::madvise(at, size, MADV_DONTDUMP) != 0 || ::madvise(at, size, MADV_DONTFORK) != 0 ||
        ::mlock2(at, size, 0) != 0) // AddressSanitizer makes mlock do nothing
      release();
  }
  LockedMemory(LockedMemory&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  LockedMemory& operator=(LockedMemory&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~LockedMemory() { release(); }

  bool ok() const { return data_ != nullptr; }
  base::MutableBytes bytes() { return {data_, data_ == nullptr ? 0 : size_}; }

 private:
  void release() {
    if (data_ == nullptr) return;
    ::explicit_bzero(data_, size_);
    ::munmap(data_, size_);
    data_ = nullptr;
  }
  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

} // namespace plenum::door
