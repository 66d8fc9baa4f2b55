// Rest: every REST controller of this dialect, put together. Owner: apps. Thread: core.
// Source: eyeson-api 3.
#pragma once

#include "api/eyeson/archive_controller.hpp"
#include "api/eyeson/docs_controller.hpp"
#include "api/eyeson/media_controller.hpp"
#include "api/eyeson/permalink_controller.hpp"
#include "api/eyeson/room_controller.hpp"
#include "api/eyeson/webhook_controller.hpp"

namespace plenum::api::eyeson {

class Rest {
 public:
  explicit Rest(Dialect& dialect)
      : rooms_(dialect), media_(dialect), archive_(dialect), permalinks_(dialect), webhooks_(dialect),
        docs_(dialect) {}
  void add_routes(net::Router& router) {
    rooms_.add_routes(router);
    media_.add_routes(router);
    archive_.add_routes(router);
    permalinks_.add_routes(router);
    webhooks_.add_routes(router);
    docs_.add_routes(router);
    router.add_cors("/"); // every path, unknown ones included (eyeson-api 0.7)
  }

 private:
  RoomController rooms_;
  MediaController media_;
  ArchiveController archive_;
  PermalinkController permalinks_;
  WebhookController webhooks_;
  DocsController docs_;
};

} // namespace plenum::api::eyeson
