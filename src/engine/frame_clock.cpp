#include "engine/frame_clock.hpp"

#include "base/alloc_counter.hpp"
#include "base/cpu_meter.hpp"
#include "engine/tick_clock.hpp"

#include <algorithm>
#include <poll.h>

namespace plenum::engine {
namespace {

using namespace std::chrono_literals;

constexpr base::Duration kStill = 5s; // without a new picture a live camera shows its placeholder
constexpr int kWarmTicks = 125;
// A picture is shown this much before its sound is heard. What is shown at a tick is on average half a camera
// period old already, and people forgive late sound more easily than early sound (ITU-R BT.1359: 125 ms
// against 45 ms); waiting for the whole delay of the sound would only add latency.
constexpr base::Duration kLead = 20ms;

} // namespace

FrameClock::FrameClock(const base::Env& env, base::StrandPool& pool,
                       std::vector<std::shared_ptr<EncoderStrand>> encoders)
    : env_(env), pool_(pool), encoders_(std::move(encoders)), updates_(64, env.metrics, "scenes"),
      canvas_(env, text_), ticks_(env.metrics.counter("plenum_video_ticks_total")),
      skipped_(env.metrics.counter("plenum_video_late_ticks_total")),
      worst_late_us_(env.metrics.gauge("plenum_video_worst_late_us")),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

FrameClock::~FrameClock() {
  thread_.request_stop();
  wake();
  thread_.join();
}

// Without a scene or a watcher there is nothing to be on time for.
void FrameClock::rest() {
  pollfd post{updates_.event_fd(), POLLIN, 0};
  ::poll(&post, 1, -1);
}

bool FrameClock::anybody_watches() const {
  return std::ranges::any_of(encoders_,
                             [](const auto& e) { return e->watched.load(std::memory_order_relaxed); });
}

void FrameClock::run(const std::stop_token& stop) {
  const base::ThreadRole role("video");
  TickClock clock(env_.clock, 40ms);
  for (int ticks = 0; !stop.stop_requested(); ++ticks) {
    if (!have_scene_ || !anybody_watches()) {
      rest();
      clock.restart();
    }
    const auto now = clock.wait();
    worst_late_us_.raise_to((env_.clock.now() - now).count());
    if (ticks == kWarmTicks) base::alloc_counter::watch();
    {
      const base::alloc_counter::Allow cold;
      updates_.drain([&](std::unique_ptr<CanvasUpdate>& update) {
        if (update != nullptr) apply(*update, now);
      });
      clock.set_period(base::Duration(1'000'000 / std::clamp(canvas_.scene().fps, 1, 60)));
    }
    tick(now);
    skipped_.add(static_cast<std::uint64_t>(clock.skip_late()));
  }
}

void FrameClock::apply(CanvasUpdate& update, base::Timestamp now) {
  have_scene_ = true;
  for (const auto& source : update.sources) {
    const auto tile = std::ranges::find(update.scene.tiles, source.handle, &video::CanvasTile::source);
    const bool on_canvas = tile != update.scene.tiles.end() && tile->has_video;
    source.video->tile().set_target(on_canvas ? video::tile_target(update.scene, *tile)
                                              : video::TileTarget{});
    const auto before = std::ranges::find(shown_, source.video, &Shown::video);
    if (!on_canvas) {
      source.video->tile().clear(); // old pictures must not flash up when it comes back
      if (before != shown_.end()) shown_.erase(before);
    } else if (before == shown_.end()) {
      shown_.push_back({source.handle, source.video, now});
    }
  }
  std::erase_if(shown_, [&](const Shown& shown) {
    return std::ranges::find(update.sources, shown.video, &CanvasSource::video) == update.sources.end();
  });
  inputs_.reserve(shown_.size());
  canvas_.set_scene(std::move(update.scene));
}

void FrameClock::tick(base::Timestamp now) {
  if (!have_scene_ || !anybody_watches()) return;
  ticks_.add();
  inputs_.clear();
  for (auto& shown : shown_) {
    const base::Duration delay(shown.video->audio_delay_us.load(std::memory_order_relaxed));
    const auto& picture = shown.video->tile().pick(now, std::max(base::Duration{}, delay - kLead));
    const bool fresh = now - std::max(shown.video->tile().changed_at(), shown.since) < kStill;
    inputs_.push_back({shown.handle, fresh ? picture : video::FrameRef{},
                       shown.video->talking.load(std::memory_order_relaxed)});
  }
  const auto composed = canvas_.compose(inputs_, now);
  inputs_.clear(); // give the pictures back
  if (!composed.frame) return;
  for (const auto& encoder : encoders_)
    if (encoder->offer(composed.frame, composed.changed, now)) pool_.request(encoder);
}

} // namespace plenum::engine
