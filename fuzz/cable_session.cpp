// The room websocket and the observer on the real hub: frames of a stranger, subscriptions, time, and things
// that happen.
#include "api/eyeson/test_dialect.hpp"
#include "fuzz/harness.hpp"

using namespace plenum;
using namespace plenum::api::eyeson::testing;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::expectations_are_checks();
  fuzz::Input in(data, size);
  Api api;
  const auto document = api.enter("daily", "ann");
  const auto key = text_at(document, "access_key");
  auto client = in.flag() ? api.connect("/rt?access_key=" + key, {}, {"actioncable-v1-json"})
                          : api.connect("/rt?room_id=daily&api_key=" + api.key, {}, {"actioncable-v1-json"});
  for (int step = 0; step < 40 && !in.empty() && !client.close_code(); ++step) {
    switch (in.below(5)) {
    case 0:
      client.say(std::string(in.text()));
      break;
    case 1: { // a command that holds, about an identifier of the stranger's choice
      constexpr std::array kCommands = {"subscribe", "unsubscribe", "message", "made_up"};
      api::eyeson::json::object frame{{"command", kCommands[in.below(4)]}};
      const auto identifier = in.text();
      frame["identifier"] =
          identifier.empty() || !net::valid_utf8(identifier) ? R"({"channel":"RoomChannel"})" : identifier;
      if (const auto text = in.text(); net::valid_utf8(text)) frame["data"] = text;
      client.say(api::eyeson::json::value(frame));
      break;
    }
    case 2:
      (void)api.ask("POST", "/rooms/" + key + "/messages", "type=chat&content=hello");
      break;
    case 3:
      api.house.pass(std::chrono::milliseconds(in.u16()));
      break;
    default:
      (void)client.take(); // each is JSON, or the harness says so
    }
  }
  (void)client.take();
  client.hang_up();
  return 0;
}
