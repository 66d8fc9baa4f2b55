#include "api/eyeson/cable_frames.hpp"

#include "base/check.hpp"
#include "base/json.hpp"

#include <fmt/format.h>

namespace plenum::api::eyeson {
namespace {

std::string quoted(std::string_view text) {
  return base::write_json(base::json::value(text));
}

// FNV-1a: the same in every build, because clients bring it back after a restart.
std::uint64_t hash(std::string_view text) {
  std::uint64_t out = 0xcbf29ce484222325;
  for (const char c : text)
    out = (out ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return out;
}

} // namespace

CableStream stream_of(std::string_view identifier, std::string epoch) {
  if (identifier == kRoomIdentifier) return {"room", std::move(epoch)};
  return {fmt::format("room-{:016x}", hash(identifier)), std::move(epoch)};
}

std::string welcome_frame(std::string_view session) {
  if (session.empty()) return R"({"type":"welcome"})";
  return fmt::format(R"({{"type":"welcome","sid":{}}})", quoted(session));
}

std::string ping_frame(std::int64_t unix_seconds) {
  return fmt::format(R"({{"type":"ping","message":{}}})", unix_seconds);
}

std::string notice_frame(std::string_view type, std::string_view identifier) {
  return fmt::format(R"({{"identifier":{},"type":"{}"}})", quoted(identifier), type);
}

std::string disconnect_frame(std::string_view reason, bool reconnect, std::string_view identifier) {
  return fmt::format(R"({{"type":"disconnect","reason":"{}","reconnect":{},"identifier":{}}})", reason,
                     reconnect, quoted(identifier));
}

std::string data_frame(std::string_view identifier, std::string_view message) {
  return fmt::format(R"({{"identifier":{},"message":{}}})", quoted(identifier), message);
}

std::string data_frame(std::string_view identifier, std::string_view message, const CableStream& stream,
                       CablePosition position) {
  CHECK(position.frame < CablePosition::kFrames);
  return fmt::format(R"({{"identifier":{},"message":{},"stream_id":{},"epoch":{},"offset":{}}})",
                     quoted(identifier), message, quoted(stream.id), quoted(stream.epoch), position.offset());
}

} // namespace plenum::api::eyeson
