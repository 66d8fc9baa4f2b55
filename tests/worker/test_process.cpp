#include "tests/worker/test_process.hpp"

#include "ice/stun_message.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace plenum::test {
namespace {

sockaddr_un unix_address(const std::string& path) {
  sockaddr_un out{};
  out.sun_family = AF_UNIX;
  std::memcpy(out.sun_path, path.data(), path.size());
  return out;
}

Fd listen_at(const std::string& path, int type) {
  Fd socket(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  const auto at = unix_address(path);
  EXPECT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
  EXPECT_EQ(::listen(socket.get(), 4), 0);
  return socket;
}

Fd connect_to(const std::string& path, int type) {
  Fd socket(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  const auto at = unix_address(path);
  EXPECT_EQ(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
  EXPECT_EQ(::fcntl(socket.get(), F_SETFL, O_NONBLOCK), 0);
  return socket;
}

link::Endpoint endpoint(const ice::TransportAddress& address) {
  link::Endpoint out;
  out.port = address.port;
  out.address[10] = out.address[11] = 0xff;
  std::memcpy(out.address.data() + 12, address.ip.data(), 4);
  return out;
}

void send_with_fd(int socket, base::Bytes bytes, int fd) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  iovec data{const_cast<std::uint8_t*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  auto* part = CMSG_FIRSTHDR(&message);
  part->cmsg_level = SOL_SOCKET;
  part->cmsg_type = SCM_RIGHTS;
  part->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(part), &fd, sizeof fd);
  EXPECT_EQ(::sendmsg(socket, &message, MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
}

} // namespace

void Fd::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Fd udp_socket(std::uint16_t port) {
  Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&at), sizeof at), 0) << std::strerror(errno);
  return socket;
}

ice::TransportAddress local_address(int fd) {
  sockaddr_storage at{};
  socklen_t size = sizeof at;
  EXPECT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size), 0);
  return *ice::TransportAddress::from_sockaddr(reinterpret_cast<sockaddr&>(at), ice::Transport::udp);
}

Process::Process() : folder_((std::filesystem::temp_directory_path() / "plenum-worker-XXXXXX").string()) {
  EXPECT_NE(::mkdtemp(folder_.data()), nullptr);
  const auto link = listen_at(folder_ + "/link", SOCK_STREAM);
  const auto door = listen_at(folder_ + "/door", SOCK_SEQPACKET);
  // Out of the way of 3 and 4, whatever numbers they have.
  const Fd high_link(::fcntl(link.get(), F_DUPFD_CLOEXEC, 50)),
      high_door(::fcntl(door.get(), F_DUPFD_CLOEXEC, 50));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, high_link.get(), 3);
  posix_spawn_file_actions_adddup2(&actions, high_door.get(), 4);
  std::string path = PLENUM_MEDIA;
  std::array<std::string, 4> words = {path, "--link-fd=3", "--door-fd=4", "--log-text"};
  std::array<char*, 5> argv = {words[0].data(), words[1].data(), words[2].data(), words[3].data(), nullptr};
  EXPECT_EQ(::posix_spawn(&pid_, path.c_str(), &actions, nullptr, argv.data(), environ), 0);
  posix_spawn_file_actions_destroy(&actions);
}

Process::~Process() {
  if (!ended()) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

Fd Process::connect_link() const {
  return connect_to(folder_ + "/link", SOCK_STREAM);
}
Fd Process::connect_door() const {
  return connect_to(folder_ + "/door", SOCK_SEQPACKET);
}

std::optional<int> Process::ended() {
  if (pid_ < 0) return 0;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  pid_ = -1;
  return status;
}

void Control::send(const link::ToWorker& message) {
  session_.send(message);
  flush();
}

void Control::flush() {
  while (session_.has_output()) {
    auto output = session_.take_output();
    const auto sent = ::send(fd(), output.data(), output.size(), MSG_NOSIGNAL);
    if (sent == static_cast<ssize_t>(output.size())) continue;
    session_.unwritten(output.substr(static_cast<std::size_t>(std::max<ssize_t>(sent, 0))));
    return;
  }
}

void Control::on_readable(base::Timestamp now) {
  std::array<char, 65536> bytes;
  const auto got = ::recv(fd(), bytes.data(), bytes.size(), 0);
  if (got < 0) return;
  ended_ |= got == 0;
  for (auto& message : session_.on_bytes(now, {bytes.data(), static_cast<std::size_t>(got)}))
    heard_.push_back(std::move(message));
  EXPECT_EQ(session_.broken(), "");
}

void Control::on_time(base::Timestamp now) {
  if (session_.next_deadline() <= now) session_.on_deadline(now);
  flush();
}

Door::Door(Fd link) : link_(std::move(link)), public_(udp_socket(0)) {
  const auto welcome = link::encode(link::Welcome{"test"});
  EXPECT_GT(::send(link_.get(), welcome.data(), welcome.size(), MSG_NOSIGNAL), 0);
}

void Door::on_message() {
  std::array<std::uint8_t, link::kDoorMessageBytes> bytes;
  const auto got = ::recv(link_.get(), bytes.data(), bytes.size(), 0);
  if (got <= 0) return;
  const auto message = link::decode_door(base::Bytes(bytes).first(static_cast<std::size_t>(got)));
  ASSERT_TRUE(message);
  if (const auto* name = std::get_if<link::Register>(&*message)) {
    names_[name->ufrag] = name->password;
    const auto answer = link::encode(link::Registered{name->ufrag, true});
    EXPECT_GT(::send(link_.get(), answer.data(), answer.size(), MSG_NOSIGNAL), 0);
  } else if (const auto* gone = std::get_if<link::Unregister>(&*message)) {
    names_.erase(gone->ufrag);
  }
}

void Door::on_public() {
  std::array<std::uint8_t, 2048> bytes;
  sockaddr_storage from{};
  socklen_t size = sizeof from;
  const auto got =
      ::recvfrom(public_.get(), bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
  if (got <= 0) return;
  const auto first = base::Bytes(bytes).first(static_cast<std::size_t>(got));
  const auto check = ice::parse_stun(first);
  if (!check) return;
  const auto ufrag = std::string(check->username.substr(0, check->username.find(':')));
  const auto known = names_.find(ufrag);
  if (known == names_.end() || !ice::has_valid_integrity(*check, known->second)) return;
  open(ufrag, *ice::TransportAddress::from_sockaddr(reinterpret_cast<sockaddr&>(from), ice::Transport::udp),
       first);
}

void Door::open(const std::string& ufrag, const ice::TransportAddress& remote, base::Bytes first) {
  const auto socket = udp_socket(address().port);
  sockaddr_storage to{};
  const auto size = remote.to_sockaddr(to);
  ASSERT_EQ(::connect(socket.get(), reinterpret_cast<sockaddr*>(&to), size), 0);
  const auto message = link::encode(
      link::Opened{ufrag, endpoint(address()), endpoint(remote), false, {first.begin(), first.end()}, {}});
  send_with_fd(link_.get(), message, socket.get());
  ++opened;
}

} // namespace plenum::test
