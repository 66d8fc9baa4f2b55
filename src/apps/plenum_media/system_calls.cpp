#include "apps/plenum_media/system_calls.hpp"

#include "apps/plenum_media/sandbox.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <initializer_list>
#include <linux/prctl.h>
#include <memory>
#include <netinet/udp.h>
#include <sched.h>
#include <seccomp.h>
#include <string>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace plenum::media {
namespace {

using Calls = std::initializer_list<int>;
using Conditions = std::initializer_list<scmp_arg_cmp>;

// Whatever their arguments say: they act on what the process has already.
const Calls kAllowed = {
    // Memory and threads.
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex),
    SCMP_SYS(futex_waitv), SCMP_SYS(set_robust_list), SCMP_SYS(get_robust_list), SCMP_SYS(rseq),
    SCMP_SYS(set_tid_address), SCMP_SYS(membarrier), SCMP_SYS(exit), SCMP_SYS(exit_group),
    SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_getparam),
    SCMP_SYS(sched_getscheduler), SCMP_SYS(sched_setscheduler), SCMP_SYS(sched_get_priority_min),
    SCMP_SYS(sched_get_priority_max), SCMP_SYS(setpriority), SCMP_SYS(getpriority), SCMP_SYS(getcpu),
    // Signals of its own.
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    // Time and who it is.
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(times), SCMP_SYS(getrusage), SCMP_SYS(sysinfo),
    SCMP_SYS(uname), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getppid), SCMP_SYS(getuid),
    SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(getrlimit), SCMP_SYS(getrandom),
    // What is open.
    SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(close),
    SCMP_SYS(lseek), SCMP_SYS(fstat), SCMP_SYS(fstatfs), SCMP_SYS(fadvise64), SCMP_SYS(getdents64),
    // Looking at names; opening is Landlock's matter.
    SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(statfs),
    SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
    SCMP_SYS(getcwd),
    // Sockets that it inherited or was given.
    SCMP_SYS(accept4), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(recvmmsg), SCMP_SYS(shutdown),
    SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(getsockopt), SCMP_SYS(poll), SCMP_SYS(ppoll),
    SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_pwait2), SCMP_SYS(eventfd2)};

// No code of ours makes them, and no fallback of a library: whoever does has taken the process over.
const Calls kHostile = {
    // A way to the network, to other processes' sockets.
    SCMP_SYS(socket), SCMP_SYS(socketpair), SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(connect),
    // Other programs and processes.
    SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(process_madvise), SCMP_SYS(pidfd_open),
    SCMP_SYS(pidfd_getfd), SCMP_SYS(pidfd_send_signal), SCMP_SYS(kcmp),
    // Files around Landlock.
    SCMP_SYS(open_by_handle_at), SCMP_SYS(name_to_handle_at), SCMP_SYS(mount), SCMP_SYS(umount2),
    SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(move_mount), SCMP_SYS(open_tree), SCMP_SYS(fsopen),
    SCMP_SYS(fsconfig), SCMP_SYS(fsmount), SCMP_SYS(fspick), SCMP_SYS(mount_setattr), SCMP_SYS(unshare),
    SCMP_SYS(setns), SCMP_SYS(memfd_create), SCMP_SYS(memfd_secret),
    // Doors into the kernel.
    SCMP_SYS(bpf), SCMP_SYS(perf_event_open), SCMP_SYS(io_uring_setup), SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register), SCMP_SYS(io_setup), SCMP_SYS(io_submit), SCMP_SYS(userfaultfd),
    SCMP_SYS(keyctl), SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(init_module), SCMP_SYS(finit_module),
    SCMP_SYS(delete_module), SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load), SCMP_SYS(modify_ldt),
    SCMP_SYS(iopl), SCMP_SYS(ioperm), SCMP_SYS(vmsplice), SCMP_SYS(personality),
    // The machine, and who one is.
    SCMP_SYS(reboot), SCMP_SYS(swapon), SCMP_SYS(swapoff), SCMP_SYS(acct), SCMP_SYS(syslog),
    SCMP_SYS(quotactl), SCMP_SYS(settimeofday), SCMP_SYS(clock_settime), SCMP_SYS(clock_adjtime),
    SCMP_SYS(adjtimex), SCMP_SYS(sethostname), SCMP_SYS(setdomainname), SCMP_SYS(setuid), SCMP_SYS(setgid),
    SCMP_SYS(setreuid), SCMP_SYS(setregid), SCMP_SYS(setresuid), SCMP_SYS(setresgid), SCMP_SYS(setgroups),
    SCMP_SYS(setfsuid), SCMP_SYS(setfsgid), SCMP_SYS(capset)};

const Calls kSanitizerNeeds = {
    SCMP_SYS(clone),     SCMP_SYS(fork),   SCMP_SYS(vfork),    SCMP_SYS(execve), SCMP_SYS(wait4),
    SCMP_SYS(waitid),    SCMP_SYS(ptrace), SCMP_SYS(prctl),    SCMP_SYS(tgkill), SCMP_SYS(kill),
    SCMP_SYS(pipe),      SCMP_SYS(pipe2),  SCMP_SYS(dup),      SCMP_SYS(dup2),   SCMP_SYS(dup3),
    SCMP_SYS(ioctl),     SCMP_SYS(mmap),   SCMP_SYS(mprotect), SCMP_SYS(fcntl),  SCMP_SYS(personality),
    SCMP_SYS(arch_prctl)};

scmp_arg_cmp bits(unsigned argument, std::uint64_t mask, std::uint64_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}
scmp_arg_cmp equals(unsigned argument, std::uint64_t value) {
  return {argument, SCMP_CMP_EQ, value, 0};
}

class Filter {
 public:
  Filter() : filter_(seccomp_init(SCMP_ACT_ERRNO(EPERM)), &seccomp_release) {
    if (filter_ == nullptr) {
      error_ = ENOMEM;
      return;
    }
    note(seccomp_attr_set(filter_.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS));
    note(seccomp_attr_set(filter_.get(), SCMP_FLTATR_CTL_TSYNC, 1)); // also a thread that a library began
  }
  void add(std::uint32_t action, int call, Conditions when = {}) {
    if (filter_ == nullptr) return;
    const std::unique_ptr<char, decltype(&std::free)> name(
        seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, call), &std::free);
    if (name == nullptr) return; // another machine's
    note(seccomp_rule_add_array(filter_.get(), action, call, static_cast<unsigned>(when.size()),
                                when.begin()));
  }
  void allow(int call, Conditions when) { add(SCMP_ACT_ALLOW, call, when); }
  // 0, or the first error.
  int load() {
    if (error_ == 0) note(seccomp_load(filter_.get()));
    return error_;
  }

 private:
  void note(int result) {
    if (result < 0 && error_ == 0) error_ = -result;
  }
  std::unique_ptr<void, decltype(&seccomp_release)> filter_;
  int error_ = 0;
};

// Those whose arguments decide. Arguments in memory cannot be seen here, so calls that have them are absent
// (sendmsg: its address) or do not exist (clone3, openat2: libraries then use the older ones).
void add_conditional(Filter& filter) {
  const auto self = static_cast<std::uint64_t>(::getpid());
  const std::uint64_t writing = O_ACCMODE | O_CREAT | O_TRUNC;
  filter.allow(SCMP_SYS(open), {bits(1, writing, O_RDONLY)});
  filter.allow(SCMP_SYS(openat), {bits(2, writing, O_RDONLY)});
  filter.add(SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(openat2));
  filter.add(SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3));
  // A connected socket sends to its peer and to nobody else.
  filter.allow(SCMP_SYS(sendto), {equals(4, 0)});
  filter.allow(SCMP_SYS(setsockopt),
               {equals(1, SOL_UDP), equals(2, UDP_SEGMENT)}); // how it cuts what it sends
  filter.allow(SCMP_SYS(prlimit64), {equals(2, 0)});          // reading
  if (kSanitized) return;

  filter.allow(SCMP_SYS(clone), {bits(0, CLONE_THREAD, CLONE_THREAD)});
  filter.add(SCMP_ACT_KILL_PROCESS, SCMP_SYS(clone), {bits(0, CLONE_THREAD, 0)});
  // Memory is data, never code; and private, because the limit of memory counts no other.
  filter.allow(SCMP_SYS(mmap), {bits(2, PROT_EXEC, 0), bits(3, MAP_TYPE, MAP_PRIVATE)});
  filter.allow(SCMP_SYS(mmap), {bits(2, PROT_EXEC | PROT_WRITE, 0), bits(3, MAP_ANONYMOUS, 0)});
  filter.allow(SCMP_SYS(mprotect), {bits(2, PROT_EXEC, 0)});
  filter.allow(SCMP_SYS(kill), {equals(0, self)}); // abort()
  filter.allow(SCMP_SYS(tgkill), {equals(0, self)});
  for (const int command : {F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC})
    filter.allow(SCMP_SYS(fcntl), {equals(1, static_cast<std::uint64_t>(command))});
  for (const int option : {PR_SET_NAME, PR_GET_NAME, PR_SET_VMA})
    filter.allow(SCMP_SYS(prctl), {equals(0, static_cast<std::uint64_t>(option))});
}

bool contains(const Calls& calls, int call) {
  for (const int one : calls)
    if (one == call) return true;
  return false;
}

} // namespace

base::Result<void> restrict_system_calls() {
  Filter filter;
  for (const int call : kAllowed)
    filter.add(SCMP_ACT_ALLOW, call);
  add_conditional(filter);
  for (const int call : kHostile)
    if (!kSanitized || !contains(kSanitizerNeeds, call)) filter.add(SCMP_ACT_KILL_PROCESS, call);
  if (kSanitized)
    for (const int call : kSanitizerNeeds)
      filter.add(SCMP_ACT_ALLOW, call);
  if (const int error = filter.load(); error != 0)
    return base::fail(base::ErrorCode::unavailable, std::string("seccomp: ") + std::strerror(error));
  return {};
}

} // namespace plenum::media
