// STUN: a message of a stranger; what it says must lie inside it, and an answer is never longer than it
// should be.
#include "ice/stun_message.hpp"
#include "fuzz/input.hpp"

#include <array>

using namespace plenum;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const base::Bytes bytes(data, size);
  const auto message = ice::parse_stun(bytes);
  if (!message) return 0;
  CHECK(ice::looks_like_stun(bytes));
  CHECK(size <= ice::kStunMaxBytes && fuzz::inside(message->username, bytes));
  CHECK(message->username.size() <= ice::kStunMaxUsernameBytes);
  CHECK(!message->integrity_at || *message->integrity_at + 24 <= size);
  CHECK(message->unknown_count <= message->unknown_required.size());
  CHECK(!ice::has_valid_integrity(*message, "not the password of any seed"));
  (void)ice::has_valid_integrity(*message, "VOkJxbRl1RmTxUk/WvJxBt");
  (void)message->receiver_ufrag();

  std::array<std::uint8_t, 600> buffer;
  ice::StunBuilder builder(buffer, ice::StunClass::error, message->transaction);
  builder.error(420, "Unknown Attribute").unknown_attributes(message->unknown());
  const auto answer = builder.finish("password");
  CHECK(!answer.empty() && ice::parse_stun(answer));
  return 0;
}
