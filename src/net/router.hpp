// Router: method and path pattern → handler, with the manners of the API around every answer.
//
// Patterns are segments: literal, `:name` (one decoded, non-empty segment) or a final `*name` (the rest,
// joined by
// `/`, may be empty). Literals win over `:name`, `:name` over `*name`; equal shapes: first registered wins. A
// known path with another method is 404 like an unknown one (405 means something else to the clients). HEAD
// falls back to GET. CORS policies cover a path prefix, errors included, and answer OPTIONS themselves.
// Filled at start, then immutable. Owner: apps. Thread: core. eyeson-api 0.2, 0.6, 0.7.
#pragma once

#include "net/http.hpp"
#include "net/websocket.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plenum::net {

using Handler = std::function<void(Request, Reply)>;
using UpgradeHandler = std::function<void(UpgradeRequest, Upgrade)>;

struct RouteOptions {
  std::size_t body_bytes = 0; // 0: HttpLimits::body_bytes
};

struct CorsPolicy {
  std::string allow_origin = "*";
  std::string allow_methods = "GET, POST, PUT, PATCH, DELETE, OPTIONS";
  std::string allow_headers = "Authorization, Content-Type, Accept";
  int max_age_seconds = 86400;
};

class Router {
 public:
  // `method` in upper case. A malformed pattern is a bug and CHECKed.
  void add(std::string_view method, std::string_view pattern, Handler handler, RouteOptions options = {});
  // GET with a websocket upgrade. Raw spaces in the query of its request line are tolerated (eyeson-api 5.1).
  void add_upgrade(std::string_view pattern, UpgradeHandler handler);
  // Longest prefix wins; "/" covers everything. Prefixes are compared by whole segments.
  void add_cors(std::string_view path_prefix, CorsPolicy policy = {});

  // Answers every request: handler, OPTIONS, or JSON 404.
  void handle(Request request, Reply reply) const;
  // False when no upgrade route matches; then nothing was consumed.
  bool handle_upgrade(UpgradeRequest& request, Upgrade& upgrade) const;
  bool has_upgrade(const std::vector<std::string>& segments) const;
  std::optional<std::size_t> body_limit(std::string_view method,
                                        const std::vector<std::string>& segments) const;
  // Adds what the CORS policy demands; also for errors that never reach a handler. Unknown path: empty
  // `segments`.
  void decorate(const std::vector<std::string>& segments, Response& response) const;
  // Method ("UPGRADE" for websockets) and pattern of every route, in the order of adding.
  std::vector<std::pair<std::string, std::string>> routes() const;

 private:
  enum class Kind { literal, parameter, rest };
  struct Part {
    Kind kind = Kind::literal;
    std::string text;
  };
  struct Route {
    std::string method;
    std::vector<Part> parts;
    Handler handler;
    UpgradeHandler upgrade;
    RouteOptions options;
  };
  struct Cors {
    std::vector<std::string> prefix;
    CorsPolicy policy;
  };
  using Segments = std::vector<std::string>;

  static std::vector<Part> parse_pattern(std::string_view pattern);
  static bool matches(const std::vector<Part>& parts, const Segments& segments);
  static bool more_specific(const std::vector<Part>& a, const std::vector<Part>& b);
  static void bind(const std::vector<Part>& parts, Request& request);
  const Route* find(std::string_view method, const Segments& segments) const;
  const Route* find_with_head(std::string_view method, const Segments& segments) const;
  const CorsPolicy* cors_for(const Segments& segments) const;

  std::vector<Route> routes_;
  std::vector<Cors> cors_;
};

} // namespace plenum::net
