// Generated histories: whatever is accepted keeps the invariants, and the log of it replays to the same
// state.
#include "room/test_room.hpp"

#include <set>

namespace plenum::room::testing {
namespace {

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t n) { return random_.u64() % n; }
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
      return JoinMember{who, leg(100 + below(100'000)), "p", below(3) > 0};
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
    return RegisterMember{someone(), "t" + std::to_string(random_.u64()), identity};
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
  base::SeededRandom random_;
};

void check_tiles(const State& state) {
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

void check_members(const State& state, const Limits& limits) {
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

void run(std::uint64_t seed) {
  Generator generator(seed);
  Scenario s;
  s.limits.present = 12;
  s.open();
  std::size_t accepted = 0, refused = 0;
  for (int step = 0; step < 300; ++step) {
    s.pass(std::chrono::milliseconds(generator.below(4000)));
    if (generator.below(3) == 0) s.talk(1 + generator.below(14), generator.below(2) > 0);
    const auto command = generator.command(s.state);
    const auto* registration = std::get_if<RegisterMember>(&command);
    if (registration != nullptr && s.state.find(registration->member) != nullptr) continue; // ids are unique
    const auto before = s.state;
    const auto once = decide(before, command, {s.now, s.limits, s.live});
    const auto events = s.when(command);
    ASSERT_EQ(once.has_value(), events.has_value());
    ++(events ? accepted : refused);
    if (!events || events->empty()) ASSERT_EQ(s.state, before) << "refused or idle commands change nothing";
    ASSERT_NO_FATAL_FAILURE(check_members(s.state, s.limits)) << "seed " << seed << " step " << step;
    ASSERT_NO_FATAL_FAILURE(check_tiles(s.state)) << "seed " << seed << " step " << step;
    // The picture is always the one that the solver would draw, or a voice-driven variant of the same spots.
    ASSERT_EQ(arrange(s.state, s.now).tiles.size(), s.state.tiles.size())
        << "seed " << seed << " step " << step;
  }
  ASSERT_GT(accepted, 50u);
  ASSERT_GT(refused, 5u);

  State replayed;
  for (const auto& event : s.log) {
    const auto text = base::write_json(to_json(event));
    const auto body = base::parse_json(text, {8 << 20, 64});
    ASSERT_TRUE(body);
    const auto read = event_from_json(name_of(event), *body);
    ASSERT_TRUE(read) << read.error().text;
    evolve(replayed, *read);
  }
  ASSERT_EQ(replayed, s.state);
  ASSERT_EQ(scene(replayed), scene(s.state));
  ASSERT_EQ(replayed.revision, s.log.size());
}

TEST(Histories, KeepTheInvariantsAndReplay) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed)
    ASSERT_NO_FATAL_FAILURE(run(seed));
}

TEST(Events, UnknownAndMalformedOnesAreErrors) {
  EXPECT_FALSE(event_from_json("never_heard_of", json::object{}));
  const auto wrong = event_from_json("member_left", json::object{{"member", 7}});
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().text.find("/member"), std::string::npos);
  // Missing members take their defaults, so that old logs replay.
  EXPECT_TRUE(event_from_json("room_locked", json::object{}));
}

} // namespace
} // namespace plenum::room::testing
