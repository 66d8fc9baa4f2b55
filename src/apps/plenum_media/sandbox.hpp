// Sandbox: what a media worker may do, from before its first foreign byte to its end.
//
// A worker decodes what strangers send. A flaw in a decoder must not become a way to files, networks or other
// processes, so the worker takes every right from itself that it does not need: user id and capabilities,
// resource limits, files (Landlock) and system calls (seccomp). It keeps what it inherited and what the door
// hands over (SCM_RIGHTS). Nothing of it can be undone by the process itself.
//
// A forbidden system call that only an attacker would make kills the process (SIGSYS, which control names as
// the cause); any other one that is not on the list fails with EPERM. Files fail with EACCES.
// Owner: main. Thread: main, before it starts others. docs/architecture.md 5.2, landlock(7), seccomp(2).
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace plenum::media {

// A sanitizer looks at its own memory map, calls a symbolizer and traces its threads: builds with one may
// read every file, start processes and use as much memory as they like. Everything else stays forbidden.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define PLENUM_SANITIZED 1
#endif
#endif
#ifdef PLENUM_SANITIZED
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

struct User {
  std::uint32_t uid = 0, gid = 0;
  bool exclusive = false; // no other process has it: its threads can be limited
};
// A user id of its own for each worker of an installation, from the range that systemd uses for such users.
User own_user(std::uint64_t worker);

struct Sandbox {
  std::optional<User> user;            // to become; needs root
  std::uint32_t memory_mb = 4096;      // of private writable memory (RLIMIT_DATA); 0: as much as there is
  bool dumps = false;                  // core dumps and debuggers, which see the keys of the calls
  std::vector<std::string> readable{}; // files and directories
};

struct Confinement {
  int landlock = 0;                 // ABI in force; 0: the kernel has none
  std::vector<std::string> missing; // what this kernel could not do, in words
};

// Confines the calling process for good. An error leaves it half confined: then it must end.
base::Result<Confinement> confine(const Sandbox& sandbox);

} // namespace plenum::media
