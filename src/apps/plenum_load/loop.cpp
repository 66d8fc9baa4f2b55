#include "apps/plenum_load/loop.hpp"

#include "base/check.hpp"

#include <array>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace plenum::load {
namespace {

constexpr int kEvents = 128;
constexpr std::uint64_t kTimer = ~std::uint64_t{0};

epoll_event readable(std::uint64_t data) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = data;
  return event;
}

} // namespace

Loop::Loop(const base::Env& env, net::EventLoop& events)
    : env_(env), events_(events), epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {
  CHECK(epoll_ >= 0 && timer_ >= 0);
  auto event = readable(kTimer);
  CHECK(::epoll_ctl(epoll_, EPOLL_CTL_ADD, timer_, &event) == 0);
  watch_ = events_.watch_readable(epoll_, [this] { turn(); });
  CHECK(watch_);
}

Loop::~Loop() {
  watch_.reset();
  ::close(timer_);
  ::close(epoll_);
}

Loop::Handle Loop::add(int fd, LoopClient& client) {
  const auto handle = heap_.add();
  if (clients_.size() <= handle) clients_.resize(handle + 1);
  clients_[handle] = &client;
  if (fd >= 0) {
    auto event = readable(handle);
    CHECK(::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0);
  }
  return handle;
}

void Loop::remove(Handle handle, int fd) {
  if (fd >= 0) ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
  heap_.remove(handle);
  clients_[handle] = nullptr;
}

void Loop::wake_at(Handle handle, base::Timestamp deadline) {
  heap_.set(handle, deadline);
  if (!turning_) arm();
}

void Loop::turn() {
  turning_ = true;
  std::array<epoll_event, kEvents> events{};
  const int count = ::epoll_wait(epoll_, events.data(), kEvents, 0);
  const auto now = env_.clock.now();
  for (int i = 0; i < count; ++i) {
    const auto data = events[static_cast<std::size_t>(i)].data.u64;
    if (data == kTimer) {
      std::uint64_t expirations = 0;
      if (::read(timer_, &expirations, sizeof expirations) > 0) armed_ = base::kNever;
    } else if (auto* client = clients_[data]; client != nullptr) {
      client->on_readable(now);
    }
  }
  // Bounded: who asks for "now" again must not starve the sockets.
  for (std::size_t due = 0; due < clients_.size(); ++due) {
    const auto handle = heap_.pop_due(now);
    if (!handle) break;
    if (clients_[*handle] != nullptr) clients_[*handle]->on_deadline(now);
  }
  turning_ = false;
  arm();
}

void Loop::arm() {
  const auto next = heap_.next();
  if (next == base::kNever) return;
  const auto rounded = base::timestamp_us((base::to_us(next) + 999) / 1000 * 1000);
  if (rounded == armed_) return;
  armed_ = rounded;
  const auto wait = std::max<std::int64_t>((rounded - env_.clock.now()).count(), 1);
  const itimerspec when{{}, {wait / 1'000'000, wait % 1'000'000 * 1000}};
  ::timerfd_settime(timer_, 0, &when, nullptr);
}

} // namespace plenum::load
