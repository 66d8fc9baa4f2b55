#include "apps/plenum_media/landlock.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace plenum::media {
namespace {

using base::Result;

// Newer than the kernel headers of Debian 12. The kernel takes the longer structure when what it does not
// know is zero.
constexpr std::uint64_t kRefer = 1ULL << 13, kTruncate = 1ULL << 14, kIoctlDevice = 1ULL << 15;
constexpr std::uint64_t kBindTcp = 1ULL << 0, kConnectTcp = 1ULL << 1;
constexpr std::uint64_t kAbstractUnix = 1ULL << 0, kSignals = 1ULL << 1;
struct Ruleset {
  std::uint64_t files = 0, network = 0, scopes = 0;
};

constexpr std::uint64_t kFilesOfAbi1 = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
constexpr std::uint64_t kReadFile =
    LANDLOCK_ACCESS_FS_READ_FILE | (kSanitized ? LANDLOCK_ACCESS_FS_EXECUTE : 0);
constexpr std::uint64_t kReadTree = kReadFile | LANDLOCK_ACCESS_FS_READ_DIR;

struct Step {
  int abi;
  const char* what;
};
constexpr std::array<Step, 4> kSteps = {{{2, "files cannot be linked or moved elsewhere"},
                                         {3, "files cannot be truncated"},
                                         {4, "no TCP"},
                                         {6, "no signals to other processes"}}};

Ruleset ruleset(int abi) {
  Ruleset rules{.files = kFilesOfAbi1};
  if (abi >= 2) rules.files |= kRefer;
  if (abi >= 3) rules.files |= kTruncate;
  if (abi >= 4) rules.network = kBindTcp | kConnectTcp;
  if (abi >= 5) rules.files |= kIoctlDevice;
  if (abi >= 6) rules.scopes = kAbstractUnix | kSignals;
  return rules;
}

std::unexpected<base::Error> failed(const std::string& what) {
  return base::fail(base::ErrorCode::unavailable, "Landlock, " + what + ": " + std::strerror(errno));
}

Result<void> permit(int rules, const std::string& path) {
  const int at = ::open(path.c_str(), O_PATH | O_CLOEXEC);
  if (at < 0) return {}; // not there, or not for this user: then it needs no permission
  struct stat info{};
  const bool directory = ::fstat(at, &info) == 0 && S_ISDIR(info.st_mode);
  const landlock_path_beneath_attr rule{.allowed_access = directory ? kReadTree : kReadFile, .parent_fd = at};
  const auto added = ::syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
  const int error = errno;
  ::close(at);
  errno = error;
  if (added != 0) return failed(path);
  return {};
}

} // namespace

Result<void> restrict_files(const std::vector<std::string>& readable, Confinement& done) {
  const auto abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0,
                             static_cast<unsigned>(LANDLOCK_CREATE_RULESET_VERSION));
  if (abi < 1) {
    done.missing.emplace_back("Landlock: files are protected by the user id alone");
    return {};
  }
  done.landlock = static_cast<int>(abi);
  for (const auto& step : kSteps)
    if (done.landlock < step.abi) done.missing.push_back(std::string("Landlock: ") + step.what);
  const auto wanted = ruleset(done.landlock);
  const int rules = static_cast<int>(::syscall(SYS_landlock_create_ruleset, &wanted, sizeof wanted, 0));
  if (rules < 0) return failed("ruleset");
  Result<void> result;
  for (const auto& path : kSanitized ? std::vector<std::string>{"/"} : readable)
    if (result) result = permit(rules, path);
  if (result && ::syscall(SYS_landlock_restrict_self, rules, 0) != 0) result = failed("restrict");
  ::close(rules);
  return result;
}

} // namespace plenum::media
