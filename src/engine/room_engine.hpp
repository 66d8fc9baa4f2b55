// RoomEngine: one room in its worker: converges legs, mixer and canvas to what control wishes.
//
// Takes link messages (SyncRequest, Scene, peer requests), owns the legs, translates the Scene for the
// canvas, feeds the tiers, and reports facts. A leg's answer goes out only when the door has acknowledged its
// ICE name. Owner: Worker. Thread: net. Architecture 2.2, 2.3, 5.3.
#pragma once

#include "base/env.hpp"
#include "engine/audio_loop.hpp"
#include "engine/frame_clock.hpp"
#include "engine/leg.hpp"
#include "engine/link_server.hpp"
#include "engine/tier.hpp"
#include "link/messages.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace plenum::engine {

// The threads and tiers of a room, made when it gets its SyncRequest. See worker.cpp.
struct RoomMedia {
  AudioLoop& audio;
  FrameClock& video;
  std::vector<Tier*> tiers; // one per codec
};

class RoomEngine final : private LegOwner {
 public:
  static constexpr std::size_t kMostLegs = 1200;

  RoomEngine(LegWorld& world, RoomMedia media, link::RoomSettings settings,
             std::function<void(const link::FromWorker&)> report);
  ~RoomEngine() override;
  RoomEngine(const RoomEngine&) = delete;
  RoomEngine& operator=(const RoomEngine&) = delete;

  link::SyncState sync_state() const;
  void sync(base::Timestamp now, const link::SyncRequest& request);
  void handle(base::Timestamp now, const link::ToWorker& message);

  // Takes over what a dead worker of this room has left; reports which legs live on.
  void inherit(base::Timestamp now, Inheritance inheritance);
  void deposit(base::Timestamp now); // once a second, and to another door
  void on_registered(const std::string& ufrag, bool accepted);
  bool on_opened(base::Timestamp now, const link::Opened& opened, int fd); // false: nobody's, close it
  void on_stray_returned(base::Timestamp now, const link::Stray& stray);

  // From the audio loop and the encoders; returns when to be called again.
  base::Timestamp work(base::Timestamp now);
  // Twice a second: reports pictures whose size changed, and those that have stayed away for 5 s.
  void look_at_sources(base::Timestamp now);
  void count_legs(); // every few seconds, into the metrics
  void bury();       // end of a turn
  void close_all();

 private:
  struct Seen { // of a source's pictures
    std::uint64_t reported_size = 0, frames = 0;
    base::Timestamp since{}; // of the last one
  };
  struct Waiting { // an answer or offer that waits for the door
    std::string ufrag;
    link::FromWorker message;
  };
  void open_peer(base::Timestamp now, const link::OpenPeer& request);
  void update_peer(base::Timestamp now, const link::UpdatePeer& request);
  void offer_peer(base::Timestamp now, const link::OfferPeer& request);
  void answer_peer(base::Timestamp now, const link::AnswerPeer& request);
  void close_peer(base::PeerId peer);
  void apply(base::Timestamp now, const link::Scene& scene);
  void show(base::Timestamp now);
  void send_when_known(Leg& leg, bool wait, link::FromWorker message);
  void refuse(std::uint64_t request, base::PeerId peer, link::RefusalReason reason, std::string text);
  peer::PeerOptions peer_options(const link::PeerOptions& options) const;
  link::PeerAnswer answer_of(std::uint64_t request, Leg& leg, std::string sdp) const;
  void seat(Leg& leg);
  Leg& admit(base::PeerId peer, std::unique_ptr<Leg> leg);
  std::uint32_t free_handle() const;
  Leg* inherit_leg(base::Timestamp now, const Inheritance::Leg& left,
                   const std::vector<Inheritance::Socket>& sockets);
  Leg* leg(base::PeerId peer);
  Leg* leg_of_handle(std::uint32_t handle);
  void send_mix(base::Timestamp now, const MixOut& mix);
  void tell(const AudioNews& news);

  void on_leg_phase(Leg& leg, peer::Phase phase, std::string_view detail) override;
  void on_leg_data_open(Leg& leg) override;
  void on_leg_data(Leg& leg, std::string_view text) override;
  void on_leg_keyframe_wish(base::Timestamp now, Leg& leg) override;

  LegWorld& world_;
  RoomMedia media_;
  LegTotals totals_;
  link::RoomSettings settings_;
  std::function<void(const link::FromWorker&)> report_;
  link::Scene scene_;
  std::vector<base::PeerId> wanted_; // legs that control believes in
  std::map<base::PeerId, std::unique_ptr<Leg>> legs_;
  std::vector<Leg*> by_handle_; // index: handle; null when gone
  std::vector<std::unique_ptr<Leg>> buried_;
  std::vector<Waiting> waiting_;
  std::map<base::PeerId, Seen> seen_;
  std::vector<base::MemberId> talking_;
};

} // namespace plenum::engine
