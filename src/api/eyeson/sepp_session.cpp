#include "api/eyeson/sepp_session.hpp"

#include "api/eyeson/views.hpp"
#include "base/log.hpp"

#include <algorithm>

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

SeppSession::SeppSession(Dialect& dialect, SeppClient client)
    : dialect_(dialect), client_(client), client_id_(client.member.hex()) {
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

void SeppSession::on_text(std::string_view text) {
  if (stage_ == Stage::over) return;
  const auto message = parse_sepp(text, client_id_);
  if (message) return handle(*message);
  dialect_.env.metrics.counter("plenum_sepp_bad_messages_total").add();
  // An SDP that cannot be used must be answered, or the client waits for ever; the rest changes nothing.
  const auto envelope = base::parse_json(text, {.bytes = 256 * 1024, .depth = 8});
  const auto type = envelope ? base::find_string(*envelope, "type").value_or("") : "";
  if (type == "call_start" && stage_ == Stage::fresh) return reject(reject_code(message.error()));
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

void SeppSession::dispatch(room::Command command) {
  if (stage_ != Stage::live) return;
  dialect_.hub.dispatch(client_.room, std::move(command), hub::Principal::of(client_.member),
                        [](const base::Result<hub::Committed>&) {});
}

void SeppSession::handle_call_start(const CallStart& start) {
  if (stage_ == Stage::starting) return; // one at a time; the first will be answered
  subscription_.cancel();
  stage_ = Stage::starting;
  platform_ = start.platform;
  dialect_.hub.calls().join(client_.room, client_.member,
                            {start.sdp, peer_options(), start.platform, !start.mute_video},
                            while_alive([this](base::Result<hub::JoinAccepted> accepted) {
                              if (!accepted) return reject(reject_code(accepted.error()));
                              go_live(*accepted, "call_accepted");
                            }));
}

void SeppSession::handle_call_resume(const CallResume& resume) {
  const auto leg = base::PeerId::parse(resume.call_id);
  if (!leg) return terminate(410);
  stage_ = Stage::starting;
  dialect_.hub.calls().resume(client_.room, client_.member, *leg, resume.sdp,
                              while_alive([this](base::Result<hub::JoinAccepted> accepted) {
                                // Whatever it was: this call cannot go on, the client may start a new one.
                                if (!accepted) return terminate(410);
                                go_live(*accepted, "call_resumed");
                                dispatch(room::RestoreSignaling{client_.member, leg_});
                              }));
}

void SeppSession::go_live(const hub::JoinAccepted& accepted, std::string_view answer_type) {
  stage_ = Stage::live;
  leg_ = accepted.leg;
  data_open_ = answer_type == "call_resumed" && accepted.data; // its channel has been up for long
  wants_keep_alive_ =
      accepted.data && std::ranges::find(accepted.session_attributes, "a=eyeson-datachan-keepalive") !=
                           accepted.session_attributes.end();
  send(answer_type, {{"call_id", leg_.hex()}, {"sdp", sdp_object("answer", accepted.answer)}});
  subscription_ = dialect_.hub.subscribe(client_.room, *this, client_.member);
  send_snapshot();
  keep_alive();
}

void SeppSession::send_snapshot() {
  const auto* room = dialect_.hub.directory().find(client_.room);
  if (room == nullptr) return;
  std::vector<base::MemberId> everybody;
  for (const auto* member : room->present())
    everybody.push_back(member->id);
  send("memberlist", memberlist(*room, leg_.hex(), everybody, {}));
  send("source_update", source_update(*room, leg_.hex()));
  send("recording",
       {{"call_id", leg_.hex()}, {"active", false}, {"enabled", room->options.recording_available}});
}

void SeppSession::handle_call_terminate(const CallTerminate&) {
  if (stage_ == Stage::live) dispatch(room::LeaveRoom{client_.member, leg_});
  terminate(200);
}

void SeppSession::handle_sdp_update(const SdpUpdate& update) {
  if (stage_ != Stage::live || update.call_id != leg_.hex()) return;
  if (update.is_answer) {
    if (offer_open_) dialect_.hub.calls().answer(client_.room, client_.member, update.sdp);
    offer_open_ = false;
    if (offer_wanted_) offer_again();
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
  if (stage_ == Stage::live) dispatch(room::LoseSignaling{client_.member, leg_});
  stage_ = Stage::over;
}

void SeppSession::close_for_restart() {
  socket_.close(1001, "server restart");
}

void SeppSession::send(std::string_view type, json::object data) {
  if (stage_ == Stage::over) return;
  socket_.send_text(write_sepp(dialect_.env.random, type, conference_id_, client_id_, std::move(data)));
}

void SeppSession::terminate(int code) {
  send("call_terminated", {{"call_id", leg_.hex()}, {"term_code", code}});
  stage_ = Stage::over;
  subscription_.cancel();
  keep_alive_timer_.reset();
  offer_timer_.reset();
  socket_.close(1000);
}

void SeppSession::reject(int code) {
  send("call_rejected", {{"reject_code", code}});
  stage_ = Stage::over;
  socket_.close(1000);
}

} // namespace plenum::api::eyeson
