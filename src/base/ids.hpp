// Id: 96 bits, a creation second and 64 random bits, unique without coordination.
//
// One kind of id for rooms, members, peers, everything; each dialect derives its own spelling from the same
// bits (docs/architecture.md, 9.2). `hex()` is 24 lower-case digits. Id<Tag> keeps the kinds apart at compile
// time. Owner: value. Thread: any.
#pragma once

#include "base/random.hpp"
#include "base/units.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace plenum::base {

struct IdBits {
  std::uint32_t second = 0;
  std::uint64_t random = 0;

  auto operator<=>(const IdBits&) const = default;
  std::string hex() const;
  static std::optional<IdBits> parse(std::string_view hex24);
  static IdBits make(WallTime now, Random& random);
};

template <class Tag>
struct Id {
  IdBits bits;

  auto operator<=>(const Id&) const = default;
  explicit operator bool() const { return bits != IdBits{}; }
  std::string hex() const { return bits.hex(); }

  static Id make(WallTime now, Random& random) { return {IdBits::make(now, random)}; }
  static std::optional<Id> parse(std::string_view text) {
    const auto bits = IdBits::parse(text);
    if (!bits) return std::nullopt;
    return Id{*bits};
  }
};

using RoomId = Id<struct RoomTag>;       // one running meeting
using MemberId = Id<struct MemberTag>;   // one person or device in it
using PeerId = Id<struct PeerTag>;       // one transport of a member (a leg)
using SourceId = Id<struct SourceTag>;   // one camera, screen or player
using MessageId = Id<struct MessageTag>; // one chat or custom message
using AccountId = Id<struct AccountTag>; // one API key's owner
using RecordingId = Id<struct RecordingTag>;
using SnapshotId = Id<struct SnapshotTag>;     // one still picture
using DefinitionId = Id<struct DefinitionTag>; // a stored room that meetings are opened from
using HookId = Id<struct HookTag>;             // where an account wants to be told
using DeliveryId = Id<struct DeliveryTag>;     // one thing it is told

} // namespace plenum::base

template <class Tag>
struct std::hash<plenum::base::Id<Tag>> {
  std::size_t operator()(const plenum::base::Id<Tag>& id) const noexcept {
    return static_cast<std::size_t>(id.bits.random ^ (std::uint64_t{id.bits.second} << 32));
  }
};
