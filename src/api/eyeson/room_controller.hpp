// RoomController: the REST endpoints of rooms, users, guests, messages, lock and presentation.
// Owner: apps/plenum. Thread: core. Source: eyeson-api 3.1–3.10, 3.29.
#pragma once

#include "api/eyeson/auth.hpp"
#include "net/router.hpp"
#include "room/commands.hpp"

namespace plenum::api::eyeson {

class RoomController {
 public:
  explicit RoomController(Dialect& dialect) : dialect_(dialect) {}
  void add_routes(net::Router& router);

 private:
  void open_room(const net::Request& request, net::Reply reply, const hub::AccountInfo& account);
  void list_rooms(const net::Request& request, net::Reply reply, const hub::AccountInfo& account);
  void end_room(const net::Request& request, net::Reply reply);
  void refuse_empty_id(const net::Request& request, net::Reply reply, const hub::AccountInfo& account);
  void force_stop(const net::Request& request, net::Reply reply);
  void list_users(const net::Request& request, net::Reply reply, const hub::AccountInfo& account);
  void register_guest(const net::Request& request, net::Reply reply);
  void refuse_guest(const std::string& token, net::Reply reply);
  void show_room(const net::Request& request, net::Reply reply, const Access& access);
  void show_user(const net::Request& request, net::Reply reply, const Access& access);
  void kick(const net::Request& request, net::Reply reply, const Access& access);
  void lock(const net::Request& request, net::Reply reply, const Access& access);
  void send_message(const net::Request& request, net::Reply reply, const Access& access);
  void start_presentation(const net::Request& request, net::Reply reply, const Access& access);
  void change_presentation(const net::Request& request, net::Reply reply, const Access& access);
  void stop_presentation(const net::Request& request, net::Reply reply, const Access& access);

  Dialect& dialect_;
};

} // namespace plenum::api::eyeson
