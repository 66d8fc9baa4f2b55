#include "hub/worker_process.hpp"

#include "base/log.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <optional>
#include <poll.h>
#include <spawn.h>
#include <sstream>
#include <string_view>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace plenum::hub {

namespace log = base::log;
using base::ErrorCode;

namespace {

constexpr std::size_t kMostFailures = 10;
constexpr auto kReconnect = std::chrono::milliseconds(200);
constexpr auto kRetryWrite = std::chrono::milliseconds(5);
constexpr auto kLookAgain = std::chrono::milliseconds(100);
constexpr auto kInCircles = std::chrono::milliseconds(1000); // of processor time without a beat
constexpr auto kKillAfter = std::chrono::seconds(3);

std::unexpected<base::Error> system_error(const std::string& what) {
  return base::fail(ErrorCode::unavailable, what + ": " + std::strerror(errno));
}

base::Result<sockaddr_un> address_of(const std::filesystem::path& file) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (file.native().size() >= sizeof address.sun_path)
    return base::fail(ErrorCode::invalid, file.string() + ": too long for a socket");
  std::memcpy(address.sun_path, file.c_str(), file.native().size());
  return address;
}

// A listening socket for the worker, above the descriptors it will be moved to.
base::Result<Descriptor> listen_at(const std::filesystem::path& file, int type) {
  const auto address = address_of(file);
  if (!address) return std::unexpected(address.error());
  ::unlink(file.c_str());
  const Descriptor low(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  if (!low) return system_error("socket");
  ::fchmod(low.get(), S_IRUSR | S_IWUSR); // before it has a name: no moment in which others may connect
  if (::bind(low.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0 ||
      ::listen(low.get(), 8) != 0)
    return system_error(file.string());
  Descriptor high(::fcntl(low.get(), F_DUPFD_CLOEXEC, 10));
  if (!high) return system_error("fcntl");
  return high;
}

// By number: sys/pidfd.h of Debian 12 lacks extern "C".
int open_pidfd(std::int64_t process) {
  return static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(process), 0));
}

// Settings are ours, and some are secrets.
std::vector<char*> environment_of_worker() {
  std::vector<char*> out;
  for (char** entry = environ; *entry != nullptr; ++entry)
    if (!std::string_view(*entry).starts_with("PLENUM_")) out.push_back(*entry);
  out.push_back(nullptr);
  return out;
}

std::string how_it_ended(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED) return "exit status " + std::to_string(info.si_status);
  const auto signal = "signal " + std::to_string(info.si_status);
  return info.si_status == SIGSYS ? signal + ": it made a system call that its confinement forbids" : signal;
}

// The thread that carries media and the link is the process's first.
struct LoopThread {
  char state = '?';
  std::int64_t ticks = 0; // of processor time
};
std::optional<LoopThread> loop_thread(std::int64_t process) {
  const auto id = std::to_string(process);
  std::ifstream in("/proc/" + id + "/task/" + id + "/stat");
  std::string line;
  if (!std::getline(in, line)) return std::nullopt;
  const auto name_end = line.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(line.substr(name_end + 1));
  LoopThread out;
  std::string skipped;
  std::int64_t user = 0, system = 0;
  fields >> out.state;
  for (int i = 0; i < 10; ++i)
    fields >> skipped;
  fields >> user >> system;
  out.ticks = user + system;
  return fields ? std::optional(out) : std::nullopt;
}

struct SpawnSettings {
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
  SpawnSettings(int link, int door) {
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0); // not our terminal
    posix_spawn_file_actions_adddup2(&actions, link, 3);
    posix_spawn_file_actions_adddup2(&actions, door, 4);
    posix_spawn_file_actions_addclosefrom_np(&actions, 5);
    posix_spawnattr_init(&attributes);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0); // a Ctrl-C for control is not meant for the media
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
};

} // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void Descriptor::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void WorkerProcess::Files::remove() const {
  std::error_code ignored;
  for (const auto& file : {link, door, pid})
    std::filesystem::remove(file, ignored);
}

WorkerProcess::WorkerProcess(const base::Env& env, base::Executor& executor, Wires& wires, Listener& listener,
                             WorkerId id, Files files)
    : born(executor.now()), env_(env.tagged("worker=" + std::to_string(id))), executor_(executor),
      wires_(wires), listener_(listener), id_(id), files_(std::move(files)) {}

WorkerProcess::~WorkerProcess() {
  *alive_ = false;
}

base::Result<void> WorkerProcess::spawn(const std::filesystem::path& executable,
                                        const std::vector<std::string>& arguments) {
  auto link = listen_at(files_.link, SOCK_STREAM);
  if (!link) return std::unexpected(link.error());
  auto door = listen_at(files_.door, SOCK_SEQPACKET);
  if (!door) return std::unexpected(door.error());

  std::vector<std::string> words{executable.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  words.insert(words.end(), {"--link-fd=3", "--door-fd=4", "--id=" + std::to_string(id_)});
  std::vector<char*> argv;
  for (auto& word : words)
    argv.push_back(word.data());
  argv.push_back(nullptr);

  const SpawnSettings settings(link->get(), door->get());
  auto environment = environment_of_worker();
  pid_t pid = 0;
  const int error = ::posix_spawn(&pid, executable.c_str(), &settings.actions, &settings.attributes,
                                  argv.data(), environment.data());
  if (error != 0) {
    files_.remove();
    errno = error;
    return system_error(executable.string());
  }
  process_ = pid;
  child_ = true;
  std::ofstream(files_.pid) << pid << '\n';
  auto ready = watch_process();
  if (ready) ready = connect();
  if (!ready) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    files_.remove();
  }
  return ready;
}

base::Result<void> WorkerProcess::adopt() {
  std::ifstream in(files_.pid);
  if (!(in >> process_) || process_ <= 1) return base::fail(ErrorCode::not_found, "no process is known");
  if (auto connected = connect(); !connected) return connected;
  return watch_process();
}

base::Result<void> WorkerProcess::watch_process() {
  pidfd_ = Descriptor(open_pidfd(process_));
  if (!pidfd_) return system_error("pidfd_open");
  process_watch_ = wires_.readable(pidfd_.get(), [this] { on_exit(); });
  return {};
}

base::Result<void> WorkerProcess::connect() {
  const auto address = address_of(files_.link);
  if (!address) return std::unexpected(address.error());
  link_ = Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!link_) return system_error("socket");
  if (::connect(link_.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
    const auto failed = system_error(files_.link.string());
    link_.reset();
    return failed;
  }
  const int buffer = 1 << 20; // a Scene and an answer go out in one piece
  ::setsockopt(link_.get(), SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
  session_ = std::make_unique<link::ControlSession>(executor_.now(), "control", ::getpid());
  link_watch_ = wires_.readable(link_.get(), [this] { on_readable(); });
  arm();
  flush();
  return {};
}

void WorkerProcess::break_link(const std::string& why) {
  if (!released) log::warn(env_.log_tag, "link broken", "why", why);
  const bool silent = why.starts_with("silent");
  disconnect();
  if (released || exited_) return;
  if (silent || ++failures_ > kMostFailures) return kill();
  connect_soon();
}

void WorkerProcess::connect_soon() {
  reconnect_ = executor_.after(kReconnect, [this] {
    if (exited_ || released) return;
    if (auto connected = connect(); !connected) break_link(connected.error().text);
  });
}

void WorkerProcess::disconnect() {
  link_watch_.reset();
  link_.reset();
  session_.reset();
  beat_.reset();
  retry_.reset();
}

void WorkerProcess::on_readable() {
  std::array<char, 65536> buffer;
  const auto alive = alive_;
  const auto got = ::recv(link_.get(), buffer.data(), buffer.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return break_link(got == 0 ? "closed by the worker" : std::strerror(errno));
  const bool before = greeted();
  auto* session = session_.get();
  auto messages = session_->on_bytes(executor_.now(), {buffer.data(), static_cast<std::size_t>(got)});
  if (!before && greeted()) {
    failures_ = 0;
    listener_.on_greeted(*this);
  }
  for (auto& message : messages) {
    if (!*alive || session_.get() != session) return;
    listener_.on_message(*this, std::move(message));
  }
  if (!*alive || session_.get() != session) return;
  if (!session_->broken().empty()) break_link(std::string(session_->broken()));
}

void WorkerProcess::send(const link::ToWorker& message) {
  if (!greeted()) return;
  session_->send(message);
  flush();
}

void WorkerProcess::flush() {
  if (!session_ || retry_ != nullptr) return;
  auto output = session_->take_output();
  std::size_t sent = 0;
  while (sent < output.size()) {
    const auto n = ::send(link_.get(), output.data() + sent, output.size() - sent, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break; // full, or broken: then reading says so
    sent += static_cast<std::size_t>(n);
  }
  if (sent == output.size()) return;
  session_->unwritten(output.substr(sent));
  retry_ = executor_.after(kRetryWrite, [this] {
    retry_.reset();
    flush();
  });
}

void WorkerProcess::arm() {
  // Looked at with every beat, and in between when a suspicion is due.
  const auto due =
      std::min(session_->next_deadline(),
               std::max(session_->heard() + link::ControlSession::kSuspicion, executor_.now() + kLookAgain));
  beat_ = executor_.at(due, [this] {
    if (hangs()) return break_link("silent: the process hangs");
    session_->on_deadline(executor_.now());
    if (!session_->broken().empty()) return break_link(std::string(session_->broken()));
    flush();
    arm();
  });
}

bool WorkerProcess::hangs() {
  const auto silence = executor_.now() - session_->heard();
  if (silence < link::ControlSession::kSuspicion) {
    cpu_at_suspicion_ = -1;
    return false;
  }
  pollfd asked{link_.get(), POLLIN, 0};
  if (::poll(&asked, 1, 0) == 1) return false; // we are late ourselves: it has spoken
  const auto loop = loop_thread(process_);
  if (!loop || loop->state != 'R') return true; // stopped, or asleep over something that is not its work
  // Able to run: starved, or turning in circles?
  if (cpu_at_suspicion_ < 0) cpu_at_suspicion_ = loop->ticks;
  const auto used =
      std::chrono::milliseconds((loop->ticks - cpu_at_suspicion_) * 1000 / ::sysconf(_SC_CLK_TCK));
  return used > kInCircles;
}

void WorkerProcess::stop(const std::string& why) {
  send(link::Shutdown{why});
  released = true;
  kill_ = executor_.after(greeted() ? base::Duration(kKillAfter) : base::Duration(0), [this] { kill(); });
}

void WorkerProcess::kill() {
  if (pidfd_ && !exited_) ::syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0);
}

void WorkerProcess::on_exit() {
  if (exited_) return;
  exited_ = true;
  std::string why = "exited";
  if (child_) {
    siginfo_t info{};
    if (::waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info, WEXITED | WNOHANG) == 0)
      why = how_it_ended(info);
  }
  disconnect();
  reconnect_.reset();
  kill_.reset();
  process_watch_.reset();
  files_.remove();
  listener_.on_exit(*this, why);
}

} // namespace plenum::hub
