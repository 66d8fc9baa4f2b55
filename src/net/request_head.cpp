#include "net/request_head.hpp"

#include <algorithm>

namespace plenum::net {
namespace {

// "http://host/path" (absolute form, sent to proxies) → "/path".
std::string_view origin_form(std::string_view target) {
  if (target.starts_with('/')) return target;
  const auto scheme = target.find("://");
  if (scheme == std::string_view::npos) return target;
  const auto path = target.find_first_of("/?", scheme + 3);
  return path == std::string_view::npos ? std::string_view("/") : target.substr(path);
}

bool is_websocket_key(std::string_view key) {
  const auto is_base64 = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
  };
  return key.size() == 24 && key.ends_with("==") && std::ranges::all_of(key.substr(0, 22), is_base64);
}

std::optional<HeadProblem> read_target(Request& request) {
  const auto target = origin_form(request.target);
  if (target == "*" && request.method == "OPTIONS") return std::nullopt;
  if (!target.starts_with('/') && !target.starts_with('?'))
    return HeadProblem{400, "malformed request target"};
  const auto mark = target.find('?');
  auto segments = path_segments(target.substr(0, mark));
  if (!segments) return HeadProblem{400, "malformed path"};
  request.segments = std::move(*segments);
  if (mark == std::string_view::npos) return std::nullopt;
  request.raw_query = std::string(target.substr(mark + 1));
  auto query = parse_query(request.raw_query);
  if (!query) return HeadProblem{400, "too many query parameters"};
  for (const auto& item : *query)
    if (!valid_utf8(item.name) || !valid_utf8(item.value.value_or("")))
      return HeadProblem{400, "query is not UTF-8"};
  request.query = std::move(*query);
  return std::nullopt;
}

std::optional<HeadProblem> check_framing(const Request& request, int version) {
  const auto hosts = request.headers.count("host");
  if (hosts > 1 || (hosts == 0 && version == 11))
    return HeadProblem{400, "exactly one Host header is needed"};
  const auto encodings = request.headers.count("transfer-encoding");
  if (encodings > 0) {
    // Anything but exactly `chunked` is where two parsers would disagree about the end of the body.
    const auto value = request.header("transfer-encoding").value_or("");
    if (encodings > 1 || version != 11 || !equal_ignoring_case(value, "chunked"))
      return HeadProblem{400, "unsupported transfer encoding"};
    if (request.headers.count("content-length") > 0) return HeadProblem{400, "two body lengths"};
  }
  const auto expect = request.header("expect");
  if (expect && !equal_ignoring_case(*expect, "100-continue")) return HeadProblem{417, "unknown expectation"};
  return std::nullopt;
}

std::optional<HeadProblem> check_upgrade(const Request& request, int version) {
  if (version != 11) return HeadProblem{400, "websockets need HTTP/1.1"};
  if (request.headers.count("content-length") > 0 && request.header("content-length") != "0")
    return HeadProblem{400, "an upgrade has no body"};
  if (request.headers.count("transfer-encoding") > 0) return HeadProblem{400, "an upgrade has no body"};
  if (request.header("sec-websocket-version") != "13")
    return HeadProblem{426, "websocket version 13 is needed"};
  if (request.headers.count("sec-websocket-key") != 1)
    return HeadProblem{400, "one Sec-WebSocket-Key is needed"};
  if (!is_websocket_key(*request.header("sec-websocket-key")))
    return HeadProblem{400, "malformed Sec-WebSocket-Key"};
  return std::nullopt;
}

} // namespace

bool relax_request_line(std::string& head, const Router& router) {
  const auto end = head.find("\r\n");
  const auto line = std::string_view(head).substr(0, end);
  constexpr std::string_view kMethod = "GET ";
  constexpr std::string_view kVersion = " HTTP/1.1";
  if (end == std::string::npos || !line.starts_with(kMethod) || !line.ends_with(kVersion)) return false;
  if (line.size() < kMethod.size() + kVersion.size()) return false;
  const auto target = line.substr(kMethod.size(), line.size() - kMethod.size() - kVersion.size());
  const auto query = target.find('?');
  if (query == std::string_view::npos || target.find(' ') < query) return false;
  if (target.find(' ') == std::string_view::npos) return false;
  const auto segments = path_segments(target.substr(0, query));
  if (!segments || !router.has_upgrade(*segments)) return false;
  std::string encoded;
  for (const char c : target)
    encoded += c == ' ' ? std::string("%20") : std::string(1, c);
  head.replace(kMethod.size(), target.size(), encoded);
  return true;
}

std::optional<HeadProblem> check_head(Request& request, int version, bool relaxed, const Router& router) {
  if (const auto problem = read_target(request)) return problem;
  if (const auto problem = check_framing(request, version)) return problem;
  if (is_upgrade(request, router)) return check_upgrade(request, version);
  return relaxed ? std::optional(HeadProblem{400, "malformed HTTP request"}) : std::nullopt;
}

bool is_upgrade(const Request& request, const Router& router) {
  return request.method == "GET" && request.headers.has_token("connection", "upgrade") &&
         request.headers.has_token("upgrade", "websocket") && router.has_upgrade(request.segments);
}

bool expects_continue(const Request& request) {
  const auto expect = request.header("expect");
  return expect && equal_ignoring_case(*expect, "100-continue");
}

} // namespace plenum::net
