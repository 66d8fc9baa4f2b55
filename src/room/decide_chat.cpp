#include "room/decide_parts.hpp"
#include "room/texts.hpp"

namespace plenum::room {

using base::ErrorCode;

Decided decide_message(const State& state, const SendMessage& command, const Context& context) {
  if (state.find(command.from) == nullptr) return refuse(ErrorCode::not_found, "unknown member");
  if (command.kind.empty() || command.kind.size() > 64)
    return refuse(ErrorCode::invalid, "a message type has 1 to 64 bytes");
  if (command.content.empty()) return refuse(ErrorCode::invalid, "the message is empty");
  if (command.content.size() > context.limits.message_bytes)
    return refuse(ErrorCode::invalid, "the message is too long");
  if (!valid_utf8(command.kind) || !valid_utf8(command.content))
    return refuse(ErrorCode::invalid, "the message is not UTF-8");
  return Events{MessageSent{{command.id, command.from, command.kind, command.content, context.now}}};
}

Decided decide_mute(const State& state, const RequestMute& command) {
  if (state.find(command.from) == nullptr) return refuse(ErrorCode::not_found, "unknown member");
  return Events{MuteRequested{command.from}};
}

} // namespace plenum::room
