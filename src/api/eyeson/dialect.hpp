// Dialect: what every part of this folder shares: the hub, public addresses, the token key.
//
// Owner: apps/plenum; outlives all sessions. Thread: core. Source: eyeson-api 0.2, 3.0.2;
// eyeson-sepp 3.1, 3.2.
#pragma once

#include "api/eyeson/rate_limit.hpp"
#include "base/env.hpp"
#include "base/executor.hpp"
#include "base/secret.hpp"
#include "hub/definitions.hpp"
#include "hub/hub.hpp"
#include "net/http.hpp"
#include "net/jwt.hpp"
#include "net/url_guard.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace plenum::api::eyeson {

namespace json = base::json;

struct PublicAddresses {
  std::string api;       // "https://api.example.org", no trailing slash; empty: taken from the request's Host
  std::string gui;       // base of the meeting page; empty: same as api
  std::string signaling; // "wss://…/call"; empty: derived from api
  std::vector<std::string> stun_servers; // chosen by the site: for everybody
  std::vector<std::string> turn_servers;
  base::Secret turn_secret; // shared with the TURN servers
  // The media port, named when the site has chosen none, and never to browsers: nobody needs it to reach us,
  // Android only wants the list not to be empty, and libwebrtc drops whatever comes from the address of a
  // STUN server (UDPPort::OnReadPacket), our media over UDP included.
  std::string own_stun;
  std::string files; // base of download links; empty: same as api
};

struct Dialect {
  const base::Env& env;
  base::Executor& executor;
  hub::Hub& hub;
  hub::Definitions& definitions;
  store::Hooks& hooks;
  PublicAddresses addresses;
  net::JwtKey token_key; // ES384
  base::Secret file_key; // signs download links
  // Keeps a picture that somebody uploads, by its extension; answers its name. None: no layers here.
  std::function<base::Result<std::string>(std::string_view bytes, std::string_view extension)> keep_upload;
  // The meeting page: hosts' links have the path of the list of permalinks. None: there is no page here.
  std::function<void(const net::Request&, net::Reply)> page;
  net::UrlGuard urls{{}};                                      // what clients may ask us to talk to
  RateLimit address_limit{{.per_second = 500, .burst = 2000}}; // requests of one address
  RateLimit key_limit{{.per_second = 200, .burst = 1000}};     // of one API key, access key or token
};

// What one request says about who reads the answer: the public base URLs (configured ones, else the address
// the client itself used), and whether it is a browser.
struct Bases {
  std::string api, gui, signaling;
  bool browser = false;
};
Bases bases_for(const Dialect& dialect, const net::Request& request);
// The configured ones, for what nobody has asked for (webhooks).
Bases configured_bases(const Dialect& dialect);

} // namespace plenum::api::eyeson
