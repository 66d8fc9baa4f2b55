// Tokens: bearer secrets of 24 characters [0-9A-Za-z] → what they open.
//
// A token is looked up by hash map: its 142 random bits make timing of the map useless. Tokens of ended
// meetings stay for `remember` (24 h), so that a late caller hears "gone" and not "never heard of".
// A permanent guest token opens one meeting after the other: the newest counts. Bounded: by the limits of
// rooms and members, and kMostEnded for the ended ones. Owner: hub. Thread: core.
#pragma once

#include "base/env.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace plenum::hub {

inline constexpr std::size_t kTokenLength = 24;

struct AccessGrant { // what an access token opens
  base::RoomId room;
  base::MemberId member;
};

class Tokens {
 public:
  explicit Tokens(const base::Env& env);

  std::string draw();
  void add_access(std::string token, AccessGrant grant);
  void add_guest(std::string token, base::RoomId room);
  // From now on: gone, unless it has come to open another room meanwhile.
  void end(const std::string& token, base::RoomId room, base::WallTime at);
  void add_ended_access(std::string token, base::WallTime at);
  void add_ended_guest(std::string token, base::WallTime at);
  void prune(base::WallTime older_than);

  base::Result<AccessGrant> access(std::string_view token) const; // errors: not_found, gone
  base::Result<base::RoomId> guest(std::string_view token) const; // errors: not_found, gone
  std::size_t size() const { return entries_.size(); }

 private:
  static constexpr std::size_t kMostEnded = 500'000;
  enum class Kind { access, guest };
  struct Entry {
    Kind kind = Kind::access;
    AccessGrant grant;
    std::optional<base::WallTime> ended; // when
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  struct Ended {
    base::WallTime at;
    std::string token;
  };
  const Entry* find(std::string_view token, Kind kind) const;
  void remember(std::string token, base::WallTime at);
  void forget(const Ended& ended); // unless a later meeting has the token now

  base::Env env_;
  std::unordered_map<std::string, Entry, Hash, std::equal_to<>> entries_;
  std::deque<Ended> ended_;
  base::Counter& forgotten_early_;
};

} // namespace plenum::hub
