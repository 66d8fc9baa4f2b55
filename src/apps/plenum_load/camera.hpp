// Camera: one member's picture: which clip, which frame next, and when each number was sent.
//
// A keyframe wish starts the clip again. A shaped camera changes to the clip that fits the receiver's budget,
// as a browser's encoder would. Frame numbers repeat with the clip; `sent_at` knows the last time of each.
// Owner: Member. Thread: main.
#pragma once

#include "apps/plenum_load/barcode.hpp"
#include "apps/plenum_load/clips.hpp"

#include <array>

namespace plenum::load {

class Camera {
 public:
  Camera(const Clips& clips, std::size_t seed, bool shape);

  void want_key() { next_ = 0; }
  void fit(base::DataRate budget); // shaped cameras only
  void use(const Clip& clip);
  const rtp::PacketizedFrameRef& shoot(base::Timestamp now);

  // When the frame with this number was last sent; a time long ago when never.
  base::Timestamp sent_at(std::uint32_t number) const { return sent_at_[number]; }
  const Clip& clip() const { return *clip_; }

 private:
  const Clips& clips_;
  std::size_t seed_;
  bool shape_;
  const Clip* clip_;
  std::size_t next_ = 0;
  std::array<base::Timestamp, kBarcodeNumbers> sent_at_{};
};

} // namespace plenum::load
