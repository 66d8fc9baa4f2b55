#include "link/messages.hpp"

#include "base/json_described.hpp"

#include <boost/mp11.hpp>

#include <array>

namespace plenum::link {
namespace {

// Type names on the wire, in the order of the variants.
constexpr std::array kToWorker = {"hello",      "heartbeat",   "sync_request", "scene",
                                  "open_peer",  "update_peer", "offer_peer",   "answer_peer",
                                  "close_peer", "send_data",   "shutdown"};
constexpr std::array kFromWorker = {"hello",         "heartbeat",    "sync_state",       "peer_answer",
                                    "peer_offer",    "peer_refused", "peer_state",       "data_received",
                                    "data_open",     "talking",      "dominant_speaker", "video_seen",
                                    "scene_applied", "worker_stats", "legs_inherited"};
static_assert(kToWorker.size() == std::variant_size_v<ToWorker>);
static_assert(kFromWorker.size() == std::variant_size_v<FromWorker>);

constexpr base::JsonLimits kLimits{.bytes = 8 << 20, .depth = 16};

template <class Variant, class Names>
std::string encode_as(const Variant& message, const Names& names) {
  base::json::object out;
  out["t"] = names[message.index()];
  out["m"] = std::visit([](const auto& m) { return base::to_json(m); }, message);
  return base::write_json(out);
}

template <class Variant, class Names>
base::Result<Variant> decode_as(std::string_view text, const Names& names) {
  auto parsed = base::parse_json(text, kLimits);
  if (!parsed) return std::unexpected(std::move(parsed).error());
  const auto type = base::find_string(*parsed, "t");
  const auto* body = base::find(*parsed, "m");
  if (!type || body == nullptr)
    return base::fail(base::ErrorCode::invalid, "link message without type or body");
  base::Result<Variant> out = base::fail(base::ErrorCode::invalid, "unknown link message");
  boost::mp11::mp_for_each<boost::mp11::mp_iota_c<std::variant_size_v<Variant>>>([&](auto index) {
    if (*type != names[index]) return;
    std::variant_alternative_t<index, Variant> message;
    if (auto read = base::from_json(*body, message); read) {
      out = Variant(std::move(message));
    } else {
      out = std::unexpected(std::move(read).error().context(*type));
    }
  });
  return out;
}

} // namespace

std::string encode(const ToWorker& message) {
  return encode_as(message, kToWorker);
}
std::string encode(const FromWorker& message) {
  return encode_as(message, kFromWorker);
}
base::Result<ToWorker> decode_to_worker(std::string_view text) {
  return decode_as<ToWorker>(text, kToWorker);
}
base::Result<FromWorker> decode_from_worker(std::string_view text) {
  return decode_as<FromWorker>(text, kFromWorker);
}

} // namespace plenum::link
