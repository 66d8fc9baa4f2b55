#include "net/event_loop.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/impl/src.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

namespace plenum::net {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr base::Duration kLongest = std::chrono::hours(24 * 365);

struct TimerEntry {
  TimerEntry(asio::io_context& io, base::Executor::Task t) : timer(io), task(std::move(t)) {}
  asio::steady_timer timer;
  base::Executor::Task task;
};

class LoopTimer final : public base::Executor::TimerState {
 public:
  explicit LoopTimer(std::shared_ptr<TimerEntry> entry) : entry_(std::move(entry)) {}

 private:
  std::shared_ptr<TimerEntry> entry_; // the only strong one: an expired wait of a dead timer finds nothing
};

struct WatchEntry : std::enable_shared_from_this<WatchEntry> {
  WatchEntry(asio::io_context& io, base::Executor::Task t) : descriptor(io), task(std::move(t)) {}
  ~WatchEntry() { descriptor.release(); }

  void wait() {
    descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                          [weak = weak_from_this()](const error_code& ec) {
                            const auto self = weak.lock();
                            if (!self || ec || self->ended) return;
                            self->task();
                            if (!self->ended) self->wait();
                          });
  }

  asio::posix::stream_descriptor descriptor;
  base::Executor::Task task;
  bool ended = false;
};

class DescriptorWatch final : public EventLoop::Watch {
 public:
  explicit DescriptorWatch(std::shared_ptr<WatchEntry> entry) : entry_(std::move(entry)) {}
  ~DescriptorWatch() override {
    entry_->ended = true;
    entry_->descriptor.release(); // out of epoll before the owner closes it, also while its own task runs
  }

 private:
  std::shared_ptr<WatchEntry> entry_;
};

struct SignalEntry {
  SignalEntry(asio::io_context& io, int number, base::Executor::Task t)
      : signals(io, number), task(std::move(t)) {}
  void wait() {
    signals.async_wait([this](const error_code& ec, int) {
      if (ec) return;
      task();
      wait();
    });
  }
  asio::signal_set signals;
  base::Executor::Task task;
};

} // namespace

struct EventLoop::Reactor {
  explicit Reactor(const base::Env& e) : env(e) {}
  base::Env env;
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  std::vector<std::unique_ptr<SignalEntry>> signals;
};

EventLoop::EventLoop(const base::Env& env) : reactor_(std::make_unique<Reactor>(env)) {}
EventLoop::~EventLoop() = default;

base::Timestamp EventLoop::now() const {
  return reactor_->env.clock.now();
}

void EventLoop::post(Task task) {
  asio::post(reactor_->io, std::move(task));
}

void EventLoop::post_from_any_thread(Task task) {
  asio::post(reactor_->io, std::move(task));
}

base::Executor::Timer EventLoop::at(base::Timestamp deadline, Task task) {
  auto entry = std::make_shared<TimerEntry>(reactor_->io, std::move(task));
  const auto delay = deadline == base::kNever ? kLongest : std::min(deadline - now(), kLongest);
  entry->timer.expires_after(std::max(delay, base::Duration::zero()));
  entry->timer.async_wait([weak = std::weak_ptr(entry)](const error_code& ec) {
    const auto self = weak.lock();
    if (!self || ec) return;
    auto due = std::exchange(self->task, nullptr); // the task may destroy its Timer
    due();
  });
  return std::make_unique<LoopTimer>(std::move(entry));
}

void EventLoop::run() {
  reactor_->io.run();
  reactor_->io.restart();
}

void EventLoop::stop() {
  reactor_->io.stop();
}

bool EventLoop::run_until(const std::function<bool()>& done, base::Duration limit) {
  if (reactor_->io.stopped()) reactor_->io.restart();
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!done()) {
    if (std::chrono::steady_clock::now() >= end || reactor_->io.run_one_until(end) == 0) return done();
  }
  return true;
}

void EventLoop::on_signal(int signal_number, Task task) {
  auto& signals = reactor_->signals;
  signals.push_back(std::make_unique<SignalEntry>(reactor_->io, signal_number, std::move(task)));
  signals.back()->wait();
}

std::unique_ptr<EventLoop::Watch> EventLoop::watch_readable(int fd, Task task) {
  auto entry = std::make_shared<WatchEntry>(reactor_->io, std::move(task));
  error_code ec;
  entry->descriptor.assign(fd, ec);
  if (ec) return nullptr;
  entry->wait();
  return std::make_unique<DescriptorWatch>(std::move(entry));
}

boost::asio::io_context& EventLoop::io() {
  return reactor_->io;
}

} // namespace plenum::net
