// Calls: a member's transport, as a dialect sees it: offer in, answer out.
//
// `join` opens a leg on the room's media worker and seats the member only when the worker has answered, so
// that a bad offer never shows as a join and leave. A second join of the same member replaces its leg
// silently. Deadline of every request to the worker: 10 s. Errors: those of room::JoinMember, plus invalid
// (unusable SDP), unavailable (no worker, limit), timeout, not_found (leg unknown), gone (room ended). Owner:
// hub. Thread: core.
#pragma once

#include "base/ids.hpp"
#include "base/result.hpp"
#include "link/peer_messages.hpp"

#include <functional>
#include <string>
#include <vector>

namespace plenum::hub {

template <class T>
using Completion = std::move_only_function<void(base::Result<T>)>;

using PeerOptions = link::PeerOptions;
using SectionOrder = link::SectionOrder;

struct JoinRequest {
  std::string offer; // SDP
  PeerOptions options;
  std::string platform; // what the client calls itself
  bool video_on = true;
};

struct JoinAccepted {
  base::PeerId leg;
  std::string answer;                              // SDP
  bool audio = false, video = false, data = false; // what the client sends or has
  std::vector<std::string> session_attributes;     // "a=…" lines of the offer that media does not understand
};

class Calls {
 public:
  virtual ~Calls() = default;
  virtual void join(base::RoomId room, base::MemberId member, JoinRequest request,
                    Completion<JoinAccepted> done) = 0;
  // The client offers again on its live leg (its signaling came back, or it renegotiates).
  virtual void resume(base::RoomId room, base::MemberId member, base::PeerId leg, std::string offer,
                      Completion<JoinAccepted> done) = 0;
  // An offer of ours; hand the client's answer to `answer`. One at a time is the caller's business.
  virtual void offer(base::RoomId room, base::MemberId member, bool ice_restart,
                     Completion<std::string> done) = 0;
  virtual void answer(base::RoomId room, base::MemberId member, std::string answer) = 0;
  // Text for the member's data channel; dropped when there is none.
  virtual void send_data(base::RoomId room, base::MemberId member, std::string text) = 0;
};

} // namespace plenum::hub
