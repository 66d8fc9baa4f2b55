#include "api/eyeson/cable_session.hpp"

#include "api/eyeson/auth.hpp"
#include "api/eyeson/cable_views.hpp"
#include "api/eyeson/views.hpp"
#include "base/log.hpp"
#include "net/url.hpp"

#include <algorithm>

namespace plenum::api::eyeson {
namespace {

constexpr std::string_view kPlain = "actioncable-v1-json";
constexpr std::string_view kExtended = "actioncable-v1-ext-json";
constexpr std::string_view kUnsupported = "actioncable-unsupported";
constexpr std::string_view kTokenPrefix = "anycable-token.";

std::string_view key_in(std::string_view offered) {
  return offered.starts_with(kTokenPrefix) ? offered.substr(kTokenPrefix.size()) : offered;
}

std::string channel_of(const std::string& identifier) {
  const auto value = base::parse_json(identifier, {.bytes = 1024, .depth = 4});
  return value ? std::string(base::find_string(*value, "channel").value_or("")) : std::string();
}

void refuse(net::Upgrade upgrade, std::string_view subprotocol) {
  auto socket = upgrade.accept(subprotocol, {});
  socket.send_text(std::string(R"({"type":"disconnect","reason":"unauthorized","reconnect":false})"));
  socket.close(1000);
}

} // namespace

std::string choose_subprotocol(const std::vector<std::string>& offered, std::string_view api_key_offered) {
  for (const auto known : {kPlain, kExtended, kUnsupported})
    if (std::ranges::find(offered, known) != offered.end()) return std::string(known);
  return std::string(api_key_offered);
}

std::shared_ptr<const std::string> CableHouse::ping() {
  const auto second = base::unix_seconds(dialect.env.clock.wall());
  if (!ping_ || second != ping_second_) ping_ = std::make_shared<const std::string>(ping_frame(second));
  ping_second_ = second;
  return ping_;
}

CableSession::CableSession(CableHouse& house, CableReader reader, bool extended)
    : house_(house), dialect_(house.dialect), reader_(std::move(reader)), extended_(extended) {}

void CableSession::start(net::Upgrade upgrade, std::string_view subprotocol,
                         std::move_only_function<void()> closed) {
  net::WebSocketEvents events;
  events.on_text = [this](std::string_view text) { on_text(text); };
  events.on_close = [closed = std::move(closed)](const net::WebSocketClosed&) mutable { closed(); };
  // The queue is bounded here, by bytes, so that a slow reader can still be told why it is closed.
  socket_ = upgrade.accept(
      subprotocol, std::move(events),
      {.max_message_bytes = 64 * 1024, .queue_messages = 8192, .queue_bytes = 4 * kBehindBytes});
  send(welcome_frame(extended_ ? base::IdBits::make(dialect_.env.clock.wall(), dialect_.env.random).hex()
                               : ""));
  ping();
}

void CableSession::ping() {
  ping_timer_ = dialect_.executor.after(kPing, [this] {
    hear(house_.ping());
    if (socket_.open()) ping();
  });
}

CableSession::Place* CableSession::find(std::string_view identifier) {
  const auto found = std::ranges::find(places_, identifier, &Place::identifier);
  return found == places_.end() ? nullptr : &*found;
}

void CableSession::on_text(std::string_view text) {
  if (!socket_.open()) return;
  if (!frames_.take(dialect_.executor.now()))
    return dialect_.env.metrics.counter("plenum_cable_dropped_total").add();
  const auto parsed = base::parse_json(text, {.bytes = 64 * 1024, .depth = 8});
  if (!parsed) return; // never a reason to hang up (eyeson-api 5.4.5)
  const auto command = base::find_string(*parsed, "command").value_or("");
  const auto identifier = base::find_string(*parsed, "identifier");
  if (!identifier) return;
  if (command == "subscribe") {
    subscribe(std::string(*identifier), base::find(*parsed, "history"));
  } else if (command == "history") {
    const auto* history = base::find(*parsed, "history");
    if (history != nullptr && find(*identifier) != nullptr)
      answer_history(std::string(*identifier), *history);
  } else if (command == "unsubscribe") {
    std::erase_if(places_, [&](const auto& place) { return place.identifier == *identifier; });
  } else if (command == "message" && !observes() && find(*identifier) != nullptr) {
    on_action(base::find_string(*parsed, "data").value_or(""));
  }
}

void CableSession::subscribe(const std::string& identifier, const json::value* history) {
  if (find(identifier) != nullptr) return; // clients repeat until confirmed; one confirmation each
  const auto channel = channel_of(identifier);
  const bool room_channel = channel == "RoomChannel";
  const bool user_channel = channel == "UserChannel" && !observes();
  if ((!room_channel && !user_channel) || places_.size() >= kIdentifiers)
    return send(notice_frame("reject_subscription", identifier));
  auto& place = places_.emplace_back(identifier, room_channel);
  send(notice_frame("confirm_subscription", identifier));
  if (!room_channel) return;
  const auto mark =
      positions() && history != nullptr ? mark_in(*history, stream_of(identifier, {}).id) : std::nullopt;
  if (mark) return resume(identifier, *mark);
  send_documents(place);
  if (history != nullptr && socket_.open()) answer_history(identifier, *history);
}

void CableSession::answer_history(const std::string& identifier, const json::value& history) {
  if (!extended_) return;
  const auto mark = positions() ? mark_in(history, stream_of(identifier, {}).id) : std::nullopt;
  if (mark) return resume(identifier, *mark);
  const auto since = base::find_int(history, "since").value_or(0);
  const bool now = since + kNowSeconds >= base::unix_seconds(dialect_.env.clock.wall());
  send(notice_frame(now ? "confirm_history" : "reject_history", identifier));
}

void CableSession::resume(const std::string& identifier, CableMark mark) {
  auto* place = find(identifier);
  place->seat.release();
  CableResume::Calls calls;
  calls.ready = [this] { return socket_.queued_bytes() < kReplayBytes; };
  calls.missed = [this, identifier, stream = stream_of(identifier, mark.epoch)](const std::string& message,
                                                                                CablePosition position) {
    send(data_frame(identifier, message, stream, position));
  };
  calls.done = [this, identifier, room = mark.room](CableResume::End end, std::uint64_t last_event) {
    if (end == CableResume::End::live) reader_.room = room;
    resumed(identifier, end, last_event);
  };
  place->resume = std::make_unique<CableResume>(dialect_, reader_.account, reader_.external_id,
                                                reader_.bases.api, std::move(mark), std::move(calls));
}

void CableSession::resumed(const std::string& identifier, CableResume::End end, std::uint64_t last_event) {
  auto* place = find(identifier);
  switch (end) {
  case CableResume::End::live:
    send(notice_frame("confirm_history", identifier));
    listen(*place, last_event);
    break;
  case CableResume::End::over:
    send(notice_frame("confirm_history", identifier));
    return disconnect("remote", false);
  case CableResume::End::refused: // it starts anew
    send(notice_frame("reject_history", identifier));
    send_documents(*place);
    break;
  case CableResume::End::too_slow:
    return too_slow();
  }
  place->resume.reset();
}

void CableSession::listen(Place& place, std::uint64_t after) {
  place.seat = house_.rooms.of(reader_.room)
                   ->join({place.identifier, reader_.bases.api, observes(), positions()}, *this,
                          reader_.member, after);
}

void CableSession::send_documents(Place& place) {
  const auto* room = dialect_.hub.directory().find(reader_.room);
  if (room == nullptr) return disconnect("remote", false);
  if (observes() || !room->open()) {
    send_message(place, room_update(*room, Links(dialect_, reader_.bases.api)), room->revision);
    if (!room->open()) return disconnect("remote", false); // it ended in this very moment
    return listen(place, room->revision);
  }
  const auto* member = room->find(reader_.member);
  if (member == nullptr) return disconnect("remote", false);
  const auto team = dialect_.hub.directory().account(room->account);
  const auto document = room_response(dialect_, reader_.bases, *room, *member, team ? team->name : "");
  // Browsers start on either; Android starts on room_ready only (eyeson-sepp 2.6).
  send_message(place, {{"type", "room_setup"}, {"content", document}}, room->revision);
  send_message(place, {{"type", "room_ready"}, {"content", document}}, room->revision);
  listen(place, room->revision);
}

void CableSession::on_action(std::string_view data) {
  const auto parsed = base::parse_json(data, {.bytes = 16 * 1024, .depth = 8});
  if (!parsed) return;
  const auto action = base::find_string(*parsed, "action").value_or("");
  if (action == "user_joins") {
    dialect_.hub.touch(reader_.room);
  } else if (action == "stfu") {
    dialect_.hub.dispatch(reader_.room, room::RequestMute{reader_.member}, hub::Principal::of(reader_.member),
                          [](const base::Result<hub::Committed>&) {});
  }
}

void CableSession::send(std::string frame) {
  socket_.send_text(std::move(frame));
}

// A document as of `revision`: for the extended protocol it stands in the log behind that event.
void CableSession::send_message(const Place& place, const json::object& message, std::uint64_t revision) {
  const auto text = base::write_json(message);
  if (!positions()) return send(data_frame(place.identifier, text));
  const auto epoch = epoch_name(reader_.room, dialect_.hub.directory().epoch(reader_.room));
  send(data_frame(place.identifier, text, stream_of(place.identifier, epoch), {.event = revision}));
}

void CableSession::hear(const std::shared_ptr<const std::string>& frame) {
  if (socket_.queued_bytes() <= kBehindBytes) {
    socket_.send_text(frame);
    return;
  }
  too_slow();
}

void CableSession::too_slow() {
  dialect_.env.metrics.counter("plenum_cable_slow_total").add();
  disconnect("too_slow", true, 1013);
}

void CableSession::meeting_over() {
  disconnect("remote", false);
}

void CableSession::disconnect(std::string_view reason, bool reconnect, std::uint16_t code) {
  const auto room = std::ranges::find_if(places_, &Place::room_channel);
  send(disconnect_frame(reason, reconnect, room == places_.end() ? kRoomIdentifier : room->identifier));
  for (auto& place : places_) {
    place.seat.release();
    place.resume.reset();
  }
  ping_timer_.reset();
  socket_.close(code);
}

void CableSession::close_for_restart() {
  // No close frame: one client would take it for the end of the meeting (eyeson-sepp 1.6).
  disconnect("server_restart", true, net::kWithoutGoodbye);
}

void CableSessions::add_routes(net::Router& router) {
  router.add_upgrade("/rt", [this](const net::UpgradeRequest& request, net::Upgrade upgrade_of) {
    upgrade(request, std::move(upgrade_of));
  });
}

std::optional<CableReader> CableSessions::participant(const net::UpgradeRequest& request) const {
  const auto& dialect = house_.dialect;
  const auto access = access_of(dialect, request.request.query_value("access_key").value_or(""));
  if (!access) return std::nullopt;
  const auto& room = *access->room;
  return CableReader{room.id, access->member->id, room.account, room.external_id,
                     bases_for(dialect, request.request)};
}

std::optional<CableSessions::Asked> CableSessions::observer(const net::UpgradeRequest& request) const {
  const auto& dialect = house_.dialect;
  const auto& r = request.request;
  auto account = account_of(dialect, r);
  const auto try_key = [&](std::string_view key) {
    if (!account && !key.empty()) account = dialect.hub.directory().account_by_key(key);
  };
  for (const auto& offered : request.subprotocols)
    try_key(key_in(offered));
  try_key(r.query_value("api_key").value_or(""));
  if (!account) return std::nullopt;
  Asked asked{account->id, {}, bases_for(dialect, r)};
  // Clients append the id unescaped: a plus is a plus first, then a space (eyeson-api 5.1).
  for (const auto plus : {net::Plus::is_literal, net::Plus::is_space}) {
    const auto query = net::parse_query(r.raw_query, plus);
    if (!query) continue;
    for (const auto& item : *query)
      if (item.name == "room_id" && item.value && asked.external_ids.size() < 4)
        asked.external_ids.push_back(*item.value);
  }
  return asked;
}

std::optional<CableReader> CableSessions::find_running(const Asked& asked) const {
  for (const auto& id : asked.external_ids)
    if (const auto* room = house_.dialect.hub.directory().find(asked.account, id))
      return CableReader{room->id, {}, asked.account, id, asked.bases};
  return std::nullopt;
}

// The newest meeting of that name is over; whoever missed its end may still hear of it.
void CableSessions::find_ended(Asked asked, std::move_only_function<void(std::optional<CableReader>)> done) {
  if (asked.external_ids.empty()) return done(std::nullopt);
  auto id = std::move(asked.external_ids.front());
  asked.external_ids.erase(asked.external_ids.begin());
  house_.dialect.hub.find_latest(asked.account, id,
                                 [this, alive = alive_, id, asked = std::move(asked),
                                  done = std::move(done)](const base::Result<store::RoomRef>& found) mutable {
                                   if (!*alive) return;
                                   if (found)
                                     return done(
                                         CableReader{found->room, {}, asked.account, id, asked.bases});
                                   find_ended(std::move(asked), std::move(done));
                                 });
}

void CableSessions::upgrade(const net::UpgradeRequest& request, net::Upgrade upgrade_of) {
  std::string_view key_offered;
  for (const auto& offered : request.subprotocols)
    if (key_offered.empty() && house_.dialect.hub.directory().account_by_key(key_in(offered)))
      key_offered = offered;
  auto subprotocol = choose_subprotocol(request.subprotocols, key_offered);
  auto asked = observer(request);
  auto reader = asked ? find_running(*asked) : std::nullopt;
  if (!reader && request.request.query_value("access_key")) reader = participant(request);
  if (reader || !asked || subprotocol != kExtended)
    return admit(std::move(reader), subprotocol, std::move(upgrade_of));
  find_ended(std::move(*asked),
             [this, subprotocol, waiting = std::move(upgrade_of)](std::optional<CableReader> found) mutable {
               admit(std::move(found), subprotocol, std::move(waiting));
             });
}

void CableSessions::admit(std::optional<CableReader> reader, const std::string& subprotocol,
                          net::Upgrade upgrade) {
  if (!reader) return refuse(std::move(upgrade), subprotocol);
  const auto number = ++next_;
  auto& session = sessions_[number] =
      std::make_unique<CableSession>(house_, std::move(*reader), subprotocol == kExtended);
  session->start(std::move(upgrade), subprotocol, [this, number] { sessions_.erase(number); });
}

void CableSessions::close_for_restart() {
  for (auto& [number, session] : sessions_)
    session->close_for_restart();
}

} // namespace plenum::api::eyeson
