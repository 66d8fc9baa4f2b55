#include "engine/pair_socket.hpp"

#include "base/alloc_counter.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/udp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace plenum::engine {
namespace {

// Smaller ones are not worth a call that sets the option; and whoever else holds this socket (the door, for a
// worker that comes after this one) never sends anything longer, so that nothing of it is cut.
constexpr std::size_t kLeastSegment = 500;
constexpr int kRun = 64; // datagrams per wake-up, so that one peer cannot starve the others

bool is_tcp(const ice::PairKey& pair) {
  return pair.local.transport == ice::Transport::tcp;
}

} // namespace

PairSocket::PairSocket(const base::Env& env, EventLoop& loop, rtp::PacketPool& packets, int fd,
                       ice::PairKey pair, PairSocketOwner& owner)
    : env_(env), loop_(loop), packets_(packets), fd_(fd), pair_(pair), owner_(owner),
      send_errors_(env.metrics.counter("plenum_media_send_errors_total")),
      pool_empty_(env.metrics.counter("plenum_packet_pool_empty_total")) {
  if (is_tcp(pair_)) {
    output_.reserve(kOutputBytes);
  } else {
    const int whole = 0; // what the socket's last owner may have set
    ::setsockopt(fd_, SOL_UDP, UDP_SEGMENT, &whole, sizeof whole);
  }
  loop_.watch(fd_, EPOLLIN, *this);
}

PairSocket::~PairSocket() {
  flush();
  loop_.forget(fd_);
  ::close(fd_);
}

void PairSocket::on_ready(base::Timestamp now, std::uint32_t events) {
  if ((events & EPOLLOUT) != 0) flush_stream();
  if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) == 0) return;
  if (is_tcp(pair_)) {
    read_stream(now);
  } else {
    read_datagrams(now);
  }
}

void PairSocket::read_datagrams(base::Timestamp now) {
  for (int i = 0; i < kRun; ++i) {
    auto packet = packets_.get();
    if (!packet) {
      pool_empty_.add();
      std::array<std::uint8_t, 1> lost{};
      if (::recv(fd_, lost.data(), lost.size(), MSG_DONTWAIT) < 0) break;
      continue;
    }
    sockaddr_storage source{};
    socklen_t source_size = sizeof source;
    const auto buffer = packet->buffer().first(rtp::Packet::kMostBytes);
    const auto got = ::recvfrom(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT | MSG_TRUNC,
                                reinterpret_cast<sockaddr*>(&source), &source_size);
    if (got < 0 && errno == ECONNREFUSED) continue; // an ICMP answer to something we sent; ICE decides
    if (got < 0) break;
    if (static_cast<std::size_t>(got) > buffer.size()) continue;
    packet->resize(static_cast<std::size_t>(got));
    const auto from =
        ice::TransportAddress::from_sockaddr(reinterpret_cast<const sockaddr&>(source), ice::Transport::udp);
    if (from && *from != pair_.remote) {
      owner_.on_stray(*from, pair_, packet->bytes());
    } else {
      owner_.on_datagram(now, pair_, std::move(packet));
    }
  }
  owner_.after_datagrams(now);
}

void PairSocket::feed_stream(base::Timestamp now, base::Bytes bytes) {
  while (!bytes.empty() && !reader_.failed()) {
    const auto room = reader_.writable();
    const auto count = std::min(room.size(), bytes.size());
    std::memcpy(room.data(), bytes.data(), count);
    reader_.commit(count);
    bytes = bytes.subspan(count);
    while (const auto frame = reader_.next()) {
      auto packet = packets_.get();
      if (!packet || frame->size() > rtp::Packet::kMostBytes || frame->empty()) continue;
      std::memcpy(packet->buffer().data(), frame->data(), frame->size());
      packet->resize(frame->size());
      owner_.on_datagram(now, pair_, std::move(packet));
    }
  }
}

void PairSocket::read_stream(base::Timestamp now) {
  std::array<std::uint8_t, 16 * 1024> bytes;
  const auto got = ::recv(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (got > 0) feed_stream(now, base::Bytes(bytes).first(static_cast<std::size_t>(got)));
  owner_.after_datagrams(now);
  const bool ended = got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
  if (ended || reader_.failed()) {
    loop_.forget(fd_);
    owner_.on_stream_ended(pair_);
  }
}

void PairSocket::send(base::Bytes datagram) {
  if (!is_tcp(pair_)) {
    // A run is of one size, and only its last segment may be shorter.
    const bool full = run_segments_ == kMostSegments || run_bytes_ + datagram.size() > run_.size();
    const bool ended = run_bytes_ < run_segments_ * segment_;
    if (run_segments_ > 0 && (full || ended || datagram.size() > segment_)) flush();
    if (datagram.size() > run_.size()) return send_errors_.add();
    if (run_segments_ == 0) segment_ = datagram.size();
    std::memcpy(run_.data() + run_bytes_, datagram.data(), datagram.size());
    run_bytes_ += datagram.size();
    ++run_segments_;
    return;
  }
  const auto header = ice::frame_header(datagram.size());
  if (output_.size() + header.size() + datagram.size() > kOutputBytes) {
    send_errors_.add();
    return;
  }
  output_.append(base::as_text(header));
  output_.append(base::as_text(datagram));
  flush_stream();
}

// By the socket's option and not by a control message: sendmsg may carry an address, and a worker that can
// call it could send anywhere.
bool PairSocket::cut_at(std::size_t size) {
  if (cut_ == size) return true;
  const int option = static_cast<int>(size);
  if (::setsockopt(fd_, SOL_UDP, UDP_SEGMENT, &option, sizeof option) != 0) return false;
  cut_ = size;
  return true;
}

bool PairSocket::send_run() {
  if (!offload_) return false;
  const bool sent =
      cut_at(segment_) && ::send(fd_, run_.data(), run_bytes_, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
  // Old kernels, paths without checksums in hardware, segments above the path's MTU, a strict sandbox.
  if (!sent &&
      (errno == EIO || errno == EINVAL || errno == EMSGSIZE || errno == ENOPROTOOPT || errno == EPERM))
    offload_ = false;
  return sent;
}

void PairSocket::flush() {
  if (run_segments_ == 0) return;
  const bool sent = run_segments_ > 1 && segment_ >= kLeastSegment && send_run();
  if (!sent && cut_ != 0 && (segment_ > cut_ || !offload_))
    cut_at(0); // or single ones would be cut or refused
  for (std::size_t at = 0; !sent && at < run_bytes_; at += segment_) {
    const auto size = std::min(segment_, run_bytes_ - at);
    if (::send(fd_, run_.data() + at, size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) send_errors_.add();
  }
  run_bytes_ = run_segments_ = 0;
}

void PairSocket::flush_stream() {
  while (!output_.empty()) {
    const auto sent = ::send(fd_, output_.data(), output_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) break;
    output_.erase(0, static_cast<std::size_t>(sent));
  }
  loop_.watch(fd_, output_.empty() ? std::uint32_t{EPOLLIN} : std::uint32_t{EPOLLIN} | EPOLLOUT, *this);
}

} // namespace plenum::engine
