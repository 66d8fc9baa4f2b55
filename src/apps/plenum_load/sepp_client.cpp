#include "apps/plenum_load/sepp_client.hpp"

#include <fmt/format.h>

namespace plenum::load {
namespace {

std::string_view sdp_of(const base::json::value& data, std::string_view type) {
  const auto* sdp = base::find(data, "sdp");
  if (sdp == nullptr || base::find_string(*sdp, "type") != type) return {};
  return base::find_string(*sdp, "sdp").value_or("");
}

int number(const base::json::value& in, std::string_view key) {
  return static_cast<int>(base::find_int(in, key).value_or(0));
}

} // namespace

SeppClient::SeppClient(const base::Env& env, net::EventLoop& loop, Seat seat, SeppOwner& owner)
    : env_(env), loop_(loop), seat_(std::move(seat)), owner_(owner) {}

void SeppClient::connect() {
  net::WebSocketEvents events;
  events.on_open = [this](std::string_view) { owner_.on_signaling_open(); };
  events.on_text = [this](std::string_view text) { on_text(text); };
  events.on_close = [this](const net::WebSocketClosed& closed) {
    owner_.on_call_ended(
        0, fmt::format("signaling closed: {} {} (HTTP {})", closed.code, closed.reason, closed.http_status));
  };
  net::ConnectOptions options;
  options.socket.handshake_deadline = std::chrono::seconds(30); // a storm of joins takes its time
  socket_ = net::connect_websocket(env_, loop_, seat_.endpoint, std::move(events), std::move(options));
}

void SeppClient::send(std::string_view type, base::json::object data) {
  socket_.send_text(base::write_json(base::json::object{{"type", type},
                                                        {"msg_id", env_.random.uuid4()},
                                                        {"from", seat_.client_id},
                                                        {"to", seat_.conference_id},
                                                        {"data", std::move(data)}}));
}

void SeppClient::call(std::string_view offer, bool with_video) {
  send("call_start", {{"sdp", base::json::object{{"type", "offer"}, {"sdp", offer}}},
                      {"display_name", seat_.name},
                      {"mute_video", !with_video},
                      {"platform", "plenum-load"}});
}

void SeppClient::answer_offer(std::string_view answer) {
  send("sdp_update",
       {{"call_id", call_id_}, {"sdp", base::json::object{{"type", "answer"}, {"sdp", answer}}}});
}

void SeppClient::hang_up() {
  if (!call_id_.empty()) send("call_terminate", {{"call_id", call_id_}, {"term_code", 200}});
  socket_ = {};
}

void SeppClient::on_text(std::string_view text) {
  const auto message = base::parse_json(text);
  const auto* data = message ? base::find(*message, "data") : nullptr;
  if (data == nullptr) return;
  const auto type = base::find_string(*message, "type").value_or("");
  if (type == "call_accepted") {
    call_id_ = std::string(base::find_string(*data, "call_id").value_or(""));
    owner_.on_call_accepted(sdp_of(*data, "answer"));
  } else if (type == "sdp_update") {
    if (const auto offer = sdp_of(*data, "offer"); !offer.empty()) owner_.on_server_offer(offer);
  } else if (type == "source_update") {
    on_tiles(*data);
  } else if (type == "call_rejected") {
    owner_.on_call_ended(number(*data, "reject_code"), "rejected");
  } else if (type == "call_terminated") {
    owner_.on_call_ended(number(*data, "term_code"), "terminated");
  }
}

void SeppClient::on_tiles(const base::json::value& data) {
  const auto* sources = base::find_array(data, "src");
  const auto* shown = base::find_array(data, "vsrc");
  const auto* rects = base::find_array(data, "dims");
  if (sources == nullptr || shown == nullptr || rects == nullptr) return;
  std::vector<ShownTile> tiles;
  for (std::size_t i = 0; i < std::min(shown->size(), rects->size()); ++i) {
    const auto& rect = (*rects)[i];
    ShownTile tile{{}, number(rect, "x"), number(rect, "y"), number(rect, "w"), number(rect, "h")};
    const auto index = (*shown)[i].is_int64() ? (*shown)[i].get_int64() : -1;
    if (index >= 0 && static_cast<std::size_t>(index) < sources->size()) {
      const auto& source = (*sources)[static_cast<std::size_t>(index)];
      if (source.is_string()) tile.client_id = source.get_string();
    }
    tiles.push_back(std::move(tile));
  }
  owner_.on_tiles(std::move(tiles), base::find_int(data, "psrc").value_or(-1) >= 0);
}

} // namespace plenum::load
