#include "apps/plenum/commands.hpp"

#include "base/json.hpp"
#include "net/event_loop.hpp"
#include "net/http_client.hpp"
#include "net/url.hpp"
#include "store/store.hpp"

#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>

namespace plenum::app {
namespace {

int complain(const std::string& text) {
  fmt::print(stderr, "plenum: {}\n", text);
  return 1;
}

std::string key_of(const RoomTarget& target) {
  if (!target.api_key.empty()) return target.api_key;
  const char* from_environment = std::getenv("PLENUM_API_KEY");
  return from_environment == nullptr ? "" : from_environment;
}

base::Result<base::json::value> call(const RoomTarget& target, const std::string& method,
                                     const std::string& path, const std::string& body) {
  const auto key = key_of(target);
  if (key.empty()) return base::fail(base::ErrorCode::invalid, "no API key: use --key or PLENUM_API_KEY");
  const auto got = net::fetch(
      {method, target.url + path, {{"Authorization", key}, {"Content-Type", "application/json"}}, body});
  if (!got) return std::unexpected(got.error());
  auto parsed =
      got->body.empty() ? base::json::value(nullptr) : base::parse_json(got->body).value_or(nullptr);
  if (got->status >= 300)
    return base::fail(base::ErrorCode::invalid,
                      fmt::format("{} {}", got->status, base::find_string(parsed, "error").value_or("")));
  return parsed;
}

} // namespace

int create_key(const base::Env& env, const Config& config, const std::string& name) {
  net::EventLoop loop(env);
  auto store = store::open_store(env, loop, {.directory = config.data_directory});
  if (!store) return complain(store.error().text);
  int status = 1;
  bool done = false;
  (*store)->accounts().create(name, [&](base::Result<store::NewAccount> made) {
    done = true;
    if (!made) {
      complain(made.error().text);
      return;
    }
    std::printf("%s\n", std::string(made->key.reveal()).c_str());
    status = 0;
  });
  loop.run_until([&] { return done; });
  return status;
}

int list_keys(const base::Env& env, const Config& config) {
  net::EventLoop loop(env);
  const auto store = store::open_store(env, loop, {.directory = config.data_directory});
  if (!store) return complain(store.error().text);
  for (const auto& account : (*store)->accounts().list())
    fmt::print("{}  {}  {}  {}\n", account.id.hex(), base::iso8601(account.created_at),
               account.enabled ? "enabled " : "disabled", account.name);
  return 0;
}

int create_room(const RoomTarget& target, const std::string& id, const std::string& name,
                const std::string& user, bool widescreen) {
  const base::json::object body{{"id", id},
                                {"name", name},
                                {"user", base::json::object{{"name", user}}},
                                {"options", base::json::object{{"widescreen", widescreen}}}};
  const auto made = call(target, "POST", "/rooms", base::write_json(body));
  if (!made) return complain(made.error().text);
  const auto* links = base::find(*made, "links");
  if (links == nullptr) return complain("the server's answer has no links");
  fmt::print("host   {}\nguests {}\n", base::find_string(*links, "gui").value_or(""),
             base::find_string(*links, "guest_join").value_or(""));
  return 0;
}

int list_rooms(const RoomTarget& target) {
  for (int page = 0;; ++page) {
    const auto rooms = call(target, "GET", fmt::format("/rooms?page={}", page), "");
    if (!rooms) return complain(rooms.error().text);
    const auto* list = rooms->if_array();
    if (list == nullptr || list->empty()) return 0;
    for (const auto& room : *list)
      fmt::print("{}  {}  {}\n", base::find_string(room, "id").value_or(""),
                 base::find_string(room, "started_at").value_or(""),
                 base::find_string(room, "name").value_or(""));
  }
}

int end_room(const RoomTarget& target, const std::string& id) {
  const auto ended = call(target, "DELETE", "/rooms/" + net::percent_encode(id), "");
  return ended ? 0 : complain(ended.error().text);
}

int show_config(const Loaded& loaded) {
  for (const auto& setting : settings())
    fmt::print("{:24} = {:28} # {}\n", setting.key, setting.show(loaded.config),
               loaded.origin.at(setting.key));
  return 0;
}

} // namespace plenum::app
