// The running programs as an attacker and an operator would find them: how far media workers are confined,
// which ports are open, what becomes of a worker without memory.
#include "tests/process/client.hpp"

#include "apps/plenum_media/sandbox.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/stat.h>

namespace plenum::process {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

std::string text_of(const fs::path& file) {
  std::stringstream out;
  out << std::ifstream(file, std::ios::binary).rdbuf();
  return out.str();
}

fs::path proc(pid_t pid) {
  return fs::path("/proc") / std::to_string(pid);
}

// The rest of /proc/PID shows itself to root, and to others only of processes that may be dumped.
const std::vector<std::string> kReadable = {"--media-worker-dumps", "true"};

// The values of a line "Name:\tone\ttwo" of a status file.
std::vector<std::string> status_of(const fs::path& directory, const std::string& name) {
  std::ifstream in(directory / "status");
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(name + ":")) continue;
    std::stringstream words(line.substr(name.size() + 1));
    std::vector<std::string> out;
    for (std::string word; words >> word;)
      out.push_back(word);
    return out;
  }
  return {};
}

std::string limit_of(pid_t pid, const std::string& name) { // the hard one
  std::ifstream in(proc(pid) / "limits");
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(name)) continue;
    std::stringstream words(line.substr(name.size()));
    std::string soft, hard;
    words >> soft >> hard;
    return hard;
  }
  return "no such limit";
}

pid_t process_of(const Server& server, const std::string& worker) {
  for (const auto pid : children_of(server.pid()))
    if (text_of(proc(pid) / "cmdline").contains("--id=" + worker + '\0')) return pid;
  return 0;
}

// Somebody else's limits are his own or a capability's to change: this is done as that user.
bool limit_memory(pid_t pid, rlim_t bytes) {
  const auto uid = static_cast<uid_t>(std::stoul(status_of(proc(pid), "Uid").at(0)));
  const auto gid = static_cast<gid_t>(std::stoul(status_of(proc(pid), "Gid").at(0)));
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit little{bytes, bytes};
    const bool same =
        ::getuid() == uid || (::setresgid(gid, gid, gid) == 0 && ::setresuid(uid, uid, uid) == 0);
    ::_exit(same && ::prlimit(pid, RLIMIT_DATA, &little, nullptr) == 0 ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status == 0;
}

struct Confinement : Process {
  // A room with one call; says which worker has it.
  struct Busy {
    value room;
    std::unique_ptr<Socket> socket;
    std::string worker;
    pid_t process = 0; // of the worker
  };
  Busy busy_room(Server& server, const std::string& id) {
    const auto from = server.err.size();
    Busy out;
    out.room = open(server, id, "ann");
    out.socket = call(server, out.room);
    out.socket->wait_for("call_accepted");
    out.worker = text_at(server.wait_for("room has a worker", from), {"worker"});
    out.process = process_of(server, out.worker);
    EXPECT_NE(out.process, 0);
    return out;
  }
};

TEST_F(Confinement, every_thread_of_every_worker_is_confined) {
  make_key();
  Server server(data());
  const auto room = busy_room(server, "daily");                     // all threads run
  server.wait_for("confined", server.err.find("\"confined\"") + 1); // the next spare, too
  const auto workers = children_of(server.pid());
  EXPECT_EQ(workers.size(), 2U);
  std::set<std::string> users;
  for (const auto worker : workers) {
    int seen = 0;
    for (const auto& thread : fs::directory_iterator(proc(worker) / "task")) {
      const auto privileges = status_of(thread.path(), "NoNewPrivs");
      const auto filter = status_of(thread.path(), "Seccomp");
      const auto effective = status_of(thread.path(), "CapEff"),
                 permitted = status_of(thread.path(), "CapPrm");
      if (!fs::exists(thread.path())) continue; // ended: perhaps not all of it was read
      ++seen;
      EXPECT_THAT(privileges, ElementsAre("1"));
      EXPECT_THAT(filter, ElementsAre("2"));
      EXPECT_THAT(effective, ElementsAre("0000000000000000"));
      EXPECT_THAT(permitted, ElementsAre("0000000000000000"));
    }
    EXPECT_GT(seen, 0);
    if (!media::kSanitized) {
      EXPECT_EQ(limit_of(worker, "Max data size"), std::to_string(4096ULL << 20));
      struct stat memory{};
      ASSERT_EQ(::stat((proc(worker) / "mem").c_str(), &memory), 0);
      EXPECT_EQ(memory.st_uid, 0U) << "dumpable: its user may read its keys";
    }
    EXPECT_EQ(limit_of(worker, "Max core file size"), "0");
    EXPECT_EQ(limit_of(worker, "Max file size"), "0");
    EXPECT_LE(std::stoul(limit_of(worker, "Max open files")), 16384U);
    users.insert(status_of(proc(worker), "Uid").at(0));
    for (const auto* name : {"Uid", "Gid"}) {
      const auto all = status_of(proc(worker), name);
      EXPECT_EQ(std::ranges::count(all, all.at(0)), 4) << name;
      if (::getuid() == 0) EXPECT_NE(all.at(0), "0") << name;
    }
    if (::getuid() != 0) continue;
    EXPECT_THAT(status_of(proc(worker), "Groups"), IsEmpty());
    EXPECT_EQ(limit_of(worker, "Max processes"), "128");
  }
  if (::getuid() == 0) EXPECT_EQ(users.size(), workers.size()) << "workers share a user";
  EXPECT_EQ(server.find("this worker is not confined"), std::nullopt);
  EXPECT_EQ(server.end(), 0);
}

TEST_F(Confinement, workers_get_no_settings_and_no_terminal) {
  Server server(data(), kReadable, {"PLENUM_ICE_TURN_SECRET=never-for-media", "LANG=C"});
  server.wait_for("confined");
  for (const auto worker : children_of(server.pid())) {
    std::error_code error;
    EXPECT_EQ(fs::read_symlink(proc(worker) / "fd" / "0", error), "/dev/null") << error.message();
    EXPECT_THAT(text_of(proc(worker) / "environ"), HasSubstr("LANG=C"));
    EXPECT_THAT(text_of(proc(worker) / "environ"), Not(HasSubstr("never-for-media")));
  }
  EXPECT_EQ(server.end(), 0);
}

TEST_F(Confinement, it_is_given_up_only_by_name_and_not_silently) {
  Server server(data(), {"--media-sandbox", "false"});
  EXPECT_EQ(text_at(server.wait_for("media processes are not confined: media.sandbox is off"), {"level"}),
            "warn");
  EXPECT_EQ(text_at(server.wait_for("this worker is not confined"), {"level"}), "warn");
  for (const auto worker : children_of(server.pid()))
    EXPECT_THAT(status_of(proc(worker), "Seccomp"), ElementsAre("0"));
  EXPECT_EQ(server.end(), 0);
}

TEST_F(Confinement, the_user_of_workers_can_be_named) {
  if (::getuid() != 0) {
    const auto refused = run(Server::arguments(data(), {"--media-worker-user", "daemon"}));
    EXPECT_EQ(refused.status, 1);
    EXPECT_THAT(refused.err, HasSubstr("media.worker_user"));
    return;
  }
  for (const std::string name : {"root", "nobody-of-that-name"}) {
    const auto refused = run(Server::arguments(data(), {"--media-worker-user", name}));
    EXPECT_EQ(refused.status, 1);
    EXPECT_THAT(refused.err, HasSubstr("media.worker_user"));
    EXPECT_THAT(refused.err, HasSubstr(name));
  }
  make_key();
  Server server(data(), {"--media-worker-user", "daemon"});
  const auto room = busy_room(server, "daily");
  const auto* const daemon = ::getpwnam("daemon");
  ASSERT_NE(daemon, nullptr);
  ASSERT_NE(room.process, 0);
  EXPECT_EQ(status_of(proc(room.process), "Uid").at(0), std::to_string(daemon->pw_uid));
  EXPECT_EQ(server.end(), 0);
}

TEST_F(Confinement, a_forbidden_call_is_named_as_the_cause) {
  make_key();
  Server server(data());
  const auto room = busy_room(server, "daily");
  ASSERT_NE(room.process, 0);
  ::kill(room.process, SIGSYS); // as seccomp ends it
  EXPECT_THAT(text_at(server.wait_for("media worker died"), {"why"}), HasSubstr("confinement forbids"));
  EXPECT_EQ(server.end(), 0);
}

TEST_F(Confinement, a_confined_worker_leaves_its_legs_to_the_next_one) {
  make_key();
  Server server(data());
  const auto room = busy_room(server, "daily");
  ASSERT_NE(room.process, 0);
  ::kill(room.process, SIGKILL);
  EXPECT_EQ(text_at(room.socket->wait_for("sdp_update"), {"data", "sdp", "type"}), "offer");
  EXPECT_THAT(ask("GET", server.admin + "/metrics").body,
              HasSubstr("plenum_repair_legs_total{rung=\"offered_again\"} 1\n"));
  EXPECT_EQ(server.end(), 0);
}

TEST_F(Confinement, a_worker_without_memory_dies_alone) {
  make_key();
  Server server(data());
  const auto poor = busy_room(server, "poor"), rich = busy_room(server, "rich");
  ASSERT_NE(poor.process, 0);
  ASSERT_NE(rich.process, 0);
  // It has reached its limit: what it holds is more than it may have, so the next block is refused.
  ASSERT_TRUE(limit_memory(poor.process, 1 << 20));
  std::vector<std::unique_ptr<Socket>> more;
  const auto died = [&] { return ::kill(poor.process, 0) != 0; };
  for (int joins = 0; joins < 20 && !died(); ++joins) {
    more.push_back(call(server, open(server, "poor", "member-" + std::to_string(joins))));
    loop.run_until([&] { return died() || more.back()->closed || !more.back()->frames.empty(); }, kPatience);
  }
  const auto death = server.wait_for("media worker died");
  EXPECT_EQ(text_at(death, {"worker"}), poor.worker);
  // Whoever asks first dies: our code with last words (SIGABRT), GLib below the text with its own (SIGTRAP).
  const auto why = text_at(death, {"why"});
  if (!media::kSanitized) EXPECT_THAT(why, AnyOf(StartsWith("signal 6"), StartsWith("signal 5")));
  if (why.starts_with("signal 6") && !media::kSanitized) {
    const auto last_words = server.wait_for("out of memory");
    EXPECT_EQ(text_at(last_words, {"process"}), "media-" + poor.worker);
  }
  // Its room goes on with another worker, the other room with the same one.
  const auto again = server.wait_for("room has a worker", server.err.find("media worker died"));
  EXPECT_NE(text_at(again, {"worker"}), poor.worker);
  EXPECT_NE(text_at(again, {"worker"}), rich.worker);
  call(server, open(server, "poor", "eve"))->wait_for("call_accepted");
  call(server, open(server, "rich", "eve"))->wait_for("call_accepted");
  EXPECT_TRUE(children_of(server.pid()).contains(rich.process));
  EXPECT_EQ(process_of(server, rich.worker), rich.process);
  EXPECT_FALSE(rich.socket->closed);
  EXPECT_EQ(server.end(), 0);
}

// Sockets that wait for strangers, by the process that holds them.
struct Open {
  std::set<std::string> tcp, udp;     // "address:port" as the kernel writes it, hexadecimal
  std::set<std::string> unix_sockets; // paths, or what else the kernel says
};

std::set<std::string> inodes_of(pid_t pid) {
  std::set<std::string> out;
  std::error_code error;
  for (const auto& fd : fs::directory_iterator(proc(pid) / "fd", error)) {
    const auto to = fs::read_symlink(fd.path(), error).string();
    if (to.starts_with("socket:[")) out.insert(to.substr(8, to.size() - 9));
  }
  return out;
}

void read_internet(const std::string& table, const std::string& state, const std::set<std::string>& inodes,
                   std::set<std::string>& into) {
  std::ifstream in("/proc/net/" + table);
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    std::stringstream words(line);
    std::vector<std::string> word;
    for (std::string one; words >> one;)
      word.push_back(one);
    if (word.size() > 9 && word[3] == state && inodes.contains(word[9])) into.insert(word[1]);
  }
}

Open open_of(const std::set<pid_t>& processes) {
  std::set<std::string> inodes;
  for (const auto pid : processes)
    inodes.merge(inodes_of(pid));
  Open out;
  for (const std::string table : {"tcp", "tcp6"})
    read_internet(table, "0A", inodes, out.tcp);
  for (const std::string table : {"udp", "udp6"})
    read_internet(table, "07", inodes, out.udp);
  std::ifstream in("/proc/net/unix");
  std::string line;
  while (std::getline(in, line)) {
    std::stringstream words(line);
    std::string number, references, protocol, flags, type, state, inode, path;
    words >> number >> references >> protocol >> flags >> type >> state >> inode >> path;
    if (flags == "00010000" && inodes.contains(inode)) out.unix_sockets.insert(path);
  }
  return out;
}

bool is_loopback(const std::string& at) {
  return at.starts_with("0100007F:") || at.starts_with("00000000000000000000000001000000:");
}

std::set<int> ports(const std::set<std::string>& all, bool loopback) {
  std::set<int> out;
  for (const auto& at : all)
    if (is_loopback(at) == loopback) out.insert(std::stoi(at.substr(at.rfind(':') + 1), nullptr, 16));
  return out;
}

TEST_F(Confinement, two_public_ports_and_not_one_more) {
  make_key();
  auto arguments = Server::arguments(data(), kReadable);
  arguments.insert(arguments.end(), {"--http-address", "0.0.0.0"});
  const auto listen = std::ranges::find(arguments, "--media-listen"); // as installed: all addresses
  arguments.erase(listen, listen + 2);
  Program server(PLENUM_PROGRAM, arguments);
  const auto serving = server.wait_for("serving");
  server.wait_for("confined");
  const auto port = [&](const char* name) { return std::stoi(text_at(serving, {name})); };

  auto processes = children_of(server.pid());
  const auto of_workers = open_of(processes);
  EXPECT_THAT(of_workers.tcp, IsEmpty());
  EXPECT_THAT(of_workers.udp, IsEmpty());
  EXPECT_FALSE(of_workers.unix_sockets.empty());
  processes.insert(server.pid());
  const auto all = open_of(processes);
  EXPECT_EQ(ports(all.tcp, false), (std::set{port("http"), port("media")}));
  EXPECT_EQ(ports(all.udp, false), std::set{port("media")});
  EXPECT_EQ(ports(all.tcp, true), std::set{port("admin")});
  EXPECT_THAT(ports(all.udp, true), IsEmpty());
  for (const auto& path : all.unix_sockets) {
    ASSERT_THAT(path, StartsWith((data() / "run").string())); // a file, not an abstract name
    EXPECT_EQ(fs::status(path).permissions() & fs::perms::all,
              fs::perms::owner_read | fs::perms::owner_write);
  }
  EXPECT_EQ(fs::status(data() / "run").permissions() & fs::perms::all, fs::perms::owner_all);
  EXPECT_EQ(fs::status(data()).permissions() & fs::perms::all, fs::perms::owner_all);
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0);
}

} // namespace
} // namespace plenum::process
