// source_update: who is seen and heard, and where; and SharedNews, which renders it, and memberlist, once for
// everybody in a room. What each client hears differs only in its envelope and the id of its call, so with n
// people who come one after the other there are n renderings and not n². Owner: SeppSessions. Thread: core.
// Source: eyeson-sepp 3.5.
#pragma once

#include "base/json.hpp"
#include "base/random.hpp"
#include "room/state.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace plenum::api::eyeson {

base::json::object source_update(const room::State& state); // without the call

class SharedNews {
 public:
  struct Client {
    std::string_view conference, id, call;
  };
  explicit SharedNews(base::Random& random) : random_(random) {}

  // Whole messages for one client.
  std::string source_update(const Client& client, const room::State& state);
  std::string memberlist(const Client& client, const room::State& state,
                         const std::vector<base::MemberId>& add, const std::vector<base::MemberId>& gone);
  std::size_t rendered() const { return rendered_; } // how often, for tests

 private:
  struct Newest { // of one kind of news; the others in the room are told next
    base::RoomId room;
    std::uint64_t revision = 0;
    std::vector<base::MemberId> add, gone;
    std::string members; // of the JSON object, without its braces

    bool operator==(const Newest& other) const {
      return room == other.room && revision == other.revision && add == other.add && gone == other.gone;
    }
  };
  template <class Render>
  std::string write(std::string_view type, const Client& client, Newest& newest, Newest wanted,
                    Render&& render);

  base::Random& random_;
  Newest sources_, members_;
  std::size_t rendered_ = 0;
};

} // namespace plenum::api::eyeson
