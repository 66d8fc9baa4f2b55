// MediaController: recording, snapshots, broadcasts, layout, layers and playbacks of a running meeting, by
// access key; forwards, by API key. Owner: Rest. Thread: core. Source: eyeson-api 3.11, 3.12, 3.16, 3.17,
// 3.21–3.28, 3.30, 3.31.
#pragma once

#include "api/eyeson/auth.hpp"
#include "net/router.hpp"
#include "room/commands.hpp"

namespace plenum::api::eyeson {

class MediaController {
 public:
  static constexpr std::size_t kMostUpload = 16 << 20; // bytes of a request with a picture

  explicit MediaController(Dialect& dialect) : dialect_(dialect) {}
  void add_routes(net::Router& router);

 private:
  void start_recording(const net::Request& request, net::Reply reply, const Access& access);
  void stop_recording(const net::Request& request, net::Reply reply, const Access& access);
  void take_snapshot(const net::Request& request, net::Reply reply, const Access& access);
  void show_snapshot(const net::Request& request, net::Reply reply, const Access& access);
  void start_broadcast(const net::Request& request, net::Reply reply, const Access& access);
  void change_broadcast(const net::Request& request, net::Reply reply, const Access& access);
  void stop_broadcast(const net::Request& request, net::Reply reply, const Access& access);
  void set_layout(const net::Request& request, net::Reply reply, const Access& access);
  void set_layer(const net::Request& request, net::Reply reply, const Access& access);
  void clear_layer(const net::Request& request, net::Reply reply, const Access& access);
  void start_playback(const net::Request& request, net::Reply reply, const Access& access);
  void stop_playback(const net::Request& request, net::Reply reply, const Access& access);

  void forward_source(const net::Request& request, net::Reply reply, const hub::AccountInfo& account);
  void forward_canvas(const net::Request& request, net::Reply reply, const hub::AccountInfo& account);
  void forward_playback(const net::Request& request, net::Reply reply, const hub::AccountInfo& account);
  void stop_forward(const net::Request& request, net::Reply reply, const hub::AccountInfo& account);
  void start_forward(const net::Request& request, net::Reply reply, const hub::AccountInfo& account,
                     room::ForwardWhat what);
  // Dispatches for the owner of the room; a conflict is a bad parameter here.
  void forward(net::Reply reply, const hub::AccountInfo& account, base::RoomId room, room::Command command,
               int success);

  Dialect& dialect_;
};

} // namespace plenum::api::eyeson
