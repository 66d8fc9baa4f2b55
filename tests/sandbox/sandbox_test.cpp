// A confined worker tries what it must not be able to do, one thing at a time; and what it needs.
#include "tests/sandbox/forbidden.hpp"

#include "secure/srtp.hpp"
#include "video/text.hpp"

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <sys/random.h>
#include <sys/stat.h>
#include <thread>

namespace plenum::media {
namespace {

struct Denied : ::testing::TestWithParam<Forbidden> {};

TEST_P(Denied, To) {
  if (kSanitized && GetParam().for_sanitizers) GTEST_SKIP() << "sanitizers need it";
  EXPECT_EQ(outcome(GetParam().attempt, as_a_worker()), GetParam().ends);
}
INSTANTIATE_TEST_SUITE_P(A, Denied, ::testing::ValuesIn(forbidden()),
                         [](const auto& one) { return one.param.name; });

TEST(Sandbox, LeavesNothingBehind) {
  for (const auto* path : {"sandbox-was-here", "/tmp/sandbox-was-here", "/dev/shm/sandbox-was-here"})
    EXPECT_FALSE(std::filesystem::exists(path)) << path;
}

TEST(Sandbox, RootBecomesAUserOfItsOwn) {
  if (::getuid() != 0) GTEST_SKIP() << "not root";
  EXPECT_NE(own_user(1).uid, own_user(2).uid);
  EXPECT_EQ(outcome(
                [] {
                  const auto wanted = own_user(1).uid;
                  return ::getuid() == wanted && ::geteuid() == wanted && ::getgid() == wanted ? 0 : -1;
                },
                as_a_worker()),
            "allowed");
}

TEST(Sandbox, DumpsAreForDebugging) {
  auto sandbox = as_a_worker();
  const auto limited = [] {
    rlimit core{};
    ::getrlimit(RLIMIT_CORE, &core);
    return core.rlim_max == 0 ? 0 : -1;
  };
  const auto hidden = [] { // from debuggers: what may not be dumped belongs to root in /proc
    struct stat own{};
    ::stat("/proc/self/environ", &own);
    return own.st_uid != ::getuid() ? 0 : -1;
  };
  EXPECT_EQ(outcome(limited, sandbox), "allowed");
  if (!kSanitized) EXPECT_EQ(outcome(hidden, sandbox), "allowed");
  sandbox.dumps = true;
  EXPECT_NE(outcome(hidden, sandbox), "allowed");
  rlimit ours{};
  ::getrlimit(RLIMIT_CORE, &ours);
  if (ours.rlim_max != 0) EXPECT_NE(outcome(limited, sandbox), "allowed");
}

// What a worker lives on.
TEST(Sandbox, AllowsWhatAWorkerNeeds) {
  const auto allowed = [](const char* what, const Attempt& attempt) {
    EXPECT_EQ(outcome(attempt, as_a_worker()), "allowed") << what;
  };
  allowed("threads", [] {
    std::atomic<int> ran = 0;
    std::jthread([&] { ran = 1; }).join();
    return ran == 1 ? 0 : -1;
  });
  allowed("random numbers", [] { return ::getrandom(std::array<char, 16>().data(), 16, 0); });
  allowed("fonts", [] { return ::open("/usr/share/fonts", O_RDONLY | O_DIRECTORY); });
  allowed("number of CPUs", [] { return ::open("/sys/devices/system/cpu/online", O_RDONLY); });
  allowed("SRTP", [] {
    for (const auto profile :
         {secure::SrtpProfile::aead_aes_128_gcm, secure::SrtpProfile::aes_128_cm_sha1_80})
      if (!secure::SrtpSession::create({.profile = profile, .local = {}, .remote = {}})) return -1;
    return 0;
  });
  allowed("names in any script",
          [] { return video::TextPainter().label("Zoë Ωμέγα مرحبا 你好 👋", {}).width() > 60 ? 0 : -1; });
  allowed("the log", [] { return ::write(STDERR_FILENO, "", 0); });
  allowed("a hundred megabytes", [] {
    const auto block = std::make_unique<char[]>(100 << 20);
    return block ? 0 : -1;
  });
  EXPECT_EQ(outcome([]() -> long { std::abort(); }, as_a_worker()), "SIGABRT");
}

// The door's way: a listening Unix socket is inherited, a connected socket arrives through it.
TEST(Sandbox, TakesSocketsFromTheDoor) {
  const std::string path = "/tmp/plenum-sandbox-" + std::to_string(::getpid());
  sockaddr_un name{.sun_family = AF_UNIX, .sun_path = {}};
  path.copy(name.sun_path, sizeof name.sun_path - 1);
  const auto* const at = reinterpret_cast<const sockaddr*>(&name);
  const int listening = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  const int door = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::bind(listening, at, sizeof name), 0);
  ASSERT_EQ(::listen(listening, 1), 0);
  ASSERT_EQ(::connect(door, at, sizeof name), 0);
  std::array<int, 2> pair{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair.data()), 0);

  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  char byte = 'x';
  iovec data{&byte, 1};
  msghdr message{};
  message.msg_iov = &data, message.msg_iovlen = 1;
  message.msg_control = control.data(), message.msg_controllen = control.size();
  auto* part = CMSG_FIRSTHDR(&message);
  part->cmsg_level = SOL_SOCKET, part->cmsg_type = SCM_RIGHTS, part->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(part), &pair[0], sizeof(int));
  ASSERT_EQ(::sendmsg(door, &message, 0), 1);

  const auto worker = [&]() -> long {
    const int accepted = ::accept4(listening, nullptr, nullptr, SOCK_CLOEXEC);
    if (accepted < 0) return -1;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> room{};
    iovec space{&byte, 1};
    msghdr got{};
    got.msg_iov = &space, got.msg_iovlen = 1, got.msg_control = room.data(), got.msg_controllen = room.size();
    if (::recvmsg(accepted, &got, MSG_CMSG_CLOEXEC) != 1 || CMSG_FIRSTHDR(&got) == nullptr) return -1;
    int given = -1;
    std::memcpy(&given, CMSG_DATA(CMSG_FIRSTHDR(&got)), sizeof given);
    return ::send(given, "hello", 5, MSG_NOSIGNAL);
  };
  EXPECT_EQ(outcome(worker, as_a_worker()), "allowed");
  std::array<char, 8> heard{};
  EXPECT_EQ(::recv(pair[1], heard.data(), heard.size(), MSG_DONTWAIT), 5);
  ::unlink(path.c_str());
  for (const int fd : {listening, door, pair[0], pair[1]})
    ::close(fd);
}

} // namespace
} // namespace plenum::media
