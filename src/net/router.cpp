#include "net/router.hpp"

#include "base/check.hpp"

#include <algorithm>

namespace plenum::net {
namespace {

bool is_prefix(const std::vector<std::string>& prefix, const std::vector<std::string>& segments) {
  return prefix.size() <= segments.size() &&
         std::ranges::equal(prefix, std::span(segments).first(prefix.size()));
}

void add_policy(const CorsPolicy& policy, Response& response) {
  response.headers.set("Access-Control-Allow-Origin", policy.allow_origin);
  if (policy.allow_origin != "*") response.headers.add("Vary", "Origin");
}

Response preflight(const CorsPolicy& policy) {
  auto response = Response::empty(204);
  response.headers.set("Access-Control-Allow-Methods", policy.allow_methods);
  response.headers.set("Access-Control-Allow-Headers", policy.allow_headers);
  response.headers.set("Access-Control-Max-Age", std::to_string(policy.max_age_seconds));
  return response;
}

} // namespace

std::vector<Router::Part> Router::parse_pattern(std::string_view pattern) {
  CHECK(pattern.starts_with('/'));
  std::vector<Part> parts;
  pattern.remove_prefix(1);
  while (!pattern.empty()) {
    const auto end = std::min(pattern.find('/'), pattern.size());
    const auto text = pattern.substr(0, end);
    CHECK(!text.empty());
    CHECK(parts.empty() || parts.back().kind != Kind::rest);
    if (text.front() == ':') {
      parts.push_back({Kind::parameter, std::string(text.substr(1))});
    } else if (text.front() == '*') {
      parts.push_back({Kind::rest, std::string(text.substr(1))});
    } else {
      parts.push_back({Kind::literal, std::string(text)});
    }
    pattern.remove_prefix(std::min(end + 1, pattern.size()));
  }
  return parts;
}

void Router::add(std::string_view method, std::string_view pattern, Handler handler, RouteOptions options) {
  CHECK(handler);
  routes_.push_back({std::string(method), parse_pattern(pattern), std::move(handler), {}, options});
}

void Router::add_upgrade(std::string_view pattern, UpgradeHandler handler) {
  CHECK(handler);
  routes_.push_back({"UPGRADE", parse_pattern(pattern), {}, std::move(handler), {}});
}

void Router::add_cors(std::string_view path_prefix, CorsPolicy policy) {
  auto prefix = path_segments(path_prefix);
  CHECK(prefix.has_value());
  cors_.push_back({std::move(*prefix), std::move(policy)});
}

bool Router::matches(const std::vector<Part>& parts, const Segments& segments) {
  std::size_t at = 0;
  for (const auto& part : parts) {
    if (part.kind == Kind::rest) return true;
    if (at == segments.size()) return false;
    if (part.kind == Kind::literal ? part.text != segments[at] : segments[at].empty()) return false;
    ++at;
  }
  return at == segments.size();
}

bool Router::more_specific(const std::vector<Part>& a, const std::vector<Part>& b) {
  const auto kind = [](const Part& part) { return part.kind; };
  const auto shared = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < shared; ++i)
    if (kind(a[i]) != kind(b[i])) return kind(a[i]) < kind(b[i]);
  return a.size() < b.size(); // "/a" before "/a/*rest"
}

void Router::bind(const std::vector<Part>& parts, Request& request) {
  request.path_params.clear();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].kind == Kind::parameter)
      request.path_params.emplace_back(parts[i].text, request.segments[i]);
    if (parts[i].kind != Kind::rest) continue;
    std::string rest;
    for (std::size_t k = i; k < request.segments.size(); ++k)
      rest += (k > i ? "/" : "") + request.segments[k];
    request.path_params.emplace_back(parts[i].text, std::move(rest));
  }
}

const Router::Route* Router::find(std::string_view method, const Segments& segments) const {
  const Route* best = nullptr;
  for (const auto& route : routes_) {
    if (route.method != method || !matches(route.parts, segments)) continue;
    if (best == nullptr || more_specific(route.parts, best->parts)) best = &route;
  }
  return best;
}

const Router::Route* Router::find_with_head(std::string_view method, const Segments& segments) const {
  const auto* route = find(method, segments);
  return route == nullptr && method == "HEAD" ? find("GET", segments) : route;
}

const CorsPolicy* Router::cors_for(const Segments& segments) const {
  const Cors* best = nullptr;
  for (const auto& cors : cors_) {
    if (!is_prefix(cors.prefix, segments)) continue;
    if (best == nullptr || cors.prefix.size() > best->prefix.size()) best = &cors;
  }
  return best == nullptr ? nullptr : &best->policy;
}

void Router::handle(Request request, Reply reply) const {
  const auto* cors = cors_for(request.segments);
  if (cors != nullptr)
    reply = Reply([cors, inner = std::move(reply)](Response response) mutable {
      add_policy(*cors, response);
      inner.send(std::move(response));
    });
  if (const auto* route = find_with_head(request.method, request.segments); route != nullptr) {
    bind(route->parts, request);
    return route->handler(std::move(request), std::move(reply));
  }
  if (request.method == "OPTIONS" && cors != nullptr) return reply.send(preflight(*cors));
  if (request.method == "GET" && has_upgrade(request.segments)) {
    auto response = Response::error(426, "websocket upgrade expected");
    response.headers.add("Upgrade", "websocket");
    return reply.send(std::move(response));
  }
  reply.error(404, "not found");
}

bool Router::handle_upgrade(UpgradeRequest& request, Upgrade& upgrade) const {
  const auto* route = find("UPGRADE", request.request.segments);
  if (route == nullptr) return false;
  bind(route->parts, request.request);
  route->upgrade(std::move(request), std::move(upgrade));
  return true;
}

bool Router::has_upgrade(const Segments& segments) const {
  return find("UPGRADE", segments) != nullptr;
}

std::optional<std::size_t> Router::body_limit(std::string_view method, const Segments& segments) const {
  const auto* route = find_with_head(method, segments);
  if (route == nullptr || route->options.body_bytes == 0) return std::nullopt;
  return route->options.body_bytes;
}

std::vector<std::pair<std::string, std::string>> Router::routes() const {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& route : routes_) {
    std::string pattern;
    for (const auto& part : route.parts)
      pattern += (part.kind == Kind::literal ? "/" : part.kind == Kind::parameter ? "/:" : "/*") + part.text;
    out.emplace_back(route.method, pattern.empty() ? "/" : pattern);
  }
  return out;
}

void Router::decorate(const Segments& segments, Response& response) const {
  if (const auto* cors = cors_for(segments); cors != nullptr) add_policy(*cors, response);
}

} // namespace plenum::net
