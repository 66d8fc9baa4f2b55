#include "door/estate.hpp"

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace plenum::door {
namespace {

using Part = link::DepositPart;
constexpr WorkerKey kWorker = 1;

// This thread may lock no memory; root needs to give up a capability for that.
class NoLockedMemory {
 public:
  NoLockedMemory() {
    ::getrlimit(RLIMIT_MEMLOCK, &limit_);
    const rlimit none{0, limit_.rlim_max};
    ::setrlimit(RLIMIT_MEMLOCK, &none);
    ::syscall(SYS_capget, &head_, before_.data());
    auto without = before_;
    without[0].effective &= ~(1U << CAP_IPC_LOCK);
    ::syscall(SYS_capset, &head_, without.data());
  }
  ~NoLockedMemory() {
    ::syscall(SYS_capset, &head_, before_.data());
    ::setrlimit(RLIMIT_MEMLOCK, &limit_);
  }

 private:
  rlimit limit_{};
  __user_cap_header_struct head_{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> before_{};
};

struct EstateTest : ::testing::Test {
  base::Metrics metrics;
  Estate estate{base::Env{.metrics = metrics}, 2};
  void put(Part part, std::string_view text, const std::string& name = "ann") {
    estate.put(kWorker, {name, part, {text.begin(), text.end()}});
  }
  std::string kept(Part part, const std::string& name = "ann") {
    const auto bytes = estate.copy(name, part);
    return {bytes.begin(), bytes.end()};
  }
};

TEST_F(EstateTest, EachPartVoidsWhatLeansOnTheOneBefore) {
  put(Part::outline, "outline");
  put(Part::marks, "marks of nothing");
  EXPECT_EQ(kept(Part::marks), "");
  put(Part::session, "session");
  put(Part::marks, "marks");
  EXPECT_EQ(kept(Part::outline) + kept(Part::session) + kept(Part::marks), "outlinesessionmarks");
  put(Part::session, "another");
  EXPECT_EQ(kept(Part::marks), "");
  put(Part::marks, "marks");
  put(Part::outline, "no keys any more"); // as over TCP
  EXPECT_EQ(kept(Part::session) + kept(Part::marks), "");
  EXPECT_EQ(kept(Part::outline), "no keys any more");
}

TEST_F(EstateTest, WithoutLockedMemoryALegCanStillBeOfferedAgain) {
  const NoLockedMemory here;
  put(Part::outline, "outline");
  put(Part::session, "keys that would reach the swap");
  put(Part::marks, "marks");
  EXPECT_EQ(kept(Part::outline), "outline");
  EXPECT_EQ(kept(Part::session) + kept(Part::marks), "");
  EXPECT_EQ(metrics.counter("plenum_door_deposits_refused_total").value(), 2u);
}

TEST_F(EstateTest, IsBounded) {
  put(Part::outline, "1", "ann");
  put(Part::outline, "2", "bob");
  put(Part::outline, "3", "cid");
  put(Part::outline, std::string(link::kDepositBytes + 1, 'x'), "bob");
  EXPECT_EQ(kept(Part::outline, "cid"), "");
  EXPECT_EQ(kept(Part::outline, "bob"), "2");
  estate.put(kWorker + 1, {"ann", Part::outline, {'x'}}); // another worker's
  EXPECT_EQ(kept(Part::outline, "ann"), "1");
}

} // namespace
} // namespace plenum::door
