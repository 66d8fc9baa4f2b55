// Between the door and one worker: names of peers, and sockets of validated address pairs.
//
// The worker listens on a Unix SOCK_SEQPACKET socket (it owns no way to connect); the door connects to it
// when control attaches the worker. One datagram is one message: a type byte, then fixed binary fields, then
// the rest. Opened carries one descriptor (SCM_RIGHTS): a UDP or TCP socket already connected to the remote
// address.
//   worker → door: Register, Unregister, Closed, Stray, Deposit, Kept
//   door → worker: Welcome, Registered, Opened, Stray, and after Welcome what a dead worker of the same
//   prefix left behind: Kept and Deposit, then Handed
// Deposit holds secrets and is wiped wherever it has passed. A ufrag outside the worker's prefix is refused
// with Registered{accepted=false}. After a reconnect of the door the worker registers everything again.
// Owner: value.
#pragma once

#include "base/bytes.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace plenum::link {

// An IP endpoint; IPv4 addresses are mapped into ::ffff:0:0/96.
struct Endpoint {
  std::array<std::uint8_t, 16> address{};
  std::uint16_t port = 0;
  bool operator==(const Endpoint&) const = default;
};

struct Welcome { // first message of the door
  std::string ufrag_prefix;
};

struct Register { // admit checks for this peer: local ufrag and password, both at most 64 characters
  std::string ufrag;
  std::string password;
};

struct Registered {
  std::string ufrag;
  bool accepted = false;
};

struct Unregister { // no new pairs; sockets already handed over live on
  std::string ufrag;
};

struct Opened { // one descriptor comes with it
  std::string ufrag;
  Endpoint local, remote;
  bool tcp = false; // `first` is one RFC 4571 payload without its length, `rest` bytes read beyond it
  std::vector<std::uint8_t> first; // the datagram that proved the pair, at most 2048 bytes
  std::vector<std::uint8_t> rest;
};

// A datagram that a fresh socket caught before it was connected: it belongs to somebody else.
struct Stray {
  Endpoint local, remote;
  std::vector<std::uint8_t> datagram;
};

struct Closed { // the worker has closed its descriptor; the door drops its duplicate
  std::string ufrag;
  Endpoint remote;
  bool tcp = false;
};

// What a successor needs of the leg with this name, opaque to the door, which keeps the last of each part.
// The outline holds no secret and is enough to offer the leg again; it makes session and marks before it
// void. Session (with keys) and marks are kept in locked memory; a new session makes the marks before it
// void.
enum class DepositPart : std::uint8_t { session, marks, outline };
struct Deposit {
  std::string ufrag;
  DepositPart part = DepositPart::session;
  std::vector<std::uint8_t> bytes; // at most kDepositBytes
};

// The socket of a pair that is open already: from a worker to a door that does not know it yet (no
// descriptor), or from the door to the worker that takes a dead one's place (with its descriptor). UDP only.
struct Kept {
  std::string ufrag;
  Endpoint local, remote;
};

struct Handed { // all of it has been said
  std::uint32_t legs = 0;
};

using DoorMessage =
    std::variant<Welcome, Register, Registered, Unregister, Opened, Stray, Closed, Deposit, Kept, Handed>;

inline constexpr std::size_t kDepositBytes = 14 * 1024;
inline constexpr std::size_t kDoorMessageBytes = 16 * 1024;

std::vector<std::uint8_t> encode(const DoorMessage& message);
std::optional<DoorMessage> decode_door(base::Bytes bytes); // nullopt: malformed

} // namespace plenum::link
