#include "engine/audio_loop.hpp"

#include "base/alloc_counter.hpp"
#include "base/cpu_meter.hpp"
#include "engine/tick_clock.hpp"

#include <cstring>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

namespace plenum::engine {
namespace {

using namespace std::chrono_literals;

constexpr int kWarmTicks = 250; // 5 s, then an allocation is a defect

// Real-time if we may, else a little nicer than the rest, else as we are (docs/architecture.md, 3.4).
void raise_priority() {
  sched_param parameter{.sched_priority = 1};
  if (::pthread_setschedparam(::pthread_self(), SCHED_RR, &parameter) != 0)
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), -5);
}

} // namespace

AudioLoop::AudioLoop(const base::Env& env, base::EncodedFramePool& frames, int wake_net)
    : env_(env), frames_(frames), wake_net_(wake_net),
      room_(audio::RoomAudioOptions{.first_rtp_time = env.random.u32()}),
      commands_(4096, env.metrics, "audio_commands"), mixes_(256, env.metrics, "mixes"),
      news_(256, env.metrics, "audio_news"),
      late_ticks_(env.metrics.counter("plenum_audio_late_ticks_total")),
      late_jumps_(env.metrics.counter("plenum_audio_line_jumps_total")),
      worst_late_us_(env.metrics.gauge("plenum_audio_worst_late_us")),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

AudioLoop::~AudioLoop() {
  thread_.request_stop();
  post(std::monostate{}); // it may rest
  thread_.join();
}

void AudioLoop::run(const std::stop_token& stop) {
  const base::ThreadRole role("audio");
  raise_priority();
  speakers_.reserve(1024);
  TickClock clock(env_.clock, audio::kFrameDuration);
  for (int ticks = 0; !stop.stop_requested(); ++ticks) {
    if (nobody_) {
      rest();
      clock.restart(); // no stream leans on the time line: everybody who comes is new
    }
    tick_time_ = clock.wait();
    const auto late = env_.clock.now() - tick_time_;
    if (late > 10ms) late_ticks_.add();
    worst_late_us_.raise_to(late.count());
    if (late > 1s) {
      late_jumps_.add();
      clock.restart();
    }
    if (ticks == kWarmTicks) base::alloc_counter::watch();
    tick(tick_time_);
  }
}

void AudioLoop::rest() {
  pollfd command{commands_.event_fd(), POLLIN, 0};
  ::poll(&command, 1, -1);
}

void AudioLoop::tick(base::Timestamp now) {
  {
    const base::alloc_counter::Allow cold;
    commands_.drain([this](AudioCommand& command) { apply(command); });
  }
  for (auto& speaker : speakers_) {
    while (const auto item = speaker.input->ring().pop())
      room_.put(item->arrived, speaker.input->source(),
                {item->ssrc, item->sequence, item->rtp_time, base::Bytes(item->bytes).first(item->size),
                 item->level, item->marker});
  }
  told_net_ = false;
  room_.tick(now, *this);
  for (auto& speaker : speakers_) {
    const auto position = room_.position(speaker.input->source());
    if (position && speaker.video)
      speaker.video->audio_delay_us.store(position->delay.count(), std::memory_order_relaxed);
  }
  if (!told_net_) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_net_, &one, sizeof one);
}

void AudioLoop::apply(AudioCommand& command) {
  if (auto* add = std::get_if<AddSpeaker>(&command)) {
    if (room_.add_source(add->input->source()))
      speakers_.push_back({std::move(add->input), std::move(add->video)});
  } else if (const auto* gone = std::get_if<RemoveSpeaker>(&command)) {
    room_.remove_source(gone->source);
    std::erase_if(speakers_, [&](const Speaker& s) { return s.input->source() == gone->source; });
  } else if (const auto* volume = std::get_if<SetVolume>(&command)) {
    room_.set_volume(volume->source, volume->linear);
  } else if (const auto* listener = std::get_if<AddListener>(&command)) {
    room_.add_receiver(listener->receiver, listener->own);
  } else if (const auto* left = std::get_if<RemoveListener>(&command)) {
    room_.remove_receiver(left->receiver);
  }
  const auto present = room_.stats();
  nobody_ = present.sources == 0 && present.receivers == 0;
}

AudioLoop::Speaker* AudioLoop::speaker(std::uint32_t source) {
  for (auto& speaker : speakers_)
    if (speaker.input->source() == source) return &speaker;
  return nullptr;
}

void AudioLoop::on_talking(audio::SourceHandle source, bool talking) {
  if (auto* found = speaker(source); found != nullptr && found->video)
    found->video->talking.store(talking, std::memory_order_relaxed);
  told_net_ |= news_.push(TalkingOut{source, talking});
}

void AudioLoop::on_dominant_speaker(std::optional<audio::SourceHandle> source) {
  told_net_ |= news_.push(DominantOut{source});
}

void AudioLoop::on_mix(const audio::MixPacket& packet) {
  const auto listed = packet.receivers.size() * sizeof(std::uint32_t);
  auto frame = frames_.get(packet.payload.size() + listed);
  std::memcpy(frame->buffer().data(), packet.payload.data(), packet.payload.size());
  std::memcpy(frame->buffer().data() + packet.payload.size(), packet.receivers.data(), listed);
  frame->codec = base::Codec::opus;
  frame->size = packet.payload.size();
  frame->captured = tick_time_;
  told_net_ |= mixes_.push(
      {std::move(frame), static_cast<std::uint32_t>(packet.receivers.size()), packet.rtp_time, packet.level});
}

} // namespace plenum::engine
