// ICE-TCP connections between accept and their first frame.
//
// A connection has a few seconds to deliver one RFC 4571 frame of at most 1,500 bytes; the number of such
// connections is bounded. Never more than that frame is read, so that the worker finds the rest of the stream
// in the socket. Owner: door. Thread: door. RFC 4571, RFC 6544.
#pragma once

#include "base/bytes.hpp"
#include "base/units.hpp"
#include "door/fd.hpp"
#include "ice/stun_message.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>

namespace plenum::door {

class TcpEntrance {
 public:
  static constexpr std::size_t kFrameBytes = ice::kStunMaxBytes;

  struct Connection {
    Fd socket;
    ice::TransportAddress local, remote;
    base::Timestamp deadline = base::kNever;
    std::array<std::uint8_t, 2 + kFrameBytes> buffer;
    std::size_t filled = 0;

    base::Bytes frame() const { return base::Bytes(buffer).subspan(2, filled - 2); }
  };
  using ConnectionPtr = std::unique_ptr<Connection>;

  TcpEntrance(std::size_t max_pending, base::Duration timeout)
      : max_pending_(max_pending), timeout_(timeout) {}

  bool is_full() const { return pending_.size() >= max_pending_; }
  std::size_t size() const { return pending_.size(); }
  // The descriptor is the connection's key from now on.
  void add(base::Timestamp now, Fd socket);

  enum class Progress { waiting, complete, broken };
  Progress read(int fd);
  ConnectionPtr take(int fd);              // removes it; nullptr when there is none
  std::size_t expire(base::Timestamp now); // closes the late ones, tells how many
  base::Timestamp next_deadline() const;

 private:
  std::size_t max_pending_;
  base::Duration timeout_;
  std::unordered_map<int, ConnectionPtr> pending_;
};

} // namespace plenum::door
