#include "api/eyeson/sepp_session.hpp"

#include "api/eyeson/views.hpp"
#include "base/log.hpp"

#include <algorithm>
#include <utility>

namespace plenum::api::eyeson {
namespace {

// What every answer and offer of ours carries (eyeson-sepp 4.4.10).
hub::PeerOptions peer_options() {
  hub::PeerOptions options;
  options.order = hub::SectionOrder::as_offered;
  options.session_attributes = {"a=eyeson-datachan-keepalive", "a=eyeson-sepp-messaging", "a=sfu-mode:off"};
  options.stream_name = "mcu";
  options.receive_cap_attribute = "eyeson-recv-constraints";
  return options;
}

json::object sdp_object(std::string_view type, std::string_view sdp) {
  return {{"type", type}, {"sdp", sdp}};
}

} // namespace

SeppSession::SeppSession(Dialect& dialect, SharedNews& news, SeppClient client,
                         std::move_only_function<void()> resumed)
    : dialect_(dialect), news_(news), client_(client), client_id_(client.member.hex()),
      resumed_(std::move(resumed)) {
  if (const auto* room = dialect_.hub.directory().find(client_.room)) conference_id_ = conference_id(*room);
}

SeppSession::~SeppSession() = default;

void SeppSession::start(net::Upgrade upgrade, std::move_only_function<void()> closed) {
  net::WebSocketEvents events;
  events.on_text = [this](std::string_view text) { on_text(text); };
  events.on_close = [this, closed = std::move(closed)](const net::WebSocketClosed&) mutable {
    on_closed();
    closed(); // destroys this
  };
  socket_ = upgrade.accept({}, std::move(events));
}

bool SeppSession::may_command() {
  if (!socket_.open()) return false;
  if (commands_.take(dialect_.executor.now())) return true;
  dialect_.env.metrics.counter("plenum_sepp_floods_total").add();
  base::log::info("member=" + client_id_, "hung up: too many messages");
  socket_.close(1008, "too many messages"); // the call has its grace time, a new socket may resume it
  return false;
}

void SeppSession::on_text(std::string_view text) {
  if (stage_ == Stage::over || !may_command()) return;
  const auto message = parse_sepp(text, client_id_);
  if (message) return handle(*message);
  dialect_.env.metrics.counter("plenum_sepp_bad_messages_total").add();
  // An SDP that cannot be used must be answered, or the client waits for ever; the rest changes nothing.
  const auto envelope = base::parse_json(text, {.bytes = 256 * 1024, .depth = 8});
  const auto type = envelope ? base::find_string(*envelope, "type").value_or("") : "";
  if (type == "call_start" && stage_ == Stage::fresh) return reject(reject_code(message.error()));
  if (type == "call_resume" && stage_ == Stage::fresh) {
    const auto* data = base::find(*envelope, "data");
    const auto call = data == nullptr ? std::nullopt : base::find_string(*data, "call_id");
    return terminate(410, std::string(call.value_or("")));
  }
  base::log::debug("member=" + client_id_, "bad message", "why", message.error().text);
  if (++bad_messages_ >= kMostBadMessages) socket_.close(1008, "too many malformed messages");
}

struct SeppHandler {
  SeppSession& session;
  void operator()(const CallStart& m) const { session.handle_call_start(m); }
  void operator()(const CallTerminate& m) const { session.handle_call_terminate(m); }
  void operator()(const CallResume& m) const { session.handle_call_resume(m); }
  void operator()(const SdpUpdate& m) const { session.handle_sdp_update(m); }
  void operator()(const MuteVideo& m) const {
    session.dispatch(room::SwitchVideo{session.client_.member, !m.on});
  }
  void operator()(const SetPresenter& m) const {
    if (m.on) return session.dispatch(room::StartPresentation{session.client_.member});
    session.dispatch(room::StopPresentation{});
  }
  void operator()(const Desktopstreaming&) const {}
  void operator()(const Chat& m) const {
    session.dispatch(room::SendMessage{{}, session.client_.member, "chat", m.content});
  }
  void operator()(const UnknownMessage&) const {}
};

void SeppSession::handle(const SeppMessage& message) {
  std::visit(SeppHandler{*this}, message);
}

void SeppSession::tell_hub(room::Command command) {
  dialect_.hub.dispatch(client_.room, std::move(command), hub::Principal::of(client_.member),
                        [](const base::Result<hub::Committed>&) {});
}

void SeppSession::dispatch(room::Command command) {
  if (stage_ == Stage::live) tell_hub(std::move(command));
}

void SeppSession::let_go() {
  if (leg_) tell_hub(room::LoseSignaling{client_.member, leg_});
}

hub::Completion<hub::JoinAccepted> SeppSession::when_answered(Answered then, Unwanted unwanted) {
  return [this, alive = std::weak_ptr<bool>(alive_), &hub = dialect_.hub, client = client_, then,
          unwanted](base::Result<hub::JoinAccepted> accepted) {
    if (!alive.expired() && stage_ == Stage::starting) return (this->*then)(std::move(accepted));
    if (!accepted) return;
    hub.dispatch(client.room, unwanted(client.member, accepted->leg), hub::Principal::of(client.member),
                 [](const base::Result<hub::Committed>&) {});
  };
}

void SeppSession::handle_call_start(const CallStart& start) {
  if (stage_ == Stage::starting) return; // one at a time; the first will be answered
  subscription_.cancel();
  stop_timers();
  stage_ = Stage::starting;
  platform_ = start.platform;
  // Unwanted: the client never learned the call's id, so it cannot come back to it.
  dialect_.hub.calls().join(
      client_.room, client_.member, {start.sdp, peer_options(), start.platform, !start.mute_video},
      when_answered(&SeppSession::on_started, [](base::MemberId member, base::PeerId leg) {
        return room::Command(room::LeaveRoom{member, leg});
      }));
}

void SeppSession::on_started(base::Result<hub::JoinAccepted> accepted) {
  if (!accepted) return reject(reject_code(accepted.error()));
  go_live(*accepted, "call_accepted");
}

void SeppSession::handle_call_resume(const CallResume& resume) {
  if (stage_ == Stage::starting) return;
  const auto leg = base::PeerId::parse(resume.call_id);
  if (!leg) {
    let_go();
    return terminate(410, resume.call_id);
  }
  subscription_.cancel();
  stop_timers();
  stage_ = Stage::starting;
  wanted_call_ = resume.call_id;
  dialect_.hub.calls().resume(
      client_.room, client_.member, *leg, resume.sdp,
      when_answered(&SeppSession::on_resumed, [](base::MemberId member, base::PeerId unheard) {
        return room::Command(room::LoseSignaling{member, unheard});
      }));
}

void SeppSession::on_resumed(base::Result<hub::JoinAccepted> accepted) {
  if (!accepted) { // whatever it was: this call cannot go on, the client may start a new one
    let_go();
    return terminate(410, wanted_call_);
  }
  go_live(*accepted, "call_resumed");
  if (resumed_) resumed_();
}

void SeppSession::go_live(const hub::JoinAccepted& accepted, std::string_view answer_type) {
  const bool resumed = answer_type == "call_resumed";
  stage_ = Stage::live;
  leg_ = accepted.leg;
  data_open_ = resumed && accepted.data; // its channel has been up for long
  wants_keep_alive_ =
      accepted.data && std::ranges::find(accepted.session_attributes, "a=eyeson-datachan-keepalive") !=
                           accepted.session_attributes.end();
  send(answer_type, {{"call_id", leg_.hex()}, {"sdp", sdp_object("answer", accepted.answer)}});
  const auto* room = dialect_.hub.directory().find(client_.room);
  if (room == nullptr || !room->open()) return terminate(200, leg_.hex()); // it ended in this very moment
  subscription_ = dialect_.hub.subscribe(client_.room, *this, client_.member);
  send_snapshot(resumed);
  if (resumed || !accepted.data) tell_who_talks(resumed); // others hear it when their data channel opens
  keep_alive();
}

void SeppSession::send_snapshot(bool resumed) {
  const auto* room = dialect_.hub.directory().find(client_.room);
  std::vector<base::MemberId> everybody, gone;
  for (const auto& member : room->members)
    if (resumed && !member.present && member.joined_at)
      gone.push_back(member.id); // perhaps while nobody listened
  for (const auto* member : room->present())
    everybody.push_back(member->id);
  send_members(*room, everybody, gone);
  send_sources(*room);
  recording_.reset();
  send_recording(*room);
}

void SeppSession::send_sources(const room::State& room) {
  if (stage_ == Stage::over) return;
  const auto call = leg_.hex();
  socket_.send_text(news_.source_update({conference_id_, client_id_, call}, room));
}

void SeppSession::send_members(const room::State& room, const std::vector<base::MemberId>& add,
                               const std::vector<base::MemberId>& gone) {
  if (stage_ == Stage::over) return;
  const auto call = leg_.hex();
  socket_.send_text(news_.memberlist({conference_id_, client_id_, call}, room, add, gone));
}

void SeppSession::send_recording(const room::State& room) {
  const std::pair now(room.running_recording() != nullptr, room.options.recording_available);
  if (recording_ == now) return;
  recording_ = now;
  send("recording", {{"call_id", leg_.hex()}, {"active", now.first}, {"enabled", now.second}});
}

void SeppSession::handle_call_terminate(const CallTerminate& terminated) {
  const auto leg = leg_ ? leg_ : base::PeerId::parse(terminated.call_id).value_or(base::PeerId{});
  if (leg) tell_hub(room::LeaveRoom{client_.member, leg});
  terminate(200, leg_ ? leg_.hex() : terminated.call_id);
}

void SeppSession::handle_sdp_update(const SdpUpdate& update) {
  if (stage_ != Stage::live || update.call_id != leg_.hex()) return;
  if (update.is_answer) {
    if (!offer_open_) return;
    dialect_.hub.calls().answer(client_.room, client_.member, update.sdp);
    offer_open_ = false;
    if (std::exchange(offer_wanted_, false)) offer_again(); // now spaced, no longer waiting
    return;
  }
  dialect_.hub.calls().resume(
      client_.room, client_.member, leg_, update.sdp,
      while_alive([this](base::Result<hub::JoinAccepted> accepted) {
        if (stage_ != Stage::live || !accepted) return;
        send("sdp_update", {{"call_id", leg_.hex()}, {"sdp", sdp_object("answer", accepted->answer)}});
      }));
}

void SeppSession::on_closed() {
  if (stage_ != Stage::over) let_go();
  stage_ = Stage::over;
}

void SeppSession::give_way(const SeppClient& to) {
  if (client_ == to && stage_ == Stage::live) terminate(403, leg_.hex());
}

void SeppSession::close_for_restart() {
  // Android takes a close frame for the end of the meeting (eyeson-sepp 1.6); everybody resumes after a loss.
  socket_.close(net::kWithoutGoodbye);
}

void SeppSession::send(std::string_view type, json::object data) {
  if (stage_ == Stage::over) return;
  socket_.send_text(write_sepp(dialect_.env.random, type, conference_id_, client_id_, std::move(data)));
}

void SeppSession::stop_timers() {
  keep_alive_timer_.reset();
  offer_timer_.reset();
  offer_open_ = offer_wanted_ = false;
}

void SeppSession::terminate(int code, const std::string& call_id) {
  send("call_terminated", {{"call_id", call_id}, {"term_code", code}});
  stage_ = Stage::over;
  subscription_.cancel();
  stop_timers();
  socket_.close(1000);
}

void SeppSession::reject(int code) {
  let_go(); // a call that this one should have replaced
  send("call_rejected", {{"reject_code", code}});
  stage_ = Stage::over;
  socket_.close(1000);
}

} // namespace plenum::api::eyeson
