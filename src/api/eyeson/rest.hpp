// Rest: every REST controller of this dialect, put together. Owner: apps. Thread: core.
// Source: eyeson-api 3.
#pragma once

#include "api/eyeson/docs_controller.hpp"
#include "api/eyeson/room_controller.hpp"

namespace plenum::api::eyeson {

class Rest {
 public:
  explicit Rest(Dialect& dialect) : rooms_(dialect), docs_(dialect) {}
  void add_routes(net::Router& router) {
    rooms_.add_routes(router);
    docs_.add_routes(router);
    router.add_cors("/"); // every path, unknown ones included (eyeson-api 0.7)
  }

 private:
  RoomController rooms_;
  DocsController docs_;
};

} // namespace plenum::api::eyeson
