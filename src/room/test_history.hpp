// Histories: commands by the dozen from a source of numbers, and what must hold after each of them. The
// property tests draw the numbers from a seed, the fuzz target from its input.
#pragma once

#include "room/test_room.hpp"

#include <functional>
#include <set>

namespace plenum::room::testing {

class Generator {
 public:
  explicit Generator(std::function<std::uint64_t()> draw) : draw_(std::move(draw)) {}

  std::uint64_t below(std::uint64_t n) { return draw_() % n; }
  MemberId someone() { return member(1 + below(14)); }
  PeerId some_leg(const State& state, MemberId id) {
    const auto* known = state.find(id);
    return known != nullptr && below(4) > 0 ? known->leg.id : leg(1 + below(50));
  }

  Command command(const State& state) {
    const auto who = someone();
    switch (below(22)) {
    case 0:
    case 1:
    case 2:
      return registration();
    case 3:
    case 4:
    case 5:
    case 6:
      return JoinMember{who, leg(100 + ++drawn_), "p", below(3) > 0};
    case 7:
      return LeaveRoom{who, below(2) > 0 ? PeerId{} : some_leg(state, who)};
    case 8:
      return RemoveMember{who, below(2) > 0};
    case 9:
      return ConnectLeg{who, some_leg(state, who)};
    case 10:
      return LoseLeg{who, some_leg(state, who), below(4) == 0};
    case 11:
      return LoseSignaling{who, some_leg(state, who)};
    case 12:
      return RestoreSignaling{who, some_leg(state, who)};
    case 13:
      return ExpireGrace{};
    case 14:
    case 15:
      return SwitchVideo{who, below(2) > 0};
    case 16:
      return StartPresentation{who};
    case 17:
      return StopPresentation{};
    case 18:
      return ReconsiderTiles{};
    case 19:
      return SendMessage{{{6, below(1000)}}, who, "chat", "text"};
    case 20:
      return options();
    default:
      return below(40) == 0 ? Command(LockRoom{who}) : Command(RequestMute{who});
    }
  }

 private:
  Command registration() {
    Identity identity;
    if (below(3) > 0) identity.external_id = "u" + std::to_string(below(10));
    identity.name = below(20) == 0 ? "" : "N" + std::to_string(below(3));
    identity.guest = below(3) == 0;
    return RegisterMember{someone(), "t" + std::to_string(++drawn_), identity};
  }
  Command options() {
    OptionsPatch patch;
    patch.lock_available = below(2) > 0;
    patch.layout = below(2) > 0 ? LayoutMode::automatic : LayoutMode::custom;
    patch.layout_name = std::optional<std::string>();
    patch.layout_users = std::optional<std::vector<std::string>>();
    if (below(3) == 0)
      patch.layout_name = std::optional<std::string>(below(2) > 0 ? "six" : "present-upper-6");
    if (below(3) == 0) {
      std::vector<std::string> users;
      for (auto n = below(9); n > 0; --n)
        users.push_back(below(2) > 0 ? "" : "u" + std::to_string(below(10)));
      patch.layout_users = users;
    }
    return ChangeOptions{patch};
  }
  std::function<std::uint64_t()> draw_;
  std::uint64_t drawn_ = 0; // legs and tokens never repeat: the hub draws them long
};

inline void check_tiles(const State& state) {
  std::set<MemberId> shown, seated;
  const auto canvas = canvas_size(state.options);
  for (const auto& tile : state.tiles) {
    ASSERT_TRUE(tile.rect.x >= 0 && tile.rect.y >= 0 && tile.rect.x + tile.rect.w <= canvas.width &&
                tile.rect.y + tile.rect.h <= canvas.height);
    if (!tile.member) continue;
    ASSERT_TRUE(shown.insert(tile.member).second) << "twice in the picture";
    ASSERT_TRUE(state.find(tile.member) != nullptr && state.find(tile.member)->present);
  }
  for (const auto& seat : state.seats)
    if (seat.member) ASSERT_TRUE(seated.insert(seat.member).second) << "two seats";
  ASSERT_LE(state.tiles.size(), kMostBoxes);
  if (state.present_count() > 0 && !state.options.layout_users) ASSERT_FALSE(shown.empty());
}

inline void check_members(const State& state, const Limits& limits) {
  std::set<MemberId> ids;
  std::set<std::string> tokens, regular;
  std::set<PeerId> legs;
  std::set<std::uint64_t> numbers;
  for (const auto& m : state.members) {
    ASSERT_TRUE(ids.insert(m.id).second);
    ASSERT_TRUE(tokens.insert(m.access_token).second);
    if (!m.guest) ASSERT_TRUE(regular.insert(m.external_id).second) << m.external_id;
    ASSERT_EQ(m.present, static_cast<bool>(m.leg.id));
    if (!m.present) continue;
    ASSERT_TRUE(legs.insert(m.leg.id).second);
    ASSERT_TRUE(numbers.insert(m.join_number).second);
  }
  ASSERT_LE(state.present_count(), limits.present);
  if (state.presenter) ASSERT_NE(state.find(state.presenter), nullptr);
}

} // namespace plenum::room::testing
