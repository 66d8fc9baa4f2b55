// Site: what a run asks the server by REST before anybody joins: rooms, and a seat for each member.
//
// Blocking on purpose: it is done before the first packet flows, and tokens stay good for an hour, so that
// nothing of the run waits for HTTP. Owner: the run. Thread: main. Contract: POST /rooms, POST
// /guests/:token.
#pragma once

#include "apps/plenum_load/options.hpp"
#include "base/json.hpp"
#include "base/result.hpp"

#include <string>

namespace plenum::load {

struct Seat { // what one client needs to call
  std::string name;
  std::string client_id, conference_id;
  std::string endpoint; // of signaling, with the token
};

struct OpenRoom {
  std::string id, access_key, guest_token;
  Seat host;
  base::Duration took{}; // POST /rooms
};

class Site {
 public:
  explicit Site(const LoadOptions& options) : url_(options.url), api_key_(options.api_key) {}

  base::Result<OpenRoom> open_room(const std::string& id, const std::string& host_name) const;
  base::Result<Seat> take_seat(const OpenRoom& room, const std::string& name) const;
  base::Result<void> end_room(const std::string& id) const;

 private:
  base::Result<base::json::value> call(const std::string& method, const std::string& path,
                                       const base::json::value& body) const;
  std::string url_, api_key_;
};

} // namespace plenum::load
