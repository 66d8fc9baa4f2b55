// RTP packets as bytes: a bounded view of a received one, the header of one to be sent, changes in place.
//
// Nothing is copied: RtpView and ExtensionValues point into the packet they were parsed from. A packet whose
// lengths, padding or header extension do not add up is rejected whole (std::nullopt; the caller counts).
// Header extensions are read in both forms; the one-byte form is written unless an id or a length needs the
// other. Owner: values. Thread: any. RFC 3550, 5761, 8285, 6464, 9143 (mid), 8852 (rid), abs-send-time,
// transport-cc.
#pragma once

#include "base/bytes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace plenum::rtp {

constexpr std::size_t kFixedHeaderBytes = 12;

// RTCP by payload type 192–223 on a multiplexed port (RFC 5761, 4). False for fewer than 2 bytes.
bool is_rtcp(base::Bytes datagram);

// ---- header extensions
// -----------------------------------------------------------------------------------------

enum class ExtensionKind : std::uint8_t {
  audio_level,
  mid,
  abs_send_time,
  transport_sequence,
  rid,
  repaired_rid
};
constexpr std::size_t kExtensionKinds = 6;

// The URI as it stands in an SDP `extmap` line, and back.
std::string_view extension_uri(ExtensionKind kind);
std::optional<ExtensionKind> extension_kind(std::string_view uri);

// Negotiated ids of one RTP section (or BUNDLE group). Id 0: not negotiated; valid ids are 1–14 and 16–255.
class ExtensionMap {
 public:
  void set(ExtensionKind kind, std::uint8_t id) { ids_[static_cast<std::size_t>(kind)] = id; }
  std::uint8_t id(ExtensionKind kind) const { return ids_[static_cast<std::size_t>(kind)]; }
  bool has(ExtensionKind kind) const { return id(kind) != 0; }
  bool operator==(const ExtensionMap&) const = default;

 private:
  std::array<std::uint8_t, kExtensionKinds> ids_{};
};

// RFC 6464: 0 is the loudest, 127 silence (−dBov); `voice` is the V bit.
struct AudioLevel {
  std::uint8_t dbov = 127;
  bool voice = false;
  bool operator==(const AudioLevel&) const = default;
};

// The extensions that we know, as received or as wanted. Empty: absent. Strings point into the packet, ≤ 255
// bytes.
struct ExtensionValues {
  std::optional<AudioLevel> audio_level;
  std::optional<std::uint32_t> abs_send_time; // 24 bits, 6.18 fixed-point seconds
  std::optional<std::uint16_t> transport_sequence;
  std::string_view mid, rid, repaired_rid;
};

// abs-send-time of a moment: 24 bits of seconds in 6.18 fixed point, wrapping every 64 s.
constexpr std::uint32_t abs_send_time(std::int64_t us) {
  return static_cast<std::uint32_t>(((static_cast<std::uint64_t>(us) % 64'000'000) << 18) / 1'000'000) &
         0xffffff;
}

// ---- packets
// -----------------------------------------------------------------------------------------------------

struct RtpHeader {
  std::uint8_t payload_type = 0; // 0–127
  bool marker = false;
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  std::uint32_t ssrc = 0;
  bool operator==(const RtpHeader&) const = default;
};

struct RtpView {
  RtpHeader header;
  std::size_t header_bytes = 0; // fixed header, CSRCs and extension
  std::uint8_t padding_bytes = 0;
  std::uint16_t extension_profile = 0; // 0xbede, 0x100x, or 0: none
  base::Bytes extension_block;         // elements without the four bytes before them
  base::Bytes payload;                 // without padding; empty for padding-only probes

  static std::optional<RtpView> parse(base::Bytes packet);
  // Content of element `id` (1–255). nullopt: absent; present with length 0 is an empty span.
  std::optional<base::Bytes> extension(std::uint8_t id) const;
};

// No element runs over the end of its block. `parse` has asked already.
bool extensions_are_sound(const RtpView& view);

// All known extensions of a packet in one pass. Elements of a wrong length are left out.
ExtensionValues read_extensions(const RtpView& view, const ExtensionMap& map);

// Writes header and those `values` that `map` has an id for; returns the bytes written, 0 when `out` is too
// small.
std::size_t write_header(base::MutableBytes out, const RtpHeader& header, const ExtensionMap& map,
                         const ExtensionValues& values);

// Changes in place. The packet must have been parsed or written by us (CHECK: at least 12 bytes).
void set_marker(base::MutableBytes packet, bool marker);
void set_payload_type(base::MutableBytes packet, std::uint8_t payload_type);
void set_sequence(base::MutableBytes packet, std::uint16_t sequence);
void set_timestamp(base::MutableBytes packet, std::uint32_t timestamp);
void set_ssrc(base::MutableBytes packet, std::uint32_t ssrc);
// Overwrites element `id` with `value` of the same length. False: absent, other length, or a malformed
// packet.
bool set_extension(base::MutableBytes packet, std::uint8_t id, base::Bytes value);
// At release from the pacer: the two elements that are only known then. Absent elements are left absent.
void stamp(base::MutableBytes packet, const ExtensionMap& map, std::uint16_t transport_sequence,
           std::uint32_t abs_send_time_24);

} // namespace plenum::rtp
