// Generated histories: whatever is accepted keeps the invariants, and the log of it replays to the same
// state.
#include "room/test_history.hpp"

#include "base/random.hpp"

namespace plenum::room::testing {
namespace {

void run(std::uint64_t seed) {
  base::SeededRandom random(seed);
  Generator generator([&] { return random.u64(); });
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
    const auto once = decide(before, command, {s.now, s.limits, s.live, s.can});
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
