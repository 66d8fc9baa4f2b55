// The command line besides `serve`: keys (in the database directly) and rooms (through the running server's
// API). Each returns the exit status. Thread: main.
#pragma once

#include "apps/plenum/config.hpp"
#include "base/env.hpp"

#include <string>

namespace plenum::app {

int create_key(const base::Env& env, const Config& config, const std::string& name);
int list_keys(const base::Env& env, const Config& config);

struct RoomTarget {
  std::string url;     // of the server
  std::string api_key; // PLENUM_API_KEY when not given
};
int create_room(const RoomTarget& target, const std::string& id, const std::string& name,
                const std::string& user, bool widescreen);
int list_rooms(const RoomTarget& target);
int end_room(const RoomTarget& target, const std::string& id);

int show_config(const Loaded& loaded);

} // namespace plenum::app
