// Addresses as the door knows them and as they travel to workers. Thread: any.
#pragma once

#include "ice/stun_message.hpp"
#include "link/door_messages.hpp"

#include <algorithm>
#include <array>

namespace plenum::door {

inline link::Endpoint endpoint(const ice::TransportAddress& address) {
  link::Endpoint out{.port = address.port};
  if (address.family == ice::Family::ipv6) {
    out.address = address.ip;
    return out;
  }
  out.address[10] = out.address[11] = 0xff;
  std::copy_n(address.ip.begin(), 4, out.address.begin() + 12);
  return out;
}

inline ice::TransportAddress address(const link::Endpoint& endpoint, ice::Transport transport) {
  constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  ice::TransportAddress out{.port = endpoint.port, .family = ice::Family::ipv6, .transport = transport};
  if (std::equal(kMapped.begin(), kMapped.end(), endpoint.address.begin())) {
    out.family = ice::Family::ipv4;
    std::copy_n(endpoint.address.begin() + 12, 4, out.ip.begin());
  } else {
    out.ip = endpoint.address;
  }
  return out;
}

} // namespace plenum::door
