// SEPP messages: the envelope, what clients may say, and what we say.
//
// Reading is tolerant (empty msg_id, duplicated type inside data) but typed: what does not fit is an error
// with a sentence, and changes nothing. Writing always carries all five members of the envelope and every
// field that the strictest client requires. Owner: values. Thread: core. Source: eyeson-sepp 3.3–3.6,
// appendix A.
#pragma once

#include "base/json.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "room/events.hpp"
#include "room/state.hpp"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace plenum::api::eyeson {

namespace json = base::json;

inline constexpr std::size_t kMostSdpBytes = 64 * 1024;

struct CallStart {
  std::string sdp, display_name, platform;
  bool mute_video = false;
};
struct CallTerminate {
  std::string call_id;
};
struct CallResume {
  std::string call_id, sdp;
};
struct SdpUpdate {
  std::string call_id, sdp;
  bool is_answer = false;
};
struct MuteVideo {
  bool on = false;
};
struct SetPresenter {
  bool on = false;
};
struct Desktopstreaming { // legacy hint; the content of the video says it too
  bool on = false;
};
struct Chat {
  std::string content;
};
struct UnknownMessage {
  std::string type;
};
using SeppMessage = std::variant<CallStart, CallTerminate, CallResume, SdpUpdate, MuteVideo, SetPresenter,
                                 Desktopstreaming, Chat, UnknownMessage>;

// Errors: invalid (not an envelope, wrong `from`, missing fields), too_large (SDP).
base::Result<SeppMessage> parse_sepp(std::string_view text, std::string_view client_id);
// The same commands without envelope, as old clients send them on the data channel; nullopt: ping, pong,
// anything else.
std::optional<SeppMessage> parse_data_channel(std::string_view text);

std::string write_sepp(base::Random& random, std::string_view type, std::string_view conference,
                       std::string_view client, json::object data);

// Without the call.
json::object memberlist(const room::State& state, const std::vector<base::MemberId>& add,
                        const std::vector<base::MemberId>& gone);
std::string media_id(std::string_view playback); // of a playback, where clients expect a source

// Codes of call_rejected and call_terminated (eyeson-sepp 3.6); never 404, never 0.
int reject_code(const base::Error& error);
int termination_code(room::LeaveReason reason);

} // namespace plenum::api::eyeson
