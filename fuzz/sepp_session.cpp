// A signaling session on the real hub: its client says what the input says, while time passes, sockets drop
// and the media worker answers or fails. A second member must stay in the meeting and be served afterwards.
#include "api/eyeson/test_dialect.hpp"
#include "fuzz/harness.hpp"

using namespace plenum;
using namespace plenum::api::eyeson::testing;

namespace {

constexpr std::array<std::string_view, 9> kTypes = {"call_start",       "call_resume", "call_terminate",
                                                    "sdp_update",       "mute_video",  "set_presenter",
                                                    "desktopstreaming", "chat",        "made_up"};

// An envelope that holds, with a body of the input's: bare mutation rarely gets past the envelope.
void say_enveloped(fuzz::Input& in, Caller& caller) {
  const auto type = kTypes[in.below(kTypes.size())];
  const auto kind = in.u8();
  api::eyeson::json::object body;
  if ((kind & 1) != 0) body["call_id"] = caller.call;
  if ((kind & 2) != 0)
    body["sdp"] = api::eyeson::json::object{{"type", (kind & 4) != 0 ? "offer" : "answer"}, {"sdp", "SDP"}};
  if ((kind & 8) != 0) body["on"] = (kind & 16) != 0;
  if ((kind & 32) != 0) body["content"] = "hello";
  if ((kind & 64) != 0)
    if (const auto value = base::parse_json(in.text()); value && value->is_object())
      for (const auto& [key, item] : value->get_object())
        body[key] = item;
  caller.say(type, std::move(body));
}

void tell_phase(Api& api, const Caller& caller, link::PeerPhase phase) {
  for (const auto& open : api.house.workers->sent_of<link::OpenPeer>())
    if (open.member.hex() == caller.id) api.house.fact(link::PeerState{open.peer, phase, "why"});
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::expectations_are_checks();
  fuzz::Input in(data, size);
  Api api;
  Caller bystander(api, "daily", "ann");
  bystander.join();
  tell_phase(api, bystander, link::PeerPhase::connected);
  Caller caller(api, "daily", "ben");
  caller.dial();
  for (int step = 0; step < 40 && !in.empty(); ++step) {
    switch (in.below(8)) {
    case 0:
      caller.start(in.flag());
      api.answer_legs();
      for (const auto& frame : caller.socket->take())
        if (text_at(frame, "type") == "call_accepted") caller.call = text_at(frame, "data.call_id");
      break;
    case 1:
      caller.socket->say(std::string(in.text()));
      break;
    case 2:
    case 3:
      say_enveloped(in, caller);
      break;
    case 4:
      api.answer_legs();
      break;
    case 5:
      api.house.pass(std::chrono::milliseconds(in.u16()));
      break;
    case 6:
      caller.socket->hang_up();
      caller.dial();
      break;
    default:
      tell_phase(api, caller,
                 std::array{link::PeerPhase::connected, link::PeerPhase::disconnected,
                            link::PeerPhase::failed}[in.below(3)]);
    }
  }
  (void)bystander.socket->take();
  CHECK(!bystander.socket->close_code());
  bystander.say("mute_video", {{"on", true}});
  bystander.say("mute_video", {{"on", false}});
  bool heard = false;
  for (const auto& type : bystander.types())
    heard = heard || type == "source_update";
  CHECK(heard);
  return 0;
}
