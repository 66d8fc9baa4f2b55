// Leg: one Peer with its sockets, its way into mixer and canvas, and its timer: the joint between sans-IO and
// the world.
//
// Owner: RoomEngine. Thread: net.
#pragma once

#include "base/env.hpp"
#include "base/ids.hpp"
#include "base/strand_pool.hpp"
#include "engine/audio_input.hpp"
#include "engine/door_link.hpp"
#include "engine/event_loop.hpp"
#include "engine/leg_totals.hpp"
#include "engine/pair_socket.hpp"
#include "engine/video_source.hpp"
#include "peer/peer.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace plenum::engine {

class Leg;

class LegOwner {
 public:
  virtual ~LegOwner() = default;
  virtual void on_leg_phase(Leg& leg, peer::Phase phase, std::string_view detail) = 0;
  virtual void on_leg_data_open(Leg& leg) = 0;
  virtual void on_leg_data(Leg& leg, std::string_view text) = 0;
  virtual void on_leg_keyframe_wish(base::Timestamp now, Leg& leg) = 0;
};

// What all legs of a worker share; outlives them.
struct LegWorld {
  const base::Env& env;
  EventLoop& loop;
  base::StrandPool& pool;
  DoorLink& door;
  peer::PeerResources resources;
  bool continue_in_place = true;
  bool sockets_closed = false; // some leg has one to bury
};

class Leg final : private peer::PeerSink, private PairSocketOwner, private Sleeper {
 public:
  // `handle`: small number of this leg in mixer and canvas, unique in the worker's life.
  static base::Result<std::unique_ptr<Leg>> open(LegWorld& world, base::Timestamp now, base::PeerId id,
                                                 base::MemberId member, std::uint32_t handle,
                                                 peer::PeerOptions options, std::string_view offer,
                                                 LegOwner& owner);
  // A leg of a dead worker: in place when there are marks (nullptr: impossible; it is connected, and its
  // owner is not told), else to be offered again.
  static std::unique_ptr<Leg> inherit(LegWorld& world, base::Timestamp now, std::uint32_t handle,
                                      peer::PeerOptions options, const peer::LegSession& session,
                                      const peer::LegMarks* marks, LegOwner& owner);
  ~Leg() override;
  Leg(const Leg&) = delete;
  Leg& operator=(const Leg&) = delete;

  base::PeerId id() const { return id_; }
  base::MemberId member() const { return member_; }
  std::uint32_t handle() const { return handle_; }
  peer::Peer& peer() { return *peer_; }
  const std::shared_ptr<AudioInput>& audio() const { return audio_; }
  const std::shared_ptr<VideoSource>& video() const { return video_; }
  bool owns(const std::string& ufrag) const;
  bool runs_on(const ice::PairKey& pair) const { return peer_->runs_on(pair); }

  // Makes the door know the present ICE name; true when it did not know it yet (wait for on_registered).
  bool register_name();
  void take_socket(base::Timestamp now, const link::Opened& opened, int fd);
  void take_kept(const link::Kept& kept, int fd);
  // For the worker that may have to take our place: what changed since the last time (5.3).
  void deposit(base::Timestamp now);
  // A datagram of this pair that came another way than through its socket.
  void take_datagram(base::Timestamp now, const ice::PairKey& pair, base::Bytes datagram);
  // Nothing of this input may reach a decoder: it is suspected of killing workers.
  void quarantine(bool video, bool audio) {
    video_quarantined_ = video;
    audio_quarantined_ = audio;
  }
  bool has_socket(const ice::PairKey& pair) const { return socket(pair) != nullptr; }
  // After calls to peer() that may have changed its deadlines.
  void arm(base::Timestamp now);
  void count(LegTotals& totals); // what happened since the last time
  void bury();                   // destroys sockets that were closed; never from inside a callback

 private:
  Leg(LegWorld& world, base::PeerId id, base::MemberId member, std::uint32_t handle, LegOwner& owner);
  PairSocket* socket(const ice::PairKey& pair) const;

  void transmit(const ice::PairKey& pair, base::Bytes datagram) override;
  void on_pair_closed(const ice::PairKey& pair) override;
  void on_phase(peer::Phase phase, std::string_view detail) override;
  void on_audio(base::Timestamp now, const peer::IncomingAudio& packet) override;
  void on_video(base::Timestamp now, base::EncodedFrameRef frame) override;
  void on_data_open() override;
  void on_data_text(std::string_view text) override;
  void on_keyframe_wish(base::Timestamp now) override;
  void on_marks_spent() override;
  void on_datagram(base::Timestamp now, const ice::PairKey& pair, rtp::PacketRef packet) override;
  void on_stray(const ice::TransportAddress& from, const ice::PairKey& pair, base::Bytes datagram) override;
  void on_stream_ended(const ice::PairKey& pair) override;
  void after_datagrams(base::Timestamp now) override;
  void on_deadline(base::Timestamp now) override;

  static constexpr std::size_t kNames = 2;    // the present ICE name and the one before a restart
  static constexpr std::size_t kSockets = 16; // pairs of both

  LegWorld& world_;
  base::PeerId id_;
  base::MemberId member_;
  std::uint32_t handle_;
  LegOwner& owner_;
  EventLoop::TimerHandle timer_;
  std::shared_ptr<AudioInput> audio_;
  std::shared_ptr<VideoSource> video_;
  std::unique_ptr<peer::Peer> peer_;
  peer::PeerStats counted_;
  std::vector<std::string> names_;
  bool video_quarantined_ = false, audio_quarantined_ = false;
  std::tuple<std::uint32_t, std::uint32_t, bool> deposited_{}; // door's epoch, revision, with keys
  std::uint32_t seen_revision_ = 0;                            // of the session, at the last deposit
  struct Opened {
    std::unique_ptr<PairSocket> socket;
    std::string name;           // under which the door opened it
    std::uint32_t known_to = 0; // the door's epoch
  };
  std::vector<Opened> sockets_, closed_;
};

} // namespace plenum::engine
