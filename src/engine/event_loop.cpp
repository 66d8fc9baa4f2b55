#include "engine/event_loop.hpp"

#include "base/check.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <sys/epoll.h>
#include <unistd.h>

namespace plenum::engine {

EventLoop::EventLoop(const base::Clock& clock)
    : clock_(clock), epoll_(::epoll_create1(EPOLL_CLOEXEC)), now_(clock.now()) {
  CHECK(epoll_ >= 0);
}

EventLoop::~EventLoop() {
  ::close(epoll_);
}

void EventLoop::watch(int fd, std::uint32_t epoll_events, Watcher& watcher) {
  const auto index = static_cast<std::size_t>(fd);
  if (watchers_.size() <= index) watchers_.resize(std::max<std::size_t>(index + 1, 64));
  auto& entry = watchers_[index];
  const bool known = entry.watcher != nullptr;
  if (!known) ++entry.generation;
  entry.watcher = &watcher;
  epoll_event event{};
  event.events = epoll_events;
  event.data.u64 = std::uint64_t{entry.generation} << 32 | static_cast<std::uint32_t>(fd);
  CHECK(::epoll_ctl(epoll_, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) == 0);
}

void EventLoop::forget(int fd) {
  auto& entry = watchers_.at(static_cast<std::size_t>(fd));
  if (entry.watcher == nullptr) return;
  entry.watcher = nullptr;
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
}

EventLoop::TimerHandle EventLoop::add_sleeper(Sleeper& sleeper) {
  const auto handle = timers_.add();
  if (sleepers_.size() <= handle) sleepers_.resize(handle + 1);
  sleepers_[handle] = &sleeper;
  return handle;
}

void EventLoop::remove_sleeper(TimerHandle handle) {
  timers_.remove(handle);
  sleepers_[handle] = nullptr;
}

void EventLoop::wake_at(TimerHandle handle, base::Timestamp deadline) {
  timers_.set(handle, deadline);
}

void EventLoop::turn(base::Duration longest) {
  now_ = clock_.now();
  auto wait = longest;
  if (timers_.next() != base::kNever)
    wait = std::clamp(timers_.next() - now_, base::Duration::zero(), longest);
  const timespec timeout{wait.count() / 1'000'000, wait.count() % 1'000'000 * 1000};
  std::array<epoll_event, kEvents> events{};
  const int count = ::epoll_pwait2(epoll_, events.data(), kEvents, &timeout, nullptr);
  CHECK(count >= 0 || errno == EINTR);
  now_ = clock_.now();
  for (int i = 0; i < count; ++i) {
    const auto& event = events[static_cast<std::size_t>(i)];
    const auto& entry = watchers_[static_cast<std::uint32_t>(event.data.u64)];
    if (entry.watcher != nullptr && entry.generation == static_cast<std::uint32_t>(event.data.u64 >> 32))
      entry.watcher->on_ready(now_, event.events);
  }
  // Bounded: a sleeper that asks for "now" again must not starve the descriptors.
  for (int due = 0; due < 4096; ++due) {
    const auto handle = timers_.pop_due(now_);
    if (!handle) break;
    if (sleepers_[*handle] != nullptr) sleepers_[*handle]->on_deadline(now_);
  }
}

} // namespace plenum::engine
