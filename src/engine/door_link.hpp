// DoorLink: the worker's end of the door: registers names of peers, receives sockets of validated pairs.
//
// The door connects to our listening SOCK_SEQPACKET socket; a new connection replaces the old one, and
// everything is registered again. A name counts as known only after the door's acknowledgement, and only then
// may an answer go out: a check can never arrive before its name. What the door hands out after its Welcome,
// the legs of a dead worker, is collected until all has come. Owner: Worker. Thread: net. Architecture 2.2
// step 6, 5.3, 5.4.
#pragma once

#include "base/env.hpp"
#include "engine/event_loop.hpp"
#include "ice/address.hpp"
#include "link/door_messages.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

namespace plenum::engine {

// What a dead worker of the same room has left with the door.
struct Inheritance {
  struct Socket {
    link::Kept kept;
    int fd = -1;
  };
  struct Leg {
    std::string ufrag;
    std::vector<std::uint8_t> session, marks, outline; // wiped by whoever uses them, but the outline
  };
  std::vector<Socket> sockets;
  std::vector<Leg> legs;
};

class DoorLinkOwner {
 public:
  virtual ~DoorLinkOwner() = default;
  virtual void on_registered(const std::string& ufrag, bool accepted) = 0;
  // The owner takes `fd`.
  virtual void on_opened(base::Timestamp now, const link::Opened& opened, int fd) = 0;
  virtual void on_door_changed(base::Timestamp now) = 0; // another door, or none
  virtual void on_inheritance(base::Timestamp now) = 0;  // all is there: take_inheritance()
  virtual void on_stray_returned(base::Timestamp now, const link::Stray& stray) = 0;
};

class DoorLink final : private Watcher {
 public:
  static constexpr std::size_t kQueued = 1024; // messages while the door does not read

  // Takes ownership of the listening socket.
  DoorLink(const base::Env& env, EventLoop& loop, int listening, DoorLinkOwner& owner);
  ~DoorLink() override;
  DoorLink(const DoorLink&) = delete;
  DoorLink& operator=(const DoorLink&) = delete;

  void add(const std::string& ufrag, const std::string& password);
  void remove(const std::string& ufrag);
  void closed(const std::string& ufrag, const ice::PairKey& pair);
  void stray(const ice::TransportAddress& from, const ice::PairKey& pair, base::Bytes datagram);
  bool connected() const { return connection_ >= 0; }
  // Counts connections, so that a leg knows whether this door has heard of it.
  std::uint32_t epoch() const { return epoch_; }
  // True when the door has it for sure, even if this process dies now. Never queued.
  bool deposit(const std::string& ufrag, link::DepositPart part, std::vector<std::uint8_t> bytes);
  bool keep(const std::string& ufrag, const ice::PairKey& pair);
  bool has_inheritance() const { return handed_; } // perhaps an empty one; once for each connection
  Inheritance take_inheritance();                  // with its descriptors

 private:
  void on_ready(base::Timestamp now, std::uint32_t events) override;
  void accept_door();
  void receive(base::Timestamp now);
  void handle(base::Timestamp now, link::DoorMessage& message, int fd);
  void collect(link::DoorMessage& message, int fd);
  void abandon(Inheritance inheritance);
  void send(const link::DoorMessage& message);
  void flush();
  void disconnect();

  base::Env env_;
  EventLoop& loop_;
  int listening_, connection_ = -1;
  DoorLinkOwner& owner_;
  std::map<std::string, std::string> names_; // ufrag → password; bounded by the number of peers
  std::deque<std::vector<std::uint8_t>> queue_;
  std::uint32_t epoch_ = 0;
  Inheritance inheritance_;
  bool handed_ = false;
  base::Counter& dropped_;
};

link::Endpoint to_endpoint(const ice::TransportAddress& address);
ice::TransportAddress to_address(const link::Endpoint& endpoint, bool tcp);

} // namespace plenum::engine
