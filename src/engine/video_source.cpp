#include "engine/video_source.hpp"

namespace plenum::engine {
namespace {

constexpr std::size_t kRing = 16; // frames: half a second; a decoder that is later than this has lost
constexpr std::size_t kPictures = video::Tile::kSlots + video::Tile::kWaiting + 4;

} // namespace

VideoSource::VideoSource(const base::Env& env)
    : env_(env), input_(kRing, env.metrics, "decode"), pictures_(env, kPictures, "tile"), tile_(env) {}

bool VideoSource::push(base::EncodedFrameRef frame) {
  if (dropping_ && !frame->key) return true;
  dropping_ = !input_.push(std::move(frame));
  return !dropping_;
}

bool VideoSource::outgrown_by(int width, int height) {
  const bool grew = shown_width_ > 0 && (width > shown_width_ || height > shown_height_);
  shown_width_ = width;
  shown_height_ = height;
  expected_.store(width > 0, std::memory_order_relaxed);
  const auto size = decoded_size.load(std::memory_order_relaxed);
  const auto seen_width = static_cast<int>(size >> 32), seen_height = static_cast<int>(size & 0xffffffff);
  return grew && size != 0 && (seen_width < width || seen_height < height);
}

void VideoSource::run() {
  while (auto frame = input_.pop())
    decode(**frame);
}

void VideoSource::decode(const base::EncodedFrame& frame) {
  const auto target = tile_.target();
  // The sender was asked for a keyframe when its tile was decided on, and its answer may come before the
  // canvas has ticked: dropped, the next one would come a second later.
  if (!target.visible() && !expected_.load(std::memory_order_relaxed)) {
    awaiting_key_ = true; // back on the canvas, the sender is asked for a fresh start
    return;
  }
  if (awaiting_key_ && !frame.key) {
    needs_key_.store(true, std::memory_order_release);
    return;
  }
  if (!decoder_ || decoder_->codec() != frame.codec) {
    auto made = video::make_decoder(env_, frame.codec);
    if (!made) return;
    decoder_ = std::move(*made);
  }
  awaiting_key_ = false;
  const auto decoded = decoder_->decode(frame);
  if (decoded.status == video::DecodeStatus::needs_key) {
    awaiting_key_ = true;
    needs_key_.store(true, std::memory_order_release);
  }
  if (decoded.status != video::DecodeStatus::picture) return;
  decoded_size.store(static_cast<std::uint64_t>(decoded.picture.width) << 32 |
                         static_cast<std::uint32_t>(decoded.picture.height),
                     std::memory_order_relaxed);
  decoded_frames.fetch_add(1, std::memory_order_release);
  if (!target.visible()) return;
  const auto hint =
      screen.load(std::memory_order_relaxed) ? video::ContentHint::screen : video::ContentHint::camera;
  auto picture = video::scale_to_tile(decoded.picture, target, hint, pictures_, scaler_);
  if (!picture) return;
  picture->captured = frame.captured;
  tile_.publish(std::move(picture));
}

} // namespace plenum::engine
