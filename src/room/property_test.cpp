// Generated histories: whatever is accepted keeps the invariants, and the log of it replays to the same
// state.
#include "room/test_history.hpp"

#include "base/random.hpp"

namespace plenum::room::testing {
namespace {

// As the store keeps them.
State stored(const State& state) {
  const auto body = base::parse_json(base::write_json(base::to_json(state)), {64 << 20, 64});
  State read;
  EXPECT_TRUE(body && base::from_json(*body, read));
  return read;
}
Event stored(const Event& event) {
  const auto body = base::parse_json(base::write_json(to_json(event)), {8 << 20, 64});
  EXPECT_TRUE(body);
  auto read = event_from_json(name_of(event), *body);
  EXPECT_TRUE(read) << read.error().text;
  EXPECT_EQ(to_json(*read), to_json(event));
  return std::move(*read);
}

// From the beginning, and from a state that was stored on the way.
void replay(const Scenario& s, const State& middle) {
  State replayed, continued = stored(middle);
  ASSERT_EQ(continued, middle);
  for (const auto& event : s.log) {
    const auto read = stored(event);
    evolve(replayed, read);
    if (replayed.revision > middle.revision) evolve(continued, read);
  }
  ASSERT_EQ(replayed, s.state);
  ASSERT_EQ(continued, s.state);
  ASSERT_EQ(scene(replayed), scene(s.state));
  ASSERT_EQ(replayed.revision, s.log.size());
}

struct Counts {
  std::size_t accepted = 0, refused = 0;
  std::set<std::string> events; // every kind that has happened
};

void run(std::uint64_t seed, Counts& counts) {
  base::SeededRandom random(seed);
  Generator generator([&] { return random.u64(); });
  Scenario s;
  s.limits.present = 12;
  s.limits.playbacks = 3;
  s.limits.recordings = s.limits.snapshots = 10;
  s.open();
  State middle;
  // Some go on after the end, where every command must be refused.
  for (int step = 0, after = 0; step < 400 && after < 20; ++step, after += !s.state.open()) {
    s.pass(std::chrono::milliseconds(generator.below(4000)));
    if (generator.below(3) == 0) s.talk(1 + generator.below(14), generator.below(2) > 0);
    const auto command = step == 399 ? Command(EndRoom{}) : generator.command(s.state);
    const auto* registration = std::get_if<RegisterMember>(&command);
    if (registration != nullptr && s.state.find(registration->member) != nullptr) continue; // ids are unique
    const auto before = s.state;
    const auto once = decide(before, command, {s.now, s.limits, s.live, s.can});
    const auto events = s.when(command);
    ASSERT_EQ(once.has_value(), events.has_value());
    ++(events ? counts.accepted : counts.refused);
    if (!events || events->empty()) ASSERT_EQ(s.state, before) << "refused or idle commands change nothing";
    auto seen = scene(before);
    seen.revision = s.state.revision;
    if (!events || std::ranges::none_of(*events, may_change_scene)) ASSERT_EQ(scene(s.state), seen);
    ASSERT_NO_FATAL_FAILURE(check_members(s.state, s.limits)) << "seed " << seed << " step " << step;
    ASSERT_NO_FATAL_FAILURE(check_tiles(s.state)) << "seed " << seed << " step " << step;
    ASSERT_NO_FATAL_FAILURE(check_running(s.state, s.limits)) << "seed " << seed << " step " << step;
    if (s.state.open()) {
      // The picture is always the one that the solver would draw, or a voice-driven variant of the same
      // spots.
      ASSERT_EQ(arrange(s.state, s.now).tiles.size(), s.state.tiles.size())
          << "seed " << seed << " step " << step;
    }
    if (step <= 200 && s.state.open()) middle = s.state;
  }
  for (const auto& event : s.log)
    counts.events.emplace(name_of(event));
  ASSERT_NO_FATAL_FAILURE(replay(s, middle)) << "seed " << seed;
}

TEST(Histories, KeepTheInvariantsAndReplay) {
  Counts counts;
  for (std::uint64_t seed = 1; seed <= 60; ++seed)
    ASSERT_NO_FATAL_FAILURE(run(seed, counts));
  EXPECT_GT(counts.accepted, 3000u);
  EXPECT_GT(counts.refused, 300u);
  EXPECT_EQ(counts.events.size(), std::variant_size_v<Event>) << "a kind of event never happens";
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
