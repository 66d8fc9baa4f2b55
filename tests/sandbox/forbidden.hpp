// What a media worker must not be able to do, and how each attempt must end. One line is one attempt.
#pragma once

#include "tests/sandbox/confined.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <vector>

namespace plenum::media {

struct Forbidden {
  std::string name;
  Attempt attempt;
  std::string ends; // "SIGSYS": the process is killed; else the error
  bool for_sanitizers = false;
};

inline std::vector<Forbidden> forbidden() {
  static const auto call = [](auto... arguments) { return [=] { return ::syscall(arguments...); }; };
  static const auto read_of = [](const char* path) {
    return [=] { return ::open(path, O_RDONLY | O_CLOEXEC); };
  };
  static const auto write_of = [](const char* path, int flags) {
    return [=] { return ::open(path, flags | O_CLOEXEC, 0600); };
  };
  // Inherited by every attempt: a parent to hurt, sockets that could be turned elsewhere.
  static const pid_t parent = ::getpid();
  static const int udp = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  static const int tcp = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  static const sockaddr_in loopback{
      .sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
  static const auto* const at = reinterpret_cast<const sockaddr*>(&loopback);
  static const int child_flags = SIGCHLD;
  static char byte = 'x';
  static iovec piece{&byte, 1};
  static msghdr message{};
  message.msg_name = const_cast<sockaddr_in*>(&loopback), message.msg_namelen = sizeof loopback;
  message.msg_iov = &piece, message.msg_iovlen = 1;
  static const rlimit high{RLIM_INFINITY, RLIM_INFINITY};
  static const rlimit more_files{1U << 20, 1U << 20};
  static clone_args process{};
  process.exit_signal = SIGCHLD;
  static const std::array<char*, 2> argv{const_cast<char*>("true"), nullptr};
  static const sched_param urgent{.sched_priority = 99};

  std::vector<Forbidden> all = {
      // The network.
      {"socketpair",
       [] {
         int two[2];
         return ::socketpair(AF_UNIX, SOCK_STREAM, 0, two);
       },
       "SIGSYS"},
      {"bind", [] { return ::bind(udp, at, sizeof loopback); }, "SIGSYS"},
      {"listen", [] { return ::listen(tcp, 1); }, "SIGSYS"},
      {"connect_udp", [] { return ::connect(udp, at, sizeof loopback); }, "SIGSYS"},
      {"connect_tcp", [] { return ::connect(tcp, at, sizeof loopback); }, "SIGSYS"},
      {"sendto_elsewhere", [] { return ::sendto(udp, "x", 1, 0, at, sizeof loopback); }, "EPERM"},
      {"sendmsg_elsewhere", [] { return ::sendmsg(udp, &message, 0); }, "EPERM"},
      {"accept_without_flags", [] { return ::accept(tcp, nullptr, nullptr); }, "EPERM"},
      // Other processes.
      {"fork", call(SYS_fork), "SIGSYS", true},
      {"vfork", call(SYS_vfork), "SIGSYS", true},
      {"clone_process", call(SYS_clone, child_flags, 0, 0, 0, 0), "SIGSYS", true},
      {"clone3", call(SYS_clone3, &process, sizeof process), "ENOSYS"},
      {"execve", [] { return ::execve("/bin/true", argv.data(), environ); }, "SIGSYS", true},
      {"execveat", [] { return ::syscall(SYS_execveat, AT_FDCWD, "/bin/true", argv.data(), environ, 0); },
       "SIGSYS"},
      {"ptrace_me", call(SYS_ptrace, 0, 0, 0, 0), "SIGSYS", true},
      {"ptrace_seize", call(SYS_ptrace, 0x4206, parent, 0, 0), "SIGSYS", true},
      {"process_vm_readv", call(SYS_process_vm_readv, parent, &piece, 1, &piece, 1, 0), "SIGSYS"},
      {"process_vm_writev", call(SYS_process_vm_writev, parent, &piece, 1, &piece, 1, 0), "SIGSYS"},
      {"pidfd_open", call(SYS_pidfd_open, parent, 0), "SIGSYS"},
      {"pidfd_getfd", call(SYS_pidfd_getfd, udp, 0, 0), "SIGSYS"},
      {"kill_parent", [] { return ::kill(parent, SIGCONT); }, "EPERM"},
      {"kill_everybody", [] { return ::kill(-1, 0); }, "EPERM", true},
      {"kill_group", [] { return ::kill(0, SIGCONT); }, "EPERM", true},
      {"tgkill_parent", call(SYS_tgkill, parent, parent, SIGCONT), "EPERM"},
      {"tkill_parent", call(SYS_tkill, parent, SIGCONT), "EPERM"},
      {"setpgid", [] { return ::setpgid(0, 0); }, "EPERM"},
      // Files.
      {"read_passwd", read_of("/etc/passwd"), "EACCES", true},
      {"read_shadow", read_of("/etc/shadow"), "EACCES"},
      {"read_own_memory", read_of("/proc/self/mem"), "EACCES", true},
      {"read_own_maps", read_of("/proc/self/maps"), "EACCES", true},
      {"read_environment_of_init", read_of("/proc/1/environ"), "EACCES"},
      {"read_own_program", read_of("/proc/self/exe"), "EACCES", true},
      {"read_here", read_of("README.md"), "EACCES", true},
      {"list_here", read_of("."), "EACCES", true},
      {"list_root", read_of("/"), "EACCES", true},
      {"write_own_memory", write_of("/proc/self/mem", O_RDWR), "EPERM"},
      {"create_here", write_of("sandbox-was-here", O_WRONLY | O_CREAT), "EPERM"},
      {"create_in_tmp", write_of("/tmp/sandbox-was-here", O_RDWR | O_CREAT | O_EXCL), "EPERM"},
      {"create_nameless", write_of("/tmp", O_TMPFILE | O_RDWR), "EPERM"},
      {"create_shared_memory", write_of("/dev/shm/sandbox-was-here", O_RDWR | O_CREAT), "EPERM"},
      {"open_to_append", write_of("README.md", O_WRONLY | O_APPEND), "EPERM"},
      {"openat2", call(SYS_openat2, AT_FDCWD, "/etc/passwd", &byte, 24), "ENOSYS"},
      {"creat", call(SYS_creat, "sandbox-was-here", 0600), "EPERM"},
      {"mkdir", call(SYS_mkdir, "sandbox-was-here", 0700), "EPERM"},
      {"unlink", call(SYS_unlink, "no-such-file"), "EPERM"},
      {"rename", call(SYS_rename, "no-such-file", "other"), "EPERM"},
      {"link", call(SYS_link, "README.md", "sandbox-was-here"), "EPERM"},
      {"symlink", call(SYS_symlink, "README.md", "sandbox-was-here"), "EPERM"},
      {"mknod", call(SYS_mknod, "sandbox-was-here", 0, 0), "EPERM"},
      {"truncate", call(SYS_truncate, "no-such-file", 0), "EPERM"},
      {"chmod", call(SYS_chmod, "README.md", 0644), "EPERM"},
      {"chown", call(SYS_chown, "README.md", -1, -1), "EPERM"},
      {"chdir", call(SYS_chdir, "/"), "EPERM"},
      {"inotify", call(SYS_inotify_init1, 0), "EPERM"},
      {"open_by_handle_at", call(SYS_open_by_handle_at, AT_FDCWD, &byte, 0), "SIGSYS"},
      {"name_to_handle_at", call(SYS_name_to_handle_at, AT_FDCWD, "/", 0, 0, 0), "SIGSYS"},
      {"memfd_create", call(SYS_memfd_create, "x", 0), "SIGSYS"},
      {"mount", call(SYS_mount, "none", "/tmp", "tmpfs", 0, 0), "SIGSYS"},
      {"umount2", call(SYS_umount2, "/no-such", 0), "SIGSYS"},
      {"fsopen", call(SYS_fsopen, "tmpfs", 0), "SIGSYS"},
      {"open_tree", call(SYS_open_tree, AT_FDCWD, "/", 0), "SIGSYS"},
      {"move_mount", call(SYS_move_mount, -1, "", -1, "", 0), "SIGSYS"},
      {"pivot_root", call(SYS_pivot_root, "/no-such", "/no-such"), "SIGSYS"},
      {"chroot", call(SYS_chroot, "/"), "SIGSYS"},
      {"unshare_user", call(SYS_unshare, CLONE_NEWUSER), "SIGSYS"},
      {"setns", call(SYS_setns, -1, 0), "SIGSYS"},
      // Doors into the kernel.
      {"bpf", call(SYS_bpf, 0, &byte, 1), "SIGSYS"},
      {"perf_event_open", call(SYS_perf_event_open, 0, 0, -1, -1, 0), "SIGSYS"},
      {"io_uring_setup", call(SYS_io_uring_setup, 1, 0), "SIGSYS"},
      {"io_uring_enter", call(SYS_io_uring_enter, -1, 0, 0, 0, 0, 0), "SIGSYS"},
      {"io_uring_register", call(SYS_io_uring_register, -1, 0, 0, 0), "SIGSYS"},
      {"io_setup", call(SYS_io_setup, 0, 0), "SIGSYS"},
      {"userfaultfd", call(SYS_userfaultfd, 0), "SIGSYS"},
      {"keyctl", call(SYS_keyctl, 0, 0, 0), "SIGSYS"},
      {"add_key", call(SYS_add_key, "user", "x", "y", 1, 0), "SIGSYS"},
      {"request_key", call(SYS_request_key, "user", "x", 0, 0), "SIGSYS"},
      {"init_module", call(SYS_init_module, 0, 0, ""), "SIGSYS"},
      {"finit_module", call(SYS_finit_module, -1, "", 0), "SIGSYS"},
      {"kexec_load", call(SYS_kexec_load, 0, 0, 0, 0), "SIGSYS"},
      {"vmsplice", call(SYS_vmsplice, -1, 0, 0, 0), "SIGSYS"},
      {"personality", call(SYS_personality, 0), "SIGSYS", true},
      {"ioctl_terminal_input", [] { return ::ioctl(0, TIOCSTI, &byte); }, "EPERM", true},
      {"timer_create", call(SYS_timer_create, CLOCK_REALTIME, 0, 0), "EPERM"},
      {"shmget", call(SYS_shmget, 1, 1, 0), "EPERM"},
      {"msgget", call(SYS_msgget, 1, 0), "EPERM"},
      {"semget", call(SYS_semget, 1, 1, 0), "EPERM"},
      {"a_number_that_no_kernel_has", call(9999L), "EPERM"},
      // The machine, and who one is.
      {"reboot", call(SYS_reboot, 0, 0, 0, 0), "SIGSYS"},
      {"syslog", call(SYS_syslog, 10, 0, 0), "SIGSYS"},
      {"settimeofday", call(SYS_settimeofday, 0, 0), "SIGSYS"},
      {"clock_settime", call(SYS_clock_settime, CLOCK_MONOTONIC, 0), "SIGSYS"},
      {"sethostname", call(SYS_sethostname, "x", 1), "SIGSYS"},
      {"setuid", call(SYS_setuid, 0), "SIGSYS"},
      {"setgid", call(SYS_setgid, 0), "SIGSYS"},
      {"setresuid", call(SYS_setresuid, 0, 0, 0), "SIGSYS"},
      {"setgroups", call(SYS_setgroups, 0, 0), "SIGSYS"},
      {"capset", call(SYS_capset, 0, 0), "SIGSYS"},
      // Its own limits.
      {"raise_descriptors", [] { return ::setrlimit(RLIMIT_NOFILE, &more_files); }, "EPERM"},
      {"raise_memory", call(SYS_prlimit64, 0, RLIMIT_DATA, &high, 0), "EPERM"},
      {"raise_limits_of_parent", call(SYS_prlimit64, parent, RLIMIT_NOFILE, &high, 0), "EPERM"},
      {"dumpable", [] { return ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); }, "EPERM", true},
      {"another_filter", call(SYS_seccomp, 1, 0, 0), "EPERM"},
      {"most_urgent", [] { return ::sched_setscheduler(0, SCHED_FIFO, &urgent); }, "EPERM"},
      {"set_affinity", call(SYS_sched_setaffinity, 0, 1, &byte), "EPERM"},
      {"owner_of_signals", [] { return ::fcntl(udp, F_SETOWN, parent); }, "EPERM", true},
      // Memory: no code, none that the limit does not count, not more than the limit.
      {"map_code",
       [] {
         return ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
                    ? -1L
                    : 0L;
       },
       "EPERM", true},
      {"make_code",
       [] {
         return ::mprotect(reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(&byte) & ~4095UL), 4096,
                           PROT_READ | PROT_EXEC);
       },
       "EPERM", true},
      {"map_shared",
       [] {
         return ::mmap(nullptr, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1L : 0L;
       },
       "EPERM", true},
      {"five_gigabytes",
       [] {
         return ::mmap(nullptr, 5UL << 30, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) == MAP_FAILED
                    ? -1L
                    : 0L;
       },
       "ENOMEM", true},
  };
  for (int family = 0; family < 64; ++family)
    all.push_back(
        {"socket_" + std::to_string(family), [family] { return ::socket(family, SOCK_DGRAM, 0); }, "SIGSYS"});
  return all;
}

} // namespace plenum::media
