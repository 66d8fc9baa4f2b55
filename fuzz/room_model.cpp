// The whole room: commands that the input chooses; whatever is accepted keeps the invariants of
// room/test_history.hpp, and the picture is a function of the state.
#include "fuzz/harness.hpp"
#include "room/test_history.hpp"

using namespace plenum;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::expectations_are_checks();
  fuzz::Input in(data, size);
  room::testing::Generator generator([&] { return std::uint64_t{in.u16()}; });
  room::testing::Scenario scenario;
  scenario.limits.present = 12;
  scenario.open();
  for (int step = 0, after = 0; step < 150 && after < 20 && !in.empty();
       ++step, after += !scenario.state.open()) {
    scenario.pass(std::chrono::milliseconds(generator.below(4000)));
    if (generator.below(3) == 0) scenario.talk(1 + generator.below(14), generator.below(2) > 0);
    const auto command = generator.command(scenario.state);
    const auto* registration = std::get_if<room::RegisterMember>(&command);
    if (registration != nullptr && scenario.state.find(registration->member) != nullptr) continue;
    const auto before = scenario.state;
    const auto events = scenario.when(command);
    CHECK((events && !events->empty()) || scenario.state == before);
    room::testing::check_members(scenario.state, scenario.limits);
    room::testing::check_tiles(scenario.state);
    room::testing::check_running(scenario.state, scenario.limits);
    CHECK(room::scene(scenario.state) == room::scene(scenario.state));
    CHECK(!scenario.state.open() ||
          room::arrange(scenario.state, scenario.now).tiles.size() == scenario.state.tiles.size());
  }
  room::State replayed;
  for (const auto& event : scenario.log)
    room::evolve(replayed, event);
  CHECK(replayed == scenario.state);
  return 0;
}
