#include "apps/plenum/config.hpp"

#include "ice/address.hpp"
#include "net/ip_address.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <stdexcept>

// The parser of toml++ asserts where it should refuse: a section named [.a] would end the process.
#define TOML_ASSERT(condition)                                                                               \
  (static_cast<bool>(condition) ? void() : throw std::invalid_argument("malformed TOML"))
#include <toml++/toml.h>

namespace plenum::app {
namespace {

using base::ErrorCode;
using base::fail;
using base::Result;

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> out;
  std::stringstream in(text);
  for (std::string item; std::getline(in, item, ',');) {
    const auto first = item.find_first_not_of(" \t");
    if (first != std::string::npos)
      out.push_back(item.substr(first, item.find_last_not_of(" \t") - first + 1));
  }
  return out;
}

template <class T>
Setting setting(std::string key, T Config::* member, std::string help) {
  Setting out{std::move(key), std::move(help), std::is_same_v<T, base::Secret>, {}, {}};
  out.read = [member](Config& config, const std::string& text) -> Result<void> {
    auto& value = config.*member;
    if constexpr (std::is_same_v<T, std::string>) {
      value = text;
    } else if constexpr (std::is_same_v<T, base::Secret>) {
      value = base::Secret(text);
    } else if constexpr (std::is_same_v<T, bool>) {
      if (text != "true" && text != "false") return fail(ErrorCode::invalid, "true or false expected");
      value = text == "true";
    } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
      value = split(text);
    } else {
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (error != std::errc() || end != text.data() + text.size())
        return fail(ErrorCode::invalid,
                    fmt::format("whole number up to {} expected", std::numeric_limits<T>::max()));
    }
    return {};
  };
  out.show = [member](const Config& config) -> std::string {
    const auto& value = config.*member;
    if constexpr (std::is_same_v<T, base::Secret>) {
      return value.empty() ? "" : "(set)";
    } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
      return fmt::format("{}", fmt::join(value, ","));
    } else {
      return fmt::format("{}", value);
    }
  };
  return out;
}

// nullopt: a kind of value that no setting has.
std::optional<std::string> toml_text(const toml::node& node) {
  if (const auto* array = node.as_array()) {
    std::vector<std::string> items;
    for (const auto& item : *array) {
      auto text = item.is_array() ? std::nullopt : toml_text(item);
      if (!text) return std::nullopt;
      items.push_back(std::move(*text));
    }
    return fmt::format("{}", fmt::join(items, ","));
  }
  if (const auto text = node.value_exact<std::string>()) return *text;
  if (const auto flag = node.value_exact<bool>()) return *flag ? "true" : "false";
  if (const auto number = node.value_exact<std::int64_t>()) return std::to_string(*number);
  return std::nullopt;
}

const Setting* find(const std::string& key) {
  const auto at = std::ranges::find(settings(), key, &Setting::key);
  return at == settings().end() ? nullptr : &*at;
}

Result<void> set(Loaded& loaded, const std::string& key, const std::string& value,
                 const std::string& origin) {
  const auto* known = find(key);
  if (known == nullptr) return fail(ErrorCode::invalid, fmt::format("{}: unknown setting {}", origin, key));
  if (auto read = known->read(loaded.config, value); !read)
    return std::unexpected(std::move(read).error().context(fmt::format("{}: {}", origin, key)));
  loaded.origin[key] = origin;
  return {};
}

Result<void> read_file(Loaded& loaded, const std::string& file) {
  toml::table table;
  try {
    table = toml::parse_file(file);
  } catch (const toml::parse_error& error) {
    return fail(ErrorCode::invalid,
                fmt::format("{}:{}: {}", file, error.source().begin.line, error.description()));
  } catch (const std::invalid_argument& error) {
    return fail(ErrorCode::invalid, fmt::format("{}: {}", file, error.what()));
  }
  for (const auto& [section, body] : table) {
    const auto* settings_of = body.as_table();
    if (settings_of == nullptr)
      return fail(ErrorCode::invalid, fmt::format("{}: {} must be a [section]", file, section.str()));
    for (const auto& [name, value] : *settings_of) {
      const auto key = std::string(section.str()) + "." + std::string(name.str());
      const auto text = toml_text(value);
      if (!text)
        return fail(ErrorCode::invalid,
                    fmt::format("{}: {}: text, number, true, false or a list expected", file, key));
      if (auto done = set(loaded, key, *text, "file " + file); !done) return done;
    }
  }
  return {};
}

Result<void> read_environment(Loaded& loaded, const std::vector<std::string>& environment) {
  for (const auto& entry : environment) {
    const auto equals = entry.find('=');
    const auto name = entry.substr(0, equals);
    if (!name.starts_with("PLENUM_") || name == "PLENUM_CONFIG" || name == "PLENUM_API_KEY" ||
        name == "PLENUM_URL")
      continue;
    const auto at = std::ranges::find(settings(), name, [](const Setting& s) { return s.variable(); });
    if (at == settings().end()) return fail(ErrorCode::invalid, "environment: unknown variable " + name);
    if (auto done = set(loaded, at->key, entry.substr(equals + 1), "environment"); !done) return done;
  }
  return {};
}

} // namespace

std::string Setting::variable() const {
  std::string out = "PLENUM_" + key;
  std::ranges::transform(out, out.begin(), [](char c) {
    return c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  });
  return out;
}

std::string Setting::flag() const {
  std::string out = "--" + key;
  std::ranges::replace(out, '.', '-');
  std::ranges::replace(out, '_', '-');
  return out;
}

namespace {

std::vector<Setting> settings_of_connections() {
  return {
      setting("data.directory", &Config::data_directory, "where the database and keys live"),
      setting("http.address", &Config::http_address, "address of the API, websockets and meeting page"),
      setting("http.port", &Config::http_port, "its TCP port"),
      setting("http.certificate", &Config::http_certificate,
              "PEM certificate chain; with it the port speaks TLS"),
      setting("http.private_key", &Config::http_private_key, "PEM private key of the certificate"),
      setting("admin.address", &Config::admin_address, "address of /healthz, /readyz and /metrics"),
      setting("admin.port", &Config::admin_port, "their TCP port; 0 chooses one"),
      setting("public.api", &Config::public_api, "base URL that clients use; empty: what they called us"),
      setting("public.gui", &Config::public_gui, "base URL of the meeting page; empty: the same"),
      setting("public.signaling", &Config::public_signaling, "websocket URL of signaling; empty: derived"),
      setting("media.listen", &Config::media_listen, "addresses of the media port"),
      setting("media.port", &Config::media_port, "the one media port, UDP and TCP"),
      setting("media.tcp", &Config::media_tcp, "offer ICE over TCP as well"),
      setting("media.continue_in_place", &Config::continue_in_place,
              "keep keys of live calls in locked memory, to go on when a media process dies"),
      setting("media.announce", &Config::media_announce,
              "addresses told to clients (behind NAT: the public one)"),
      setting("media.stun", &Config::media_stun, "answer plain STUN on the media port"),
      setting("media.sandbox", &Config::media_sandbox, "confine media processes; false is for debugging"),
      setting("media.worker_user", &Config::media_worker_user,
              "as root: the user of media processes; empty: one of its own for each"),
      setting("media.worker_memory_mb", &Config::media_worker_memory_mb,
              "private memory of one media process; 0: no limit"),
      setting("media.worker_dumps", &Config::media_worker_dumps,
              "let media processes dump core and be debugged: shows keys of calls"),
      setting("ice.stun_servers", &Config::ice_stun_servers,
              "STUN URLs for clients; empty: our own media port, for clients that are no browsers"),
      setting("ice.turn_servers", &Config::ice_turn_servers, "TURN URLs for clients"),
      setting("ice.turn_secret", &Config::ice_turn_secret, "shared secret with the TURN server"),
      setting("video.codec", &Config::video_codec, "preferred codec of the picture: vp8 or h264"),
  };
}

std::vector<Setting> settings_of_the_house() {
  return {
      setting("rooms.most", &Config::rooms_most, "meetings at the same time"),
      setting("rooms.idle_seconds", &Config::rooms_idle_seconds, "an empty meeting ends after this"),
      setting("rooms.grace_seconds", &Config::rooms_grace_seconds, "a lost member keeps its seat for this"),
      setting("rooms.members", &Config::rooms_members, "people in one meeting"),
      setting("limits.requests_per_key", &Config::limits_requests_per_key,
              "requests per second of one key or token, five times as many at once; 0: no limit"),
      setting("limits.requests_per_address", &Config::limits_requests_per_address,
              "requests per second of one address, five times as many at once; 0: no limit"),
      setting("workers.spares", &Config::workers_spares, "media processes kept warm"),
      setting("workers.most", &Config::workers_most, "media processes at the same time"),
      setting("workers.executable", &Config::workers_executable,
              "path of plenum-media; empty: beside this program"),
      setting("web.directory", &Config::web_directory, "the built meeting page; none: API only"),
      setting("outbound.plain_http", &Config::outbound_plain_http,
              "URLs that users give us may be http, too"),
      setting("outbound.allowed_networks", &Config::outbound_allowed_networks,
              "where such URLs may lead besides public addresses: 10.1.0.0/16"),
      setting("outbound.authorities", &Config::outbound_authorities,
              "PEM file of authorities that are trusted besides the system's"),
      setting("hooks.most", &Config::hooks_most, "deliveries to hooks under way at the same time"),
      setting("hooks.most_each", &Config::hooks_most_each, "and to one hook"),
      setting("hooks.give_up_hours", &Config::hooks_give_up_hours,
              "a delivery that fails for so long is parked"),
      setting("keep.meetings_days", &Config::keep_meetings_days,
              "events are kept for so long, also after the meeting"),
      setting("keep.files_days", &Config::keep_files_days, "recordings and snapshots"),
      setting("keep.dead_letters_days", &Config::keep_dead_letters_days, "deliveries that were parked"),
      setting("log.level", &Config::log_level, "debug, info, warn or error"),
      setting("log.format", &Config::log_format, "json or text"),
  };
}

} // namespace

const std::vector<Setting>& settings() {
  static const std::vector<Setting> all = [] {
    auto table = settings_of_connections();
    std::ranges::move(settings_of_the_house(), std::back_inserter(table));
    return table;
  }();
  return all;
}

Result<Loaded> load_config(const std::string& file, const std::vector<std::string>& environment,
                           const std::map<std::string, std::string>& flags) {
  Loaded loaded;
  for (const auto& known : settings())
    loaded.origin[known.key] = "default";
  if (!file.empty())
    if (auto done = read_file(loaded, file); !done) return std::unexpected(done.error());
  if (auto done = read_environment(loaded, environment); !done) return std::unexpected(done.error());
  for (const auto& [key, value] : flags)
    if (auto done = set(loaded, key, value, "flag"); !done) return std::unexpected(done.error());
  if (auto good = check_config(loaded.config); !good) return std::unexpected(good.error());
  return loaded;
}

std::string local_url(const Config& config) {
  auto host = config.http_address;
  if (host == "127.0.0.1" || host == "0.0.0.0" || host == "::" || host == "::1") host = "localhost";
  if (host.contains(':')) host = "[" + host + "]";
  return fmt::format("{}://{}:{}", config.http_certificate.empty() ? "http" : "https", host,
                     config.http_port);
}

Result<void> check_config(const Config& c) {
  const auto invalid = [](std::string text) { return fail(ErrorCode::invalid, std::move(text)); };
  if (c.video_codec != "vp8" && c.video_codec != "h264") return invalid("video.codec must be vp8 or h264");
  if (c.log_level != "debug" && c.log_level != "info" && c.log_level != "warn" && c.log_level != "error")
    return invalid("log.level must be debug, info, warn or error");
  if (c.log_format != "json" && c.log_format != "text") return invalid("log.format must be json or text");
  if (c.http_certificate.empty() != c.http_private_key.empty())
    return invalid("http.certificate and http.private_key go together");
  for (const auto& address : c.media_announce)
    if (!ice::TransportAddress::parse(address, 1))
      return invalid("media.announce: not an IP address: " + address);
  for (const auto* url : {&c.public_api, &c.public_gui})
    if (!url->empty() && !url->starts_with("http://") && !url->starts_with("https://"))
      return invalid("public URLs begin with http:// or https://: " + *url);
  if (const auto& url = c.public_signaling;
      !url.empty() && ((!url.starts_with("ws://") && !url.starts_with("wss://")) || url.contains('?')))
    return invalid("public.signaling begins with ws:// or wss:// and has no '?'"); // clients append a query
  for (const auto* url : {&c.public_api, &c.public_gui, &c.public_signaling})
    if (url->ends_with("/")) return invalid("public URLs have no slash at the end: " + *url);
  if (!c.ice_turn_servers.empty() && c.ice_turn_secret.empty())
    return invalid("ice.turn_servers need ice.turn_secret");
  if (c.rooms_idle_seconds == 0 || c.rooms_grace_seconds == 0)
    return invalid("rooms times are at least one second");
  if (c.rooms_most == 0 || c.rooms_members == 0)
    return invalid("rooms.most and rooms.members are at least 1");
  for (const auto& network : c.outbound_allowed_networks)
    if (!net::IpPrefix::parse(network))
      return invalid("outbound.allowed_networks: not a network (address/bits, no bits of hosts): " + network);
  if (c.hooks_most == 0 || c.hooks_most_each == 0 || c.hooks_give_up_hours == 0)
    return invalid("hooks.* are at least 1");
  if (c.keep_meetings_days == 0 || c.keep_files_days == 0 || c.keep_dead_letters_days == 0)
    return invalid("keep.* are at least one day");
  if (c.workers_most <= c.workers_spares) return invalid("workers.most must be more than workers.spares");
  return {};
}

} // namespace plenum::app
