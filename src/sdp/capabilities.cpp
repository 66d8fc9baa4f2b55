#include "sdp/capabilities.hpp"

#include <algorithm>
#include <charconv>

namespace plenum::sdp {
namespace {

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, [&](char x, char y) { return lower(x) == lower(y); });
}

// RFC 6184: without profile-level-id it is baseline level 1, without packetization-mode it is mode 0.
bool decodable_h264(std::string_view fmtp) {
  const auto mode = fmtp_value(fmtp, "packetization-mode").value_or("0");
  if (mode != "0" && mode != "1") return false;
  const auto level = fmtp_value(fmtp, "profile-level-id").value_or("42000a");
  std::uint32_t id = 0;
  const auto [end, error] = std::from_chars(level.data(), level.data() + level.size(), id, 16);
  if (level.size() != 6 || error != std::errc{} || end != level.data() + level.size()) return false;
  const auto profile = id >> 16;
  return profile == 66 || profile == 77 || profile == 100;
}

} // namespace

std::string_view to_string(Codec codec) {
  switch (codec) {
  case Codec::opus:
    return "opus";
  case Codec::vp8:
    return "VP8";
  case Codec::vp9:
    return "VP9";
  case Codec::h264:
    return "H264";
  case Codec::av1:
    return "AV1";
  }
  return "";
}

Capabilities Capabilities::full() {
  return {.codecs = {{Codec::opus, true, true},
                     {Codec::vp8, true, true},
                     {Codec::h264, true, true},
                     {Codec::vp9, true, false},
                     {Codec::av1, true, false}}};
}

const CodecAbility* Capabilities::ability(Codec codec) const {
  const auto found = std::ranges::find(codecs, codec, &CodecAbility::codec);
  return found == codecs.end() ? nullptr : &*found;
}

std::optional<Codec> codec_of(const PayloadType& payload) {
  const auto is = [&](Codec codec) { return equal_ignoring_case(payload.encoding, to_string(codec)); };
  if (is(Codec::opus)) {
    const bool known = payload.clock_rate == 48000 && payload.channels.value_or(2) <= 2;
    return known ? std::optional(Codec::opus) : std::nullopt;
  }
  if (payload.clock_rate != 90000) return std::nullopt;
  if (is(Codec::vp8)) return Codec::vp8;
  if (is(Codec::vp9) && fmtp_value(payload.fmtp, "profile-id").value_or("0") == "0") return Codec::vp9;
  if (is(Codec::av1) && fmtp_value(payload.fmtp, "profile").value_or("0") == "0") return Codec::av1;
  if (is(Codec::h264) && decodable_h264(payload.fmtp)) return Codec::h264;
  return std::nullopt;
}

std::uint8_t* extension_slot(ExtensionIds& ids, std::string_view uri, MediaKind kind) {
  if (uri == kMidUri) return &ids.mid;
  if (uri == kTransportCcUri) return &ids.transport_cc;
  if (uri == kAbsSendTimeUri) return &ids.abs_send_time;
  if (uri == kAudioLevelUri && kind == MediaKind::audio) return &ids.audio_level;
  return nullptr;
}

bool knows_feedback(MediaKind kind, std::string_view feedback) {
  if (feedback == "transport-cc") return true;
  if (kind != MediaKind::video) return false;
  return feedback == "nack" || feedback == "nack pli" || feedback == "ccm fir" || feedback == "goog-remb";
}

} // namespace plenum::sdp
