#include "engine/worker.hpp"

#include "base/alloc_counter.hpp"
#include "base/check.hpp"
#include "base/cpu_meter.hpp"
#include "base/log.hpp"

#include <algorithm>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <thread>
#include <unistd.h>

namespace plenum::engine {
namespace {

using namespace std::chrono_literals;

constexpr base::Duration kStats = 5s;
constexpr base::Duration kLook = 500ms;
constexpr base::Duration kDeposit = 1s;
constexpr base::Duration kWarmUp = 10s; // of the room, then an allocation on net is a defect
constexpr std::size_t kMostStrands = 4096;
constexpr std::size_t kWarmFrames = 64;  // of each size class
constexpr std::size_t kWarmSlices = 256; // packets of one frame: a keyframe of 290 kB

std::size_t default_threads() {
  return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 4);
}

secure::Certificate fresh_certificate(base::WallTime now) {
  auto made = secure::Certificate::generate(now);
  CHECK(made);
  return std::move(*made);
}

std::unique_ptr<secure::DtlsContext> dtls_context(const secure::Certificate& certificate) {
  auto made = secure::DtlsContext::create(certificate);
  CHECK(made);
  return std::move(*made);
}

} // namespace

struct Worker::Shared {
  explicit Shared(const base::Env& env)
      : certificate(fresh_certificate(env.clock.wall())), dtls(dtls_context(certificate)),
        pool(default_threads(), kMostStrands, env.metrics) {
    // A second of sent frames stays with its receivers for retransmission: more than a handful is in use at
    // once. Pages that are never written cost no memory.
    frames.warm(kWarmFrames);
  }
  secure::Certificate certificate;
  std::unique_ptr<secure::DtlsContext> dtls;
  sctp::SctpClock sctp;
  rtp::PacketPool packets;
  base::EncodedFramePool frames;
  rtp::PacketizedFramePool packetized{2 * kWarmFrames, kWarmSlices};
  base::StrandPool pool;
  video::TextPainter fonts; // its making loads the fonts while the worker is still a spare
};

struct Worker::Media {
  Media(const base::Env& env, Shared& shared, int wake_fd)
      : vp8(std::make_shared<EncoderStrand>(env, shared.frames, base::Codec::vp8, wake_fd)),
        h264(std::make_shared<EncoderStrand>(env, shared.frames, base::Codec::h264, wake_fd)),
        audio(env, shared.frames, wake_fd), video(env, shared.pool, {vp8, h264}),
        vp8_tier(vp8, shared.packetized, env.random.u32()),
        h264_tier(h264, shared.packetized, env.random.u32()) {}
  std::shared_ptr<EncoderStrand> vp8, h264;
  AudioLoop audio;
  FrameClock video;
  Tier vp8_tier, h264_tier;
};

Worker::Worker(const base::Env& env, WorkerOptions options)
    : env_(env), options_(options), loop_(env.clock), wake_fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      shared_(std::make_unique<Shared>(env)),
      door_(env, loop_, options.door_fd, static_cast<DoorLinkOwner&>(*this)),
      link_(env, loop_, options.link_fd, static_cast<LinkOwner&>(*this)),
      world_{env_,
             loop_,
             shared_->pool,
             door_,
             {shared_->packets, shared_->frames, *shared_->dtls, shared_->certificate, shared_->sctp}},
      timer_(loop_.add_sleeper(*this)), next_stats_(env.clock.now() + kStats), next_look_(next_stats_),
      next_deposit_(env.clock.now() + kDeposit) {
  CHECK(wake_fd_ >= 0);
  loop_.watch(wake_fd_, EPOLLIN, *this);
}

Worker::~Worker() {
  room_.reset();
  media_.reset();
  loop_.forget(wake_fd_);
  ::close(wake_fd_);
}

void Worker::run() {
  const base::ThreadRole role("net");
  base::Timestamp warm_at = base::kNever;
  bool watching = false;
  while (!stopping_ && !link_.abandoned()) {
    loop_.wake_at(timer_, std::min({next_stats_, next_look_, next_deposit_, room_work_,
                                    shared_->sctp.next_deadline()}));
    loop_.turn(1s);
    if (room_) room_->bury();
    if (room_ && warm_at == base::kNever) warm_at = loop_.now() + kWarmUp;
    if (!watching && loop_.now() >= warm_at) {
      base::alloc_counter::watch();
      watching = true;
    }
  }
  base::alloc_counter::unwatch();
  base::log::info(env_.log_tag, link_.abandoned() ? "control is gone, giving up" : "worker ends");
}

link::SyncState Worker::sync_state() {
  return room_ ? room_->sync_state() : link::SyncState{};
}

void Worker::begin_room(const link::RoomSettings& settings) {
  room_env_.emplace(env_.tagged("room=" + settings.room.hex()));
  world_.continue_in_place = settings.continue_in_place;
  media_ = std::make_unique<Media>(*room_env_, *shared_, wake_fd_);
  room_ = std::make_unique<RoomEngine>(
      world_, RoomMedia{media_->audio, media_->video, {&media_->vp8_tier, &media_->h264_tier}}, settings,
      [this](const link::FromWorker& message) { link_.send(message); });
  base::log::info(room_env_->log_tag, "room begins");
}

void Worker::on_link_message(base::Timestamp now, link::ToWorker message) {
  const base::alloc_counter::Allow cold;
  if (const auto* end = std::get_if<link::Shutdown>(&message)) {
    base::log::info(env_.log_tag, "shutdown", "why", end->reason);
    if (room_) room_->close_all();
    stopping_ = true;
  } else if (const auto* sync = std::get_if<link::SyncRequest>(&message)) {
    if (!room_) begin_room(sync->settings);
    room_->sync(now, *sync);
    on_inheritance(now);
  } else if (room_) {
    room_->handle(now, message);
  }
}

void Worker::on_registered(const std::string& ufrag, bool accepted) {
  if (room_) room_->on_registered(ufrag, accepted);
}

void Worker::on_opened(base::Timestamp now, const link::Opened& opened, int fd) {
  if (!room_ || !room_->on_opened(now, opened, fd)) ::close(fd);
}

void Worker::on_stray_returned(base::Timestamp now, const link::Stray& stray) {
  if (room_) room_->on_stray_returned(now, stray);
}

void Worker::on_door_changed(base::Timestamp now) {
  if (room_) room_->deposit(now);
}

// The door and control come in either order.
void Worker::on_inheritance(base::Timestamp now) {
  if (room_ && door_.has_inheritance()) room_->inherit(now, door_.take_inheritance());
}

void Worker::on_ready(base::Timestamp now, std::uint32_t) {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(wake_fd_, &count, sizeof count);
  if (room_) room_work_ = room_->work(now);
}

void Worker::on_deadline(base::Timestamp now) {
  shared_->sctp.advance(now);
  if (room_ && room_work_ <= now) room_work_ = room_->work(now);
  if (next_look_ <= now) {
    const base::alloc_counter::Allow cold;
    next_look_ = now + kLook;
    if (room_) {
      room_->look_at_sources(now);
      room_work_ = room_->work(now);
    }
  }
  if (next_deposit_ <= now) {
    const base::alloc_counter::Allow cold;
    next_deposit_ = now + kDeposit;
    if (room_) room_->deposit(now);
  }
  if (next_stats_ <= now) report_stats(now);
}

void Worker::report_stats(base::Timestamp now) {
  const base::alloc_counter::Allow cold;
  next_stats_ = now + kStats;
  auto& metrics = env_.metrics;
  if (room_) room_->count_legs();
  base::report_thread_cpu(metrics);
  metrics.gauge("plenum_packets_in_use").set(static_cast<std::int64_t>(shared_->packets.in_use()));
  metrics.gauge("plenum_packets_high_water").set(static_cast<std::int64_t>(shared_->packets.high_water()));
  metrics.gauge("plenum_warm_allocations").set(static_cast<std::int64_t>(base::alloc_counter::count()));
  link::WorkerStats stats;
  for (auto& sample : metrics.snapshot())
    stats.samples.push_back(
        {std::move(sample.name), std::move(sample.labels), sample.is_counter, sample.value});
  link_.send(stats);
}

} // namespace plenum::engine
