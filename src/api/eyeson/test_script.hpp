// A conversation script (tests/scripts/README.md) on the whole dialect: says what the script says, and holds
// the answers and events against it.
#pragma once

#include "api/eyeson/test_dialect.hpp"
#include "net/form.hpp"
#include "net/signature.hpp"

#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <functional>
#include <sstream>

namespace plenum::api::eyeson::testing {

// Expected JSON against real JSON. Objects: every expected member is there. Arrays: the same length. Strings:
// "{name}" is a value kept earlier, "=name" keeps the value, "<kind>" is any value of that kind.
class Expectation {
 public:
  explicit Expectation(std::map<std::string, std::string>& kept) : kept_(kept) {}

  std::string filled(std::string text) const {
    for (std::size_t at = text.find('{'); at != std::string::npos; at = text.find('{', at + 1)) {
      const auto end = text.find('}', at);
      const auto known =
          end == std::string::npos ? kept_.end() : kept_.find(text.substr(at + 1, end - at - 1));
      if (known != kept_.end()) text.replace(at, end - at + 1, known->second);
    }
    return text;
  }
  json::value filled(const json::value& value) const {
    if (value.is_string()) return json::value(filled(std::string(value.get_string())));
    if (const auto* list = value.if_array()) {
      json::array out;
      for (const auto& item : *list)
        out.push_back(filled(item));
      return out;
    }
    const auto* object = value.if_object();
    if (object == nullptr) return value;
    json::object out;
    for (const auto& [name, child] : *object)
      out[filled(std::string(name))] = filled(child);
    return out;
  }

  // What is wrong; empty when nothing is.
  std::string check(const json::value& expected, const json::value& real, const std::string& where = "$") {
    if (expected.is_string()) return check_text(std::string(expected.get_string()), real, where);
    if (const auto* list = expected.if_array()) return check_list(*list, real, where);
    if (const auto* object = expected.if_object()) return check_members(*object, real, where);
    return expected == real ? "" : wrong(where, expected, real);
  }

 private:
  static std::string wrong(const std::string& where, const json::value& expected, const json::value& real) {
    return where + " is " + base::write_json(real) + ", expected " + base::write_json(expected);
  }

  std::string check_text(const std::string& expected, const json::value& real, const std::string& where) {
    static const std::map<std::string, std::regex> kKinds = {
        {"<id>", std::regex("[0-9a-f]{24}")},
        {"<token>", std::regex("[0-9A-Za-z]{24}")},
        {"<time>", std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)")},
        {"<text>", std::regex("(.|\n)+")},
        {"<int>", std::regex("-?\\d+")}};
    const auto text = real.is_string() ? std::string(real.get_string()) : base::write_json(real);
    if (expected.starts_with('=')) {
      kept_[expected.substr(1)] = text;
      return real.is_null() ? where + " is null" : "";
    }
    if (const auto kind = kKinds.find(expected); kind != kKinds.end())
      return std::regex_match(text, kind->second) ? "" : wrong(where, json::value(expected), real);
    const auto wanted = filled(expected);
    return real.is_string() && text == wanted ? "" : wrong(where, json::value(wanted), real);
  }

  std::string check_list(const json::array& expected, const json::value& real, const std::string& where) {
    const auto* list = real.if_array();
    if (list == nullptr || list->size() != expected.size()) return wrong(where, expected, real);
    for (std::size_t i = 0; i < expected.size(); ++i)
      if (auto why = check(expected[i], (*list)[i], where + "." + std::to_string(i)); !why.empty())
        return why;
    return {};
  }

  std::string check_members(const json::object& expected, const json::value& real, const std::string& where) {
    if (!real.is_object()) return wrong(where, expected, real);
    for (const auto& [name, value] : expected) {
      const auto* member = base::find(real, name);
      if (member == nullptr) return where + "." + std::string(name) + " is missing";
      if (auto why = check(value, *member, where + "." + std::string(name)); !why.empty()) return why;
    }
    return {};
  }

  std::map<std::string, std::string>& kept_;
};

class Script {
 public:
  explicit Script(const json::value& script) : api_(options(script)), steps_(script.at("steps").get_array()) {
    api_.dialect.keep_upload = [](std::string_view, std::string_view extension) {
      return "upload." + std::string(extension);
    };
    api_.flaky_definitions.broken = text_at(script, "store") == "broken";
    api_.house.hub->set_hook_view(api_.hook_view);
    api_.deliveries->start();
    kept_["owner"] = api_.key;
    kept_["stranger"] = api_.make_key("Another company");
  }

  void run() {
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      const auto& step = steps_[i];
      SCOPED_TRACE("step " + std::to_string(i + 1) + ": " + base::write_json(step));
      play(step);
      listen(step);
      if (::testing::Test::HasFailure()) return;
    }
  }

 private:
  struct Listener {
    Client client;
    std::vector<json::value> heard() { // messages; protocol frames as they are, without pings
      std::vector<json::value> out;
      for (auto& frame : client.take()) {
        if (text_at(frame, "type") == "ping") continue;
        const auto* message = base::find(frame, "message");
        out.push_back(message != nullptr ? *message : frame);
      }
      return out;
    }
  };

  // Media can everything, unless the script lists what it can ([]: nothing, as in the running program).
  static hub::HubOptions options(const json::value& script) {
    hub::HubOptions out;
    const auto can = [&](std::string_view what) {
      const auto* list = base::find_array(script, "media");
      return list == nullptr || std::ranges::find(*list, json::value(what)) != list->end();
    };
    out.capabilities = {can("recording"), can("snapshot"), can("broadcast"),
                        can("layers"),    can("playback"), can("forward")};
    if (const auto rooms = base::find_int(script, "rooms")) out.rooms = static_cast<std::size_t>(*rooms);
    return out;
  }

  void play(const json::value& step) {
    static const std::map<std::string, void (Script::*)(const json::value&)> kSteps = {
        {"rest", &Script::ask},        {"observer", &Script::observe}, {"member", &Script::open_member},
        {"join", &Script::join},       {"leave", &Script::leave},      {"wait_ms", &Script::wait},
        {"hang_up", &Script::hang_up}, {"media", &Script::play_media}};
    for (const auto& [name, act] : kSteps)
      if (base::find(step, name) != nullptr) return (this->*act)(step);
    ADD_FAILURE() << "no such step";
  }

  std::string word(const json::value& step, std::string_view name) {
    return expectation_.filled(text_at(step, name));
  }

  // "POST /rooms/:access_key/lock" with ["{ann}"] → method and target
  std::pair<std::string, std::string> target(const json::value& step) {
    const auto route = text_at(step, "rest");
    const auto space = route.find(' ');
    std::string out;
    const auto* values = base::find_array(step, "path");
    std::size_t next = 0;
    for (std::size_t at = space + 1; at < route.size();) {
      const auto end = std::min(route.find('/', at + 1), route.size());
      const auto part = route.substr(at + 1, end - at - 1);
      if (part.starts_with(':')) {
        EXPECT_TRUE(values != nullptr && next < values->size()) << "path has too few values";
        if (values == nullptr || next >= values->size()) break;
        out += "/" + percent_encoded(expectation_.filled(std::string((*values)[next++].get_string())));
      } else {
        out += "/" + part;
      }
      at = end;
    }
    if (const auto query = base::find_string(step, "query"))
      out += "?" + expectation_.filled(std::string(*query));
    return {route.substr(0, space), out};
  }
  static std::string percent_encoded(const std::string& text) {
    std::string out;
    for (const char c : text)
      out += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.'
                 ? std::string(1, c)
                 : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    return out;
  }

  void ask(const json::value& step) {
    const auto [method, where] = target(step);
    HeaderList headers;
    if (base::find(step, "key") != nullptr) {
      const auto name = text_at(step, "key");
      headers.emplace_back("Authorization", kept_.contains(name) ? kept_.at(name) : name);
    }
    std::string body;
    if (const auto* value = base::find(step, "json")) body = base::write_json(expectation_.filled(*value));
    if (base::find(step, "form") != nullptr) body = word(step, "form");
    if (const auto* fields = base::find_object(step, "multipart")) body = multipart(*fields, headers);
    if (const auto* json_body = base::find(step, "json")) check_documented(method, where, *json_body);
    const auto got = api_.ask(method, where, std::move(body), headers);
    EXPECT_EQ(got.status, base::find_int(step, "status").value_or(0)) << got.body;
    if (const auto* answer = base::find(step, "answer"))
      EXPECT_EQ(expectation_.check(*answer, got.json), "") << got.body;
  }

  void check_documented(const std::string& method, const std::string& where, const json::value& body) {
    if (!body.is_object()) return;
    const auto operation = Contract::get().operation(method, Api::request(method, where, {}, {}).segments);
    const auto params = net::params_from_json(base::write_json(body));
    if (operation.spec == nullptr || !params) return;
    EXPECT_THAT(Contract::get().undocumented(operation, params->root()), ::testing::IsEmpty());
  }

  // A member that is an object is a file: {"png": [640, 480]}, or {"text": "…"} as it stands.
  std::string multipart(const json::object& fields, HeaderList& headers) const {
    headers.emplace_back("Content-Type", "multipart/form-data; boundary=part");
    std::string out;
    for (const auto& [name, value] : fields) {
      out += "--part\r\nContent-Disposition: form-data; name=\"" + std::string(name) + "\"";
      if (value.is_object())
        out += "; filename=\"blob\"\r\nContent-Type: application/octet-stream\r\n\r\n" + file(value) + "\r\n";
      else
        out += "\r\n\r\n" + expectation_.filled(std::string(value.get_string())) + "\r\n";
    }
    return out + "--part--\r\n";
  }
  static std::string file(const json::value& value) {
    const auto* size = base::find_array(value, "png");
    if (size == nullptr) return text_at(value, "text");
    const auto big32 = [](const json::value& number) {
      const auto n = static_cast<std::uint32_t>(number.get_int64());
      return std::string{static_cast<char>(n >> 24), static_cast<char>(n >> 16), static_cast<char>(n >> 8),
                         static_cast<char>(n)};
    };
    return std::string("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16) + big32((*size)[0]) + big32((*size)[1]) +
           std::string(20, '\0');
  }

  // What media reports: {"media": "finish_recording", "room": "daily", "id": "{recording}", "seconds": 5}
  void play_media(const json::value& step) {
    const auto& directory = api_.house.hub->directory();
    hub::testing::Outcome<store::RoomRef> found; // running or ended
    api_.house.hub->find_latest(directory.account_by_key(api_.key)->id, word(step, "room"),
                                found.completion());
    api_.house.settle();
    ASSERT_TRUE(found.ok());
    const auto* room = directory.find(found.value().room);
    const auto what = text_at(step, "media"), id = word(step, "id");
    const auto seconds = static_cast<std::uint32_t>(base::find_int(step, "seconds").value_or(0));
    std::optional<room::Command> fact;
    if (what == "finish_recording")
      fact = room::FinishRecording{*base::RecordingId::parse(id), seconds, "recording.webm", 1000};
    if (what == "fail_recording")
      fact = room::FailRecording{*base::RecordingId::parse(id), "the disk is full"};
    if (what == "store_snapshot") fact = room::StoreSnapshot{room->snapshots.back().id, "snapshot.jpg", 1000};
    if (what == "end_playback") fact = room::EndPlayback{id};
    if (what == "end_broadcast") fact = room::EndBroadcast{room->broadcasts.front().id};
    if (what == "end_forward") fact = room::EndForward{id};
    ASSERT_TRUE(fact) << what;
    hub::testing::Outcome<hub::Committed> done;
    api_.house.hub->dispatch(found.value().room, std::move(*fact), hub::Principal::media(),
                             done.completion());
    api_.house.settle();
    EXPECT_TRUE(done.ok());
  }

  void observe(const json::value& step) {
    HeaderList headers{{"Authorization", api_.key}};
    open(text_at(step, "observer"), "/rt?room_id=" + percent_encoded(word(step, "room")), headers);
  }
  void open_member(const json::value& step) {
    open(text_at(step, "member"), "/rt?access_key=" + word(step, "access_key"), {});
  }
  void open(const std::string& name, const std::string& where, const HeaderList& headers) {
    auto client = api_.connect(where, headers);
    client.say(
        json::value(json::object{{"command", "subscribe"}, {"identifier", R"({"channel":"RoomChannel"})"}}));
    listeners_.erase(name);
    listeners_.emplace(name, Listener{std::move(client)});
  }
  void hang_up(const json::value& step) { listeners_.at(text_at(step, "hang_up")).client.hang_up(); }

  // A call with media of the user whose access key was kept under this name.
  void join(const json::value& step) {
    const auto name = text_at(step, "join");
    const auto document = api_.ask("GET", "/rooms/" + kept_.at(name));
    EXPECT_EQ(document.status, 200);
    auto caller = std::make_unique<Caller>(api_, document.json);
    caller->join(base::find_bool(step, "muted").value_or(false));
    callers_[name] = std::move(caller);
  }
  void leave(const json::value& step) {
    auto& caller = callers_.at(text_at(step, "leave"));
    caller->say("call_terminate", {{"call_id", caller->call}, {"term_code", 200}});
    callers_.erase(text_at(step, "leave"));
  }
  void wait(const json::value& step) {
    api_.house.pass(std::chrono::milliseconds(*base::find_int(step, "wait_ms")));
  }

  // Who heard what because of this step; nobody listed: not looked at.
  void listen(const json::value& step) {
    const auto* hears = base::find_object(step, "hears");
    for (auto& [name, listener] : listeners_) {
      const auto heard = listener.heard();
      const auto* expected = hears == nullptr ? nullptr : hears->if_contains(name);
      if (expected == nullptr) continue;
      EXPECT_EQ(expectation_.check(*expected, json::array(heard.begin(), heard.end())), "") << name;
    }
    const auto told = received();
    if (const auto* expected = hears == nullptr ? nullptr : hears->if_contains("hook"))
      EXPECT_EQ(expectation_.check(*expected, told), "") << "hook";
    for (const auto& [name, value] : hears == nullptr ? json::object() : *hears)
      EXPECT_TRUE(name == "hook" || listeners_.contains(std::string(name))) << "nobody is called " << name;
  }

  // Bodies that the owner's webhook was sent since the last look, each as the contract says and signed.
  json::array received() {
    for (int round = 0; round < 4; ++round) // one of a room after the other
      api_.house.settle();
    json::array out;
    for (const auto& request : std::exchange(api_.hook_receiver.received, {})) {
      out.push_back(parsed(request.body));
      EXPECT_EQ(Contract::get().check_webhook(out.back()), "") << request.body;
      const auto signature = net::hmac_sha256_hex(base::Secret(api_.key), request.body);
      EXPECT_THAT(request.headers,
                  ::testing::Contains(std::pair<std::string, std::string>("X-Eyeson-Signature", signature)));
    }
    return out;
  }

  Api api_;
  json::array steps_;
  std::map<std::string, std::string> kept_;
  Expectation expectation_{kept_};
  std::map<std::string, Listener> listeners_;
  std::map<std::string, std::unique_ptr<Caller>> callers_;
};

} // namespace plenum::api::eyeson::testing
