// Door: the one public media port of a machine, UDP and TCP. It knows STUN and nothing else.
//
// A datagram from an unknown address pair is looked at only if it is a binding request for a name that a
// worker has registered, made with that name's password. Then the door opens a socket for exactly this pair
// (bound to the address the datagram was sent to, connected to its sender) and hands it to the worker with
// the datagram; from there on the kernel delivers to the worker. ICE-TCP connections go the same way after
// their first frame. Everything else is dropped and counted (plenum_door_*). docs/architecture.md, 5.4.
// Owner: process (control or media node). Thread: public methods any, the rest its own. RFC 8445, 8489, 6544,
// 4571.
#pragma once

#include "base/env.hpp"
#include "base/result.hpp"
#include "base/units.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace plenum::door {

struct DoorConfig {
  std::vector<std::string> addresses = {"0.0.0.0",
                                        "::"}; // numeric; an IPv6 one that is not available is skipped
  std::uint16_t port = 10000;                  // UDP and TCP; 0 chooses one
  bool tcp = true;
  bool stun = true; // answer binding requests without USERNAME with the reflexive address

  // Admissions of new pairs: token buckets in pairs and pairs per second.
  double source_burst = 64, source_rate = 32; // per source address (IPv6: per /64)
  double machine_burst = 4096, machine_rate = 2048;
  double stun_burst = 16, stun_rate = 8; // plain STUN answers per source address
  std::size_t pairs_per_peer = 8;
  std::size_t max_pairs = 16384;
  std::size_t max_names_per_worker = 8192;
  std::size_t max_pending_tcp = 256; // connections without a complete first frame
  base::Duration first_frame_timeout = std::chrono::seconds(3);
};

class Door {
 public:
  Door(const base::Env& env, DoorConfig config);
  ~Door(); // stops
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;

  // Opens the sockets and starts the thread. ErrorCode::unavailable: the port is taken or may not be bound.
  base::Result<void> start();
  void stop();                // closes everything; sockets already handed over live on in the workers
  std::uint16_t port() const; // after start()

  // The worker listens on `socket_path` (SOCK_SEQPACKET) and may register names that begin with
  // `ufrag_prefix`, which is never empty. The door connects, and reconnects until `detach`. A second attach
  // replaces the first. False when the door's mailbox is full.
  bool attach(std::uint64_t worker, std::string socket_path, std::string ufrag_prefix);
  // Forgets the worker's names and closes the duplicates of its sockets.
  bool detach(std::uint64_t worker);

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

} // namespace plenum::door
