#include "net/event_loop.hpp"

#include <csignal>
#include <gtest/gtest.h>
#include <string>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace plenum::net {
namespace {

using namespace std::chrono_literals;

class EventLoopTest : public testing::Test {
 protected:
  EventLoop loop_{base::Env{}};
  std::string order_;
};

TEST_F(EventLoopTest, PostRunsLaterAndInOrder) {
  loop_.post([&] {
    loop_.post([&] { order_ += "c"; });
    order_ += "a";
  });
  loop_.post([&] { order_ += "b"; });
  EXPECT_EQ(order_, "");
  EXPECT_TRUE(loop_.run_until([&] { return order_.size() == 3; }));
  EXPECT_EQ(order_, "abc");
}

TEST_F(EventLoopTest, TimersFireInOrderOfTheirDeadlines) {
  const auto now = loop_.now();
  const auto late = loop_.at(now + 20ms, [&] { order_ += "2"; });
  const auto soon = loop_.at(now + 1ms, [&] { order_ += "1"; });
  const auto past = loop_.at(now - 1h, [&] { order_ += "0"; });
  const auto never = loop_.at(base::kNever, [&] { order_ += "x"; });
  EXPECT_TRUE(loop_.run_until([&] { return order_.size() == 3; }));
  EXPECT_EQ(order_, "012");
  EXPECT_GE(loop_.now(), now + 20ms);
}

TEST_F(EventLoopTest, DestroyedTimerNeverFiresEvenWhenDue) {
  const auto due = loop_.now() - 1ms;
  base::Executor::Timer second;
  const auto first = loop_.at(due, [&] {
    order_ += "1";
    second.reset(); // its wait has expired as well and sits in the same batch
  });
  second = loop_.at(due, [&] { order_ += "2"; });
  const auto end = loop_.at(loop_.now() + 5ms, [&] { order_ += "."; });
  EXPECT_TRUE(loop_.run_until([&] { return order_.ends_with("."); }));
  EXPECT_EQ(order_, "1.");
}

TEST_F(EventLoopTest, TimerMayDestroyItself) {
  base::Executor::Timer self;
  self = loop_.after(1ms, [&] {
    self.reset();
    order_ += "1";
  });
  EXPECT_TRUE(loop_.run_until([&] { return order_ == "1"; }));
}

TEST_F(EventLoopTest, OtherThreadsPostAndStop) {
  std::thread other([&] {
    for (int i = 0; i < 100; ++i)
      loop_.post_from_any_thread([&] { order_ += "x"; });
    loop_.post_from_any_thread([&] { loop_.stop(); });
  });
  loop_.run();
  other.join();
  EXPECT_EQ(order_.size(), 100u);
}

TEST_F(EventLoopTest, WatchIsLevelTriggered) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  auto watch = loop_.watch_readable(ends[0], [&] {
    char byte = 0;
    if (::read(ends[0], &byte, 1) == 1) order_.push_back(byte); // leaves the rest unread
  });
  ASSERT_NE(watch, nullptr);
  ASSERT_EQ(::write(ends[1], "abc", 3), 3);
  EXPECT_TRUE(loop_.run_until([&] { return order_.size() == 3; }));
  EXPECT_EQ(order_, "abc");
  watch.reset();
  ASSERT_EQ(::write(ends[1], "d", 1), 1);
  EXPECT_FALSE(loop_.run_until([&] { return order_.size() == 4; }, 5ms));
  char byte = 0;
  EXPECT_EQ(::read(ends[0], &byte, 1), 1); // the descriptor was not closed
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_F(EventLoopTest, WatchMayEndItselfAndTheDescriptorMayBeWatchedAgain) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_EQ(::write(ends[1], "a", 1), 1);
  std::unique_ptr<EventLoop::Watch> watch;
  watch = loop_.watch_readable(ends[0], [&] {
    order_ += "1";
    watch.reset();
  });
  EXPECT_TRUE(loop_.run_until([&] { return order_ == "1"; }));
  watch = loop_.watch_readable(ends[0], [&] {
    order_ += "2";
    watch.reset();
  });
  EXPECT_TRUE(loop_.run_until([&] { return order_ == "12"; }));
  ::close(ends[0]);
  ::close(ends[1]);
  EXPECT_EQ(loop_.watch_readable(ends[0], [] {}), nullptr);
}

TEST_F(EventLoopTest, WatchSeesTheDeathOfAChildByItsPidfd) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
  ASSERT_GE(pidfd, 0);
  bool died = false;
  std::unique_ptr<EventLoop::Watch> watch;
  watch = loop_.watch_readable(pidfd, [&] {
    died = true;
    watch.reset();
  });
  EXPECT_FALSE(loop_.run_until([&] { return died; }, 5ms));
  ::kill(child, SIGKILL);
  EXPECT_TRUE(loop_.run_until([&] { return died; }));
  ::waitpid(child, nullptr, 0);
  watch.reset();
  ::close(pidfd);
}

TEST_F(EventLoopTest, SignalsArriveAgainAndAgain) {
  loop_.on_signal(SIGUSR1, [&] { order_ += "s"; });
  ::raise(SIGUSR1);
  EXPECT_TRUE(loop_.run_until([&] { return order_.size() == 1; }));
  ::raise(SIGUSR1);
  EXPECT_TRUE(loop_.run_until([&] { return order_.size() == 2; }));
}

} // namespace
} // namespace plenum::net
