// Dialect: what every part of this folder shares: the hub, public addresses, the token key.
//
// Owner: apps/plenum; outlives all sessions. Thread: core. Source: eyeson-api 0.2, 3.0.2;
// eyeson-sepp 3.1, 3.2.
#pragma once

#include "base/env.hpp"
#include "base/executor.hpp"
#include "base/secret.hpp"
#include "hub/hub.hpp"
#include "net/http.hpp"
#include "net/jwt.hpp"

#include <string>
#include <vector>

namespace plenum::api::eyeson {

namespace json = base::json;

struct PublicAddresses {
  std::string api;       // "https://api.example.org", no trailing slash; empty: taken from the request's Host
  std::string gui;       // base of the meeting page; empty: same as api
  std::string signaling; // "wss://…/call"; empty: derived from api
  std::vector<std::string>
      stun_servers; // at least one for Android; empty: our own door, if it has an address
  std::vector<std::string> turn_servers;
  base::Secret turn_secret; // shared with the TURN servers
};

struct Dialect {
  const base::Env& env;
  base::Executor& executor;
  hub::Hub& hub;
  PublicAddresses addresses;
  net::JwtKey token_key; // ES384
};

// The public base URLs for one request: configured ones, else the address the client itself used.
struct Bases {
  std::string api, gui, signaling;
};
Bases bases_for(const Dialect& dialect, const net::Request& request);

} // namespace plenum::api::eyeson
