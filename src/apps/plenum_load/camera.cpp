#include "apps/plenum_load/camera.hpp"

namespace plenum::load {
namespace {

// A budget just below a clip's rate is still that clip: encoders miss their target by more than this.
constexpr std::int64_t kGenerosityPercent = 115;

} // namespace

Camera::Camera(const Clips& clips, std::size_t seed, bool shape)
    : clips_(clips), seed_(seed), shape_(shape), clip_(&clips.full(seed)) {}

void Camera::fit(base::DataRate budget) {
  if (shape_) use(clips_.fitting({budget.bps * kGenerosityPercent / 100}, seed_));
}

void Camera::use(const Clip& clip) {
  if (&clip == clip_) return;
  clip_ = &clip;
  next_ = 0;
}

const rtp::PacketizedFrameRef& Camera::shoot(base::Timestamp now) {
  const auto at = next_;
  next_ = (next_ + 1) % clip_->frames.size();
  sent_at_[at % kBarcodeNumbers] = now;
  return clip_->frames[at];
}

} // namespace plenum::load
