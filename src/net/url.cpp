#include "net/url.hpp"

#include <algorithm>
#include <array>

namespace plenum::net {
namespace {

constexpr std::size_t kMaxSegments = 32;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// Length of a UTF-8 sequence by its first byte, 0 when the byte cannot start one.
std::size_t sequence_length(std::uint8_t first) {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return 2;
  if (first >= 0xE0 && first <= 0xEF) return 3;
  if (first >= 0xF0 && first <= 0xF4) return 4;
  return 0;
}

// Overlong forms, surrogates and code points above U+10FFFF show in the second byte.
bool second_byte_valid(std::uint8_t first, std::uint8_t second) {
  if (first == 0xE0) return second >= 0xA0;
  if (first == 0xED) return second <= 0x9F;
  if (first == 0xF0) return second >= 0x90;
  if (first == 0xF4) return second <= 0x8F;
  return true;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  if (text.empty() || text.size() > 5) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint32_t>(c - '0');
  }
  if (value == 0 || value > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(value);
}

// "host", "host:port", "[v6]", "[v6]:port" into `url`; false when malformed.
bool parse_authority(std::string_view authority, Url& url) {
  if (authority.empty() || authority.find('@') != std::string_view::npos) return false;
  std::string_view port;
  if (authority.front() == '[') {
    const auto end = authority.find(']');
    if (end == std::string_view::npos || end == 1) return false;
    url.host = lower(authority.substr(1, end - 1));
    if (url.host.find_first_not_of("0123456789abcdef:.") != std::string::npos) return false;
    const auto rest = authority.substr(end + 1);
    if (rest.empty()) return true;
    if (rest.front() != ':') return false;
    port = rest.substr(1);
  } else {
    const auto colon = authority.find(':');
    url.host = lower(authority.substr(0, colon));
    if (!std::ranges::all_of(url.host, is_unreserved) || url.host.empty()) return false;
    if (colon == std::string_view::npos) return true;
    port = authority.substr(colon + 1);
  }
  const auto number = parse_port(port);
  if (number) url.port = *number;
  return number.has_value();
}

// WHATWG percent-decoding: what is no escape stays as it is.
std::string decode_leniently(std::string_view text, Plus plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low >= 0) {
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      out.push_back(text[i] == '+' && plus == Plus::is_space ? ' ' : text[i]);
    }
  }
  return out;
}

bool is_secret_name(std::string_view encoded) {
  constexpr std::array<std::string_view, 7> kNames{"access_key", "api_key",     "auth_token", "token",
                                                   "guest",      "guest_token", "key"};
  return std::ranges::find(kNames, lower(decode_leniently(encoded, Plus::is_space))) != kNames.end();
}

std::string redact_query(std::string_view query) {
  std::string out;
  while (true) {
    const auto end = std::min(query.find('&'), query.size());
    const auto item = query.substr(0, end);
    const auto equals = item.find('=');
    if (equals != std::string_view::npos && is_secret_name(item.substr(0, equals)))
      out.append(item.substr(0, equals + 1)).append("***");
    else
      out.append(item);
    if (end == query.size()) return out;
    out.push_back('&');
    query.remove_prefix(end + 1);
  }
}

std::string redact_path(std::string_view path) {
  constexpr std::array<std::string_view, 3> kParents{"rooms", "guests", "permalink"};
  std::string out;
  bool secret_follows = false;
  while (true) {
    const auto end = std::min(path.find('/'), path.size());
    const auto segment = path.substr(0, end);
    if (!segment.empty()) {
      out.append(secret_follows ? "***" : segment);
      const auto name = decode_leniently(segment, Plus::is_literal);
      secret_follows = !secret_follows && std::ranges::find(kParents, name) != kParents.end();
    }
    if (end == path.size()) return out;
    out.push_back('/');
    path.remove_prefix(end + 1);
  }
}

} // namespace

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c)) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<std::uint8_t>(c);
    out.push_back('%');
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
  return out;
}

std::optional<std::string> percent_decode(std::string_view text, Plus plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus == Plus::is_space) {
      out.push_back(' ');
    } else if (text[i] == '%') {
      const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

std::optional<Query> parse_query(std::string_view text, Plus plus, QueryLimits limits) {
  Query query;
  while (!text.empty()) {
    const auto end = std::min(text.find('&'), text.size());
    const auto item = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (item.empty()) continue;
    if (query.size() == limits.items) return std::nullopt;
    const auto equals = item.find('=');
    QueryItem entry{decode_leniently(item.substr(0, equals), plus), std::nullopt};
    if (equals != std::string_view::npos) entry.value = decode_leniently(item.substr(equals + 1), plus);
    query.push_back(std::move(entry));
  }
  return query;
}

std::string write_query(const Query& query) {
  std::string out;
  for (const auto& item : query) {
    if (!out.empty()) out.push_back('&');
    out += percent_encode(item.name);
    if (item.value) out += "=" + percent_encode(*item.value);
  }
  return out;
}

std::optional<std::uint16_t> default_port(std::string_view scheme) {
  if (scheme == "http" || scheme == "ws") return 80;
  if (scheme == "https" || scheme == "wss" || scheme == "rtmps") return 443;
  if (scheme == "rtmp") return 1935;
  return std::nullopt;
}

base::Result<Url> parse_url(std::string_view text) {
  const auto bad = [](std::string_view why) {
    return base::fail(base::ErrorCode::invalid, "not a usable URL: " + std::string(why));
  };
  if (text.size() > 8192) return bad("too long");
  const auto is_bad = [](char c) { return static_cast<std::uint8_t>(c) <= 0x20 || c == 0x7F || c == '\\'; };
  if (std::ranges::any_of(text, is_bad)) return bad("control character, space or backslash");
  const auto colon = text.find("://");
  if (colon == std::string_view::npos) return bad("no scheme");
  Url url;
  url.scheme = lower(text.substr(0, colon));
  const auto port = default_port(url.scheme);
  if (!port) return bad("scheme");
  url.port = *port;
  const auto rest = text.substr(colon + 3);
  if (rest.find('#') != std::string_view::npos) return bad("fragment");
  const auto path = std::min(rest.find_first_of("/?"), rest.size());
  if (!parse_authority(rest.substr(0, path), url)) return bad("host or port");
  url.target = std::string(rest.substr(path));
  if (url.target.empty() || url.target.front() == '?') url.target.insert(0, "/");
  return url;
}

std::optional<std::vector<std::string>> path_segments(std::string_view path) {
  path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
  std::vector<std::string> segments;
  while (!path.empty()) {
    const auto end = std::min(path.find('/'), path.size());
    auto segment = percent_decode(path.substr(0, end));
    if (!segment || segments.size() == kMaxSegments) return std::nullopt;
    if (!valid_utf8(*segment) || segment->find('\0') != std::string::npos) return std::nullopt;
    segments.push_back(std::move(*segment));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return segments;
}

std::string redact_target(std::string_view target) {
  const auto mark = target.find('?');
  auto path = redact_path(target.substr(0, mark));
  if (mark == std::string_view::npos) return path;
  return path + "?" + redact_query(target.substr(mark + 1));
}

bool valid_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<std::uint8_t>(text[i]);
    const auto length = sequence_length(first);
    if (length == 0 || length > text.size() - i) return false;
    for (std::size_t k = 1; k < length; ++k)
      if ((static_cast<std::uint8_t>(text[i + k]) & 0xC0) != 0x80) return false;
    if (length > 1 && !second_byte_valid(first, static_cast<std::uint8_t>(text[i + 1]))) return false;
    i += length;
  }
  return true;
}

} // namespace plenum::net
