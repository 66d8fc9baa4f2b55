// What Plenum can receive and send, as one value, and the matching of an offered payload type against it.
//
// Video: VP8, VP9 (profile 0), H.264 (packetization mode 0 and 1; baseline, main, high) and AV1 (main) are
// decoded; only VP8 and H.264 are encoded, so that a client that offers nothing else may send but not receive
// video. Audio: Opus, whether spelled `opus/48000/2` or `opus/48000`. Owner: value. Thread: any. RFC 6184,
// 7587, 7741, 9628.
#pragma once

#include "sdp/model.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace plenum::sdp {

enum class Codec { opus, vp8, vp9, h264, av1 };
std::string_view to_string(Codec codec); // "opus", "VP8" …
constexpr MediaKind kind_of(Codec codec) {
  return codec == Codec::opus ? MediaKind::audio : MediaKind::video;
}

struct CodecAbility {
  Codec codec = Codec::opus;
  bool receive = true;
  bool send = true;
  bool operator==(const CodecAbility&) const = default;
};

// Header extensions by local id; 0 means not negotiated.
struct ExtensionIds {
  std::uint8_t mid = 0;
  std::uint8_t audio_level = 0;
  std::uint8_t transport_cc = 0;
  std::uint8_t abs_send_time = 0;
  bool operator==(const ExtensionIds&) const = default;
};

inline constexpr std::string_view kMidUri = "urn:ietf:params:rtp-hdrext:sdes:mid";
inline constexpr std::string_view kAudioLevelUri = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
inline constexpr std::string_view kTransportCcUri =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
inline constexpr std::string_view kAbsSendTimeUri =
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time";

struct Capabilities {
  std::vector<CodecAbility> codecs;
  bool opus_stereo = true; // ask for stereo when the client offers it
  bool data_channel = true;
  std::uint64_t max_message_size = 262144; // bytes we accept on the data channel

  static Capabilities full(); // everything in the comment above
  const CodecAbility* ability(Codec codec) const;
};

// The codec behind a payload type, or nullopt when it is none that Plenum knows or in a profile it cannot
// decode.
std::optional<Codec> codec_of(const PayloadType& payload);

// The member of `ids` for an extension URI of a section of this kind, or nullptr when we do not implement it.
std::uint8_t* extension_slot(ExtensionIds& ids, std::string_view uri, MediaKind kind);

// The feedback messages we implement for this kind ("nack", "nack pli", "ccm fir", "goog-remb",
// "transport-cc").
bool knows_feedback(MediaKind kind, std::string_view feedback);

} // namespace plenum::sdp
