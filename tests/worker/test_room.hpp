// A room in a real worker: browsers with a colour and a tone each, and one loop that serves all. Tests only.
#pragma once

#include "audio/opus.hpp"
#include "sim/party.hpp"
#include "tests/worker/test_process.hpp"
#include "video/decoder.hpp"
#include "video/encoder.hpp"
#include "video/frame_pool.hpp"

#include <cmath>
#include <functional>
#include <memory>

namespace plenum::test {

struct Yuv {
  int y = 0, u = 0, v = 0;
};

// One participant over a real UDP socket: a plain colour, a sine, and eyes and ears for the mix.
class Browser final : public sim::Carrier {
 public:
  Browser(const base::Env& env, sim::Kit& kit, video::Yuv colour, double tone_hz);

  int fd() const { return socket_.get(); }
  void carry(const ice::PairKey& pair, base::Bytes datagram) override;
  void on_readable(base::Timestamp now);
  // The newest decoded picture at a place (px); nothing before the first.
  std::optional<Yuv> pixel(int x, int y) const;
  int width() const { return width_; }
  // Strength of a tone in the last half second heard, relative to full scale.
  double hears(double hz) const;

  base::PeerId peer;
  base::MemberId member;
  sim::Party party;
  ice::TransportAddress address;

 private:
  base::EncodedFrameRef take_picture(bool key);
  std::vector<std::uint8_t> record_sound();
  void look(const base::EncodedFrame& frame);
  void listen(base::Bytes opus);

  base::Env env_;
  Fd socket_;
  video::FramePool pictures_;
  video::Yuv colour_;
  std::unique_ptr<video::Encoder> camera_;
  std::unique_ptr<video::Decoder> screen_;
  std::int64_t picture_number_ = 0;
  double tone_hz_, phase_ = 0;
  audio::Encoder microphone_;
  audio::Decoder speaker_;
  std::vector<float> heard_; // the last half second
  std::vector<std::uint8_t> luma_, u_, v_;
  int width_ = 0, height_ = 0;
};

class Room {
 public:
  Room();

  // Runs everything until `done`, at most `patience`.
  bool run_until(const std::function<bool()>& done, base::Duration patience = std::chrono::seconds(60));
  void run_for(base::Duration time) {
    run_until([] { return false; }, time);
  }
  void reconnect_control();
  void sync();
  // Joins and waits until connected.
  bool join(Browser& browser);
  // Members side by side, in this order.
  void show(const std::vector<Browser*>& order);
  std::int64_t metric(std::string_view name);

  base::Env env;
  base::RoomId id;
  Process process;
  std::optional<Control> control;
  std::optional<Door> door;
  sctp::SctpClock sctp;
  sim::Kit kit;
  std::vector<Browser*> browsers;
  link::Scene scene;

 private:
  std::uint64_t requests_ = 0;
};

} // namespace plenum::test
