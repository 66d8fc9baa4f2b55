#include "engine/tier.hpp"

#include "rtp/h264_packetizer.hpp"
#include "rtp/vp8_packetizer.hpp"

#include <algorithm>
#include <unistd.h>

namespace plenum::engine {
namespace {

using namespace std::chrono_literals;

// A picture that stands still is refreshed this often, for newcomers' quality and the rate control
// (architecture 4.1).
constexpr base::Duration kRefresh = 500ms;
constexpr std::size_t kOutputRing = 32;
constexpr std::size_t kMostWatchers = 2048;

} // namespace

EncoderStrand::EncoderStrand(const base::Env& env, base::EncodedFramePool& frames, base::Codec codec,
                             int wake_net)
    : env_(env), frames_(frames), codec_(codec), wake_net_(wake_net),
      output_(kOutputRing, env.metrics, "encoded"),
      replaced_(env.metrics.counter("plenum_encode_replaced_total")),
      encoded_(env.metrics.counter("plenum_encoded_frames_total")),
      failed_(env.metrics.counter("plenum_encode_failed_total")) {}

EncoderStrand::~EncoderStrand() {
  video::FrameRef::adopt(waiting_.exchange(nullptr));
}

bool EncoderStrand::offer(const video::FrameRef& canvas, bool changed, base::Timestamp tick) {
  if (!watched.load(std::memory_order_relaxed)) return false;
  if (!changed && tick - last_offered_ < kRefresh && !key_wanted.load(std::memory_order_relaxed))
    return false;
  last_offered_ = tick;
  waiting_tick_us_.store(base::to_us(tick), std::memory_order_relaxed);
  const auto older =
      video::FrameRef::adopt(waiting_.exchange(video::FrameRef(canvas).detach(), std::memory_order_acq_rel));
  if (older) replaced_.add();
  return true;
}

bool EncoderStrand::fit_encoder(const video::Frame& canvas) {
  const int rate = kbps.load(std::memory_order_relaxed);
  const int frame_rate = fps.load(std::memory_order_relaxed);
  const bool content = screen.load(std::memory_order_relaxed);
  const auto hint = content ? video::ContentHint::screen : video::ContentHint::camera;
  if (!encoder_ || width_ != canvas.width || height_ != canvas.height) {
    auto made = video::make_encoder(
        env_, frames_, codec_,
        {.width = canvas.width, .height = canvas.height, .kbps = rate, .fps = frame_rate, .content = hint});
    if (!made) return false;
    encoder_ = std::move(*made);
    width_ = canvas.width;
    height_ = canvas.height;
  } else {
    if (rate != set_kbps_ || frame_rate != set_fps_) encoder_->set_rate(rate, frame_rate);
    if (content != set_screen_) encoder_->set_content(hint);
  }
  set_kbps_ = rate;
  set_fps_ = frame_rate;
  set_screen_ = content;
  return true;
}

void EncoderStrand::run() {
  const auto canvas = video::FrameRef::adopt(waiting_.exchange(nullptr, std::memory_order_acq_rel));
  if (!canvas) return;
  if (!fit_encoder(*canvas)) {
    failed_.add();
    return;
  }
  const auto started = env_.clock.now();
  const bool force_key = key_wanted.exchange(false, std::memory_order_acq_rel);
  // A canvas that stands still is sent again under a new time; time must rise even when two offers met here.
  last_tick_us_ = std::max(last_tick_us_ + 1000, waiting_tick_us_.load(std::memory_order_relaxed));
  auto frame = encoder_->encode(canvas, force_key, last_tick_us_ * 9 / 100);
  if (!frame) {
    failed_.add();
    if (force_key) key_wanted.store(true, std::memory_order_release);
    return;
  }
  frame->captured = base::timestamp_us(last_tick_us_);
  encoded_.add();
  // A frame that is lost here is missing to everybody: what follows it would lean on nothing.
  if (!output_.push({std::move(frame), started})) key_wanted.store(true, std::memory_order_release);
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_net_, &one, sizeof one);
}

cc::TierRange full_tier_range(base::Codec codec, int width, int height, int wished_kbps) {
  const double scale = static_cast<double>(width) * height / (1280.0 * 720.0);
  const auto kbps = [&](double at_720) {
    return base::DataRate::kbps(static_cast<std::int64_t>(at_720 * scale));
  };
  const bool vp8 = codec == base::Codec::vp8;
  const auto start = wished_kbps > 0 ? base::DataRate::kbps(wished_kbps) : kbps(vp8 ? 1200 : 1100);
  return {start, std::min(start, kbps(vp8 ? 700 : 600)), std::max(start, kbps(2500))};
}

Tier::Tier(std::shared_ptr<EncoderStrand> strand, rtp::PacketizedFramePool& packets,
           std::uint32_t first_rtp_time)
    : strand_(std::move(strand)), packets_(packets), first_rtp_time_(first_rtp_time),
      rate_(full_tier_range(strand_->codec(), 1280, 720, 0)) {
  watchers_.reserve(64);
  budgets_.reserve(64);
}

void Tier::set_canvas(int width, int height, int fps, int rate_kbps, bool screen) {
  rate_.set_range(full_tier_range(strand_->codec(), width, height, rate_kbps));
  strand_->fps.store(fps, std::memory_order_relaxed);
  strand_->screen.store(screen, std::memory_order_relaxed);
  strand_->kbps.store(static_cast<int>(rate_.rate().in_kbps()), std::memory_order_relaxed);
}

void Tier::watch(peer::Peer& peer) {
  if (std::ranges::find(watchers_, &peer) != watchers_.end() || watchers_.size() >= kMostWatchers) return;
  watchers_.push_back(&peer);
  budgets_.reserve(watchers_.capacity());
  strand_->watched.store(true, std::memory_order_relaxed);
}

void Tier::leave(peer::Peer& peer) {
  std::erase(watchers_, &peer);
  if (watchers_.empty()) strand_->watched.store(false, std::memory_order_relaxed);
}

void Tier::wish_keyframe(base::Timestamp now) {
  keyframes_.request(now);
}

base::Timestamp Tier::work(base::Timestamp now) {
  while (const auto out = strand_->output().pop())
    send(now, *out);
  if (!watchers_.empty()) {
    update_rate(now);
    if (keyframes_.take(now, rate_.rate())) strand_->key_wanted.store(true, std::memory_order_relaxed);
  }
  const auto due = keyframes_.next_due(rate_.rate());
  return due > now ? due : base::kNever;
}

void Tier::send(base::Timestamp now, const EncodedOut& out) {
  auto packetized = packets_.get(out.frame);
  const bool cut = codec() == base::Codec::vp8
                       ? rtp::packetize_vp8(*packetized, {.picture_id = picture_id_++})
                       : rtp::packetize_h264(*packetized, rtp::H264Mode::non_interleaved);
  if (!cut) return;
  if (out.frame->key) keyframes_.on_keyframe(now, out.frame->size, out.encode_started);
  const auto rtp_time =
      first_rtp_time_ + static_cast<std::uint32_t>(base::to_us(out.frame->captured) * 9 / 100);
  for (auto* watcher : watchers_)
    watcher->send_video(now, packetized, rtp_time, out.frame->captured);
}

void Tier::update_rate(base::Timestamp now) {
  budgets_.clear();
  // What is left for the picture when the sound and a tenth for retransmissions are paid.
  for (const auto* watcher : watchers_)
    budgets_.push_back({watcher->video_budget().bps * 9 / 10 - base::DataRate::kbps(40).bps});
  if (const auto rate = rate_.update(now, budgets_))
    strand_->kbps.store(static_cast<int>(rate->in_kbps()), std::memory_order_relaxed);
}

} // namespace plenum::engine
