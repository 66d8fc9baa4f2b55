// Member: one synthetic person: signaling, a Peer in the full ICE role on a UDP socket of its own, camera,
// microphone, and a record of what arrives.
//
// Behaves like a browser: answers server offers, NACK, PLI and FIR (inside Peer), sends nothing while it is
// not on the canvas, shows its camera at the size that it is asked for. A bad member does what its Badness
// says. Only verifying members decode. Owner: Run. Thread: main.
#pragma once

#include "apps/plenum_load/camera.hpp"
#include "apps/plenum_load/loop.hpp"
#include "apps/plenum_load/picture_reader.hpp"
#include "apps/plenum_load/sepp_client.hpp"
#include "apps/plenum_load/sounds.hpp"
#include "peer/browser.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>

namespace plenum::load {

class Member;

// What all members of a run share; outlives them.
struct World {
  const LoadOptions& options;
  base::Env env;
  Loop& loop;
  peer::PeerResources resources;
  const Clips* clips;        // nullptr: audio only
  const Clips* broken_clips; // for bad members
  const Voice& silence;
  ice::TransportAddress local; // port 0: where sockets are bound
};

// A member's place in the run.
struct Role {
  std::size_t room = 0, index = 0; // in the room; pilots are by index
  bool sends = true;               // a viewer does not
  const Voice* voice = nullptr;    // nullptr: silent
  bool verifies = false;
  Badness bad = Badness::none;
  Sabotage sabotage = Sabotage::none;
};

enum class Stage { seated, signaling, calling, connecting, connected, ended };
std::string_view to_string(Stage stage);

// How one camera looked in the received picture.
struct Watched {
  std::uint32_t number = 0;   // shown last
  std::uint64_t pictures = 0; // different ones
  base::Timestamp renewed{};
  base::Duration longest{}; // without a new one
};

// What arrived since the measurement began.
struct Seen {
  std::uint64_t frames = 0, keyframes = 0, bytes = 0, stalls = 0, sounds = 0;
  base::Duration longest_gap{}, longest_silence{}; // between two frames, between two packets
  std::uint64_t undecodable = 0, unreadable = 0;
  std::vector<float> latency_ms;
  std::map<std::string, Watched> cameras; // by client id
};

class Member final : private peer::PeerSink, private SeppOwner, private LoopClient {
 public:
  // Finds the camera behind a tile, for latency; nullptr: not one of ours.
  using FindMember = std::function<Member*(std::string_view client_id)>;

  Member(World& world, Seat seat, Role role, std::size_t voices, FindMember find);
  ~Member() override;
  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;

  void join(base::Timestamp now);
  void leave();
  void begin_measuring(base::Timestamp now);
  void end_measuring(base::Timestamp now);

  const Role& role() const { return role_; }
  const Seat& seat() const { return seat_; }
  Stage stage() const { return stage_; }
  const std::string& trouble() const { return trouble_; }
  const Seen& seen() const { return seen_; }
  const Ear* ear() const { return ear_.get(); }
  const std::vector<ShownTile>& tiles() const { return tiles_; }
  bool on_canvas() const { return on_canvas_; }
  int width() const { return width_; } // of what it receives
  int height() const { return height_; }
  base::Timestamp asked() const { return asked_; }             // when it began to join
  base::Timestamp connected() const { return connected_at_; }  // kNever: not
  base::Timestamp first_frame() const { return first_frame_; } // kNever: none
  peer::PeerStats counted() const;                             // since the measurement began
  const Camera* camera() const { return camera_.get(); }

 private:
  // PeerSink
  void transmit(const ice::PairKey& pair, base::Bytes datagram) override;
  void on_pair_closed(const ice::PairKey&) override {}
  void on_phase(peer::Phase phase, std::string_view detail) override;
  void on_audio(base::Timestamp now, const peer::IncomingAudio& packet) override;
  void on_video(base::Timestamp now, base::EncodedFrameRef frame) override;
  void on_data_open() override {}
  void on_data_text(std::string_view text) override;
  void on_keyframe_wish(base::Timestamp) override;
  // SeppOwner
  void on_signaling_open() override;
  void on_call_accepted(std::string_view answer) override;
  void on_server_offer(std::string_view offer) override;
  void on_tiles(std::vector<ShownTile> tiles, bool presenting) override;
  void on_call_ended(std::int64_t code, std::string_view why) override;
  // LoopClient
  void on_readable(base::Timestamp now) override;
  void on_deadline(base::Timestamp now) override;

  bool open_socket();
  void close_socket();
  void start_media(base::Timestamp now);
  void send_picture(base::Timestamp now);
  void send_sound(base::Timestamp now);
  void misbehave(base::Timestamp now);
  void look(base::Timestamp now, const base::EncodedFrame& frame);
  void arm();
  void send_now(const ice::PairKey& pair, base::Bytes datagram) const;
  void send_delayed(base::Timestamp now);

  World& world_;
  Seat seat_;
  Role role_;
  FindMember find_;
  std::unique_ptr<SeppClient> sepp_;
  std::unique_ptr<peer::Peer> peer_;
  std::unique_ptr<Camera> camera_;
  std::unique_ptr<PictureReader> reader_;
  std::unique_ptr<Ear> ear_;
  int fd_ = -1;
  ice::TransportAddress local_;
  std::optional<ice::PairKey> pair_; // the last one used
  Loop::Handle timer_;
  Stage stage_ = Stage::seated;
  std::string trouble_;

  base::Timestamp next_frame_ = base::kNever, next_packet_ = base::kNever, next_prank_ = base::kNever;
  base::Timestamp first_sent_{};
  std::uint32_t audio_line_, video_line_;
  std::size_t packets_said_ = 0, pranks_ = 0;
  std::multimap<base::Timestamp, std::pair<ice::PairKey, std::vector<std::uint8_t>>> delayed_; // bounded
  std::vector<ShownTile> tiles_;
  bool on_canvas_ = false, presenting_ = false;

  bool measuring_ = false;
  Seen seen_;
  peer::PeerStats before_;
  int width_ = 0, height_ = 0;
  base::Timestamp last_frame_ = base::kNever, last_sound_ = base::kNever;
  base::Timestamp asked_ = base::kNever, connected_at_ = base::kNever, first_frame_ = base::kNever;
};

} // namespace plenum::load
