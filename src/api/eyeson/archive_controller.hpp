// ArchiveController: recordings and snapshots by API key: one, the list of a room, deleting. Also after the
// meeting has ended. Owner: Rest. Thread: core. Source: eyeson-api 3.13–3.15, 3.18–3.20.
#pragma once

#include "api/eyeson/auth.hpp"
#include "net/router.hpp"

namespace plenum::api::eyeson {

class ArchiveController {
 public:
  explicit ArchiveController(Dialect& dialect) : dialect_(dialect) {}
  void add_routes(net::Router& router);

 private:
  using Kind = store::ArchiveRow::Kind;

  void list_recordings(const net::Request& request, net::Reply reply, const hub::AccountInfo& account);
  void show_recording(const net::Request& request, net::Reply reply, const hub::AccountInfo& account);
  void delete_recording(const net::Request& request, net::Reply reply, const hub::AccountInfo& account);
  void list_snapshots(const net::Request& request, net::Reply reply, const hub::AccountInfo& account);
  void show_snapshot(const net::Request& request, net::Reply reply, const hub::AccountInfo& account);
  void delete_snapshot(const net::Request& request, net::Reply reply, const hub::AccountInfo& account);

  void list(const net::Request& request, net::Reply reply, const hub::AccountInfo& account, Kind kind);
  void show(const net::Request& request, net::Reply reply, const hub::AccountInfo& account, Kind kind,
            const std::string& id);
  void remove(net::Reply reply, const hub::AccountInfo& account, Kind kind, base::IdBits id);
  // Stops it, and sees to it that what media reports later does not bring it back.
  void discard(const store::ArchiveEntry& entry, const hub::AccountInfo& account,
               std::move_only_function<void()> then);

  Dialect& dialect_;
};

} // namespace plenum::api::eyeson
