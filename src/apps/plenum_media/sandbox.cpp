#include "apps/plenum_media/sandbox.hpp"

#include "apps/plenum_media/landlock.hpp"
#include "apps/plenum_media/system_calls.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace plenum::media {
namespace {

using base::Result;

constexpr std::uint32_t kFirstOwnUser = 61184, kLastOwnUser = 65519; // systemd: DynamicUser
constexpr rlim_t kMostDescriptors = 16384; // 200 people, a handful of address pairs each
constexpr rlim_t kMostThreads = 128;       // net, audio, video, codec pool, log; encoders bring their own
constexpr rlim_t kAudioPriority = 1;       // SCHED_RR of the audio thread, which is no longer root's
constexpr rlim_t kAudioNice = 25;          // nice −5, as getrlimit(2) counts

std::unexpected<base::Error> failed(const std::string& what) {
  return base::fail(base::ErrorCode::unavailable, what + ": " + std::strerror(errno));
}

// Lowers soft and hard limit; never raises what the operator has set lower.
bool lower(__rlimit_resource what, rlim_t most) {
  rlimit now{};
  if (::getrlimit(what, &now) != 0) return false;
  const auto value = std::min(most, now.rlim_max);
  const rlimit limit{value, value};
  return ::setrlimit(what, &limit) == 0;
}

// What root may raise for the audio thread before it stops being root; for others it stays as it is.
void allow(__rlimit_resource what, rlim_t value) {
  const rlimit limit{value, value};
  ::setrlimit(what, &limit);
}

bool is_regular_file(int fd) {
  struct stat info{};
  return ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
}

Result<void> limit_resources(const Sandbox& sandbox) {
  allow(RLIMIT_RTPRIO, kAudioPriority);
  allow(RLIMIT_NICE, kAudioNice);
  if (!lower(RLIMIT_NOFILE, kMostDescriptors)) return failed("limit of descriptors");
  if (sandbox.user && sandbox.user->exclusive && !lower(RLIMIT_NPROC, kMostThreads))
    return failed("limit of threads");
  if (!sandbox.dumps && !lower(RLIMIT_CORE, 0)) return failed("limit of core dumps");
  // Nothing is written to files, but the log may be one: then it must be able to grow.
  if (!is_regular_file(STDOUT_FILENO) && !is_regular_file(STDERR_FILENO) && !lower(RLIMIT_FSIZE, 0))
    return failed("limit of file sizes");
  const bool memory = sandbox.memory_mb != 0 && !kSanitized;
  if (memory && !lower(RLIMIT_DATA, rlim_t{sandbox.memory_mb} << 20)) return failed("limit of memory");
  return {};
}

// Threads do not exist yet, so the calls of this thread are those of the process.
Result<void> become(const User& user) {
  if (::setgroups(0, nullptr) != 0 || ::setresgid(user.gid, user.gid, user.gid) != 0 ||
      ::setresuid(user.uid, user.uid, user.uid) != 0)
    return failed("user " + std::to_string(user.uid));
  if (::setuid(0) == 0) return base::fail(base::ErrorCode::unavailable, "root could be had back");
  return {};
}

Result<void> drop_capabilities() {
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
  if (::syscall(SYS_capset, &header, none.data()) != 0) return failed("capabilities");
  return {};
}

} // namespace

User own_user(std::uint64_t worker) {
  const auto id = static_cast<std::uint32_t>(kFirstOwnUser + worker % (kLastOwnUser - kFirstOwnUser + 1));
  return {.uid = id, .gid = id, .exclusive = true};
}

Result<Confinement> confine(const Sandbox& sandbox) {
  Confinement done;
  if (auto limited = limit_resources(sandbox); !limited) return std::unexpected(limited.error());
  if (sandbox.user)
    if (auto changed = become(*sandbox.user); !changed) return std::unexpected(changed.error());
  if (auto dropped = drop_capabilities(); !dropped) return std::unexpected(dropped.error());
  // Said either way: a change of the user has set it. LeakSanitizer traces its own process.
  const unsigned long dumpable = sandbox.dumps || kSanitized ? 1 : 0;
  if (::prctl(PR_SET_DUMPABLE, dumpable, 0, 0, 0) != 0) return failed("dumpable");
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("no_new_privs");
  if (auto files = restrict_files(sandbox.readable, done); !files) return std::unexpected(files.error());
  if (auto calls = restrict_system_calls(); !calls) return std::unexpected(calls.error());
  return done;
}

} // namespace plenum::media
