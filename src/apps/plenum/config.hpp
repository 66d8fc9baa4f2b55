// Config: every setting of the control process, from defaults, a TOML file, the environment and flags, in
// rising precedence. Each value remembers where it came from (`plenum config show`).
//
// One table (settings()) names key, variable, flag, help, reader and writer of each setting; nothing else
// knows the spelling. Unknown keys in the file or unknown PLENUM_… variables are errors: a typo must not be
// silently ignored. Owner: main. Thread: start-up.
#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace plenum::app {

struct Config {
  std::string data_directory = "var";
  std::string http_address = "127.0.0.1";
  std::uint16_t http_port = 8080;
  std::string http_certificate, http_private_key;
  std::string admin_address = "127.0.0.1";
  std::uint16_t admin_port = 8081;
  std::string public_api, public_gui, public_signaling;
  std::vector<std::string> media_listen = {"0.0.0.0", "::"};
  std::uint16_t media_port = 10000;
  bool media_tcp = true;
  bool continue_in_place = true;
  std::vector<std::string> media_announce; // empty: the addresses of this machine's interfaces
  bool media_stun = true;
  bool media_sandbox = true;
  std::string media_worker_user; // empty: as root a user of its own for each worker
  std::uint32_t media_worker_memory_mb = 4096;
  bool media_worker_dumps = false;
  std::vector<std::string> ice_stun_servers; // empty: our own media port
  std::vector<std::string> ice_turn_servers;
  base::Secret ice_turn_secret;
  std::string video_codec = "vp8";
  std::uint32_t rooms_most = 200;
  std::uint32_t rooms_idle_seconds = 120;
  std::uint32_t rooms_grace_seconds = 30;
  std::uint32_t rooms_members = 200;
  std::uint32_t limits_requests_per_key = 200, limits_requests_per_address = 500;
  std::uint32_t workers_spares = 1;
  std::uint32_t workers_most = 64;
  std::string workers_executable; // empty: plenum-media beside this program, or its build folder
  std::string web_directory;      // empty: found beside the program; "none": API only
  bool outbound_plain_http = false;
  std::vector<std::string> outbound_allowed_networks; // besides public addresses
  std::string outbound_authorities;                   // PEM file, besides the system's
  std::uint32_t hooks_most = 128, hooks_most_each = 8;
  std::uint32_t hooks_give_up_hours = 72;
  std::uint32_t keep_meetings_days = 14;
  std::uint32_t keep_files_days = 14;
  std::uint32_t keep_dead_letters_days = 14;
  std::string log_level = "info";
  std::string log_format = "json";
};

struct Setting {
  std::string key; // "media.port": also PLENUM_MEDIA_PORT and --media-port
  std::string help;
  bool secret = false;
  std::function<base::Result<void>(Config&, const std::string&)> read; // lists are separated by commas
  std::function<std::string(const Config&)> show;

  std::string variable() const; // PLENUM_MEDIA_PORT
  std::string flag() const;     // --media-port
};
const std::vector<Setting>& settings();

struct Loaded {
  Config config;
  std::map<std::string, std::string> origin; // key → "default", "file …", "environment", "flag"
};

// `file` empty: none, unless PLENUM_CONFIG names one. `environment` as NAME=value. `flags` by key.
base::Result<Loaded> load_config(const std::string& file, const std::vector<std::string>& environment,
                                 const std::map<std::string, std::string>& flags);
base::Result<void> check_config(const Config& config);

// How this machine itself reaches the API: "http://localhost:8080".
std::string local_url(const Config& config);

} // namespace plenum::app
