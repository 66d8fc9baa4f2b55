// HTTP as plain values: Request, Response, Reply, limits. No socket and no Beast in sight.
//
// A handler receives a Request and a move-only Reply that it calls once, now or any time later, on the core
// thread. A Reply that dies unanswered sends 500, so that no client ever waits for ever. The wire rules
// (never an empty body with a JSON type, always JSON in errors) are in the factory functions of Response.
// Owner: value. Thread: core. RFC 9110; eyeson-api 0.2, 0.5, 0.6.
#pragma once

#include "base/json.hpp"
#include "base/units.hpp"
#include "net/url.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace plenum::net {

struct Header {
  std::string name;
  std::string value;
};

// Keeps the order of insertion; names compare without case.
class Headers {
 public:
  // A name or value with CR, LF or NUL is a bug of ours and CHECKed: response splitting must be impossible.
  void add(std::string_view name, std::string_view value);
  void set(std::string_view name, std::string_view value); // replaces all of that name
  void remove(std::string_view name);
  std::optional<std::string_view> find(std::string_view name) const; // the first one
  std::size_t count(std::string_view name) const;
  bool has_token(std::string_view name, std::string_view token) const; // comma list, without case
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }
  std::size_t size() const { return items_.size(); }

 private:
  std::vector<Header> items_;
};

struct Request {
  std::string method;                // upper case: "GET"
  std::string target;                // as received, encoded (a lenient `/rt` line: spaces already %20)
  std::vector<std::string> segments; // decoded path: "/rooms/a%40b" → {"rooms", "a@b"}
  std::string raw_query;             // after `?`, encoded; for parse_query(…, Plus::is_literal)
  Query query;                       // decoded, `+` is space
  Headers headers;
  std::string body;           // chunks already joined
  std::string remote_address; // "203.0.113.9" or "2001:db8::1"
  bool secure = false;        // came over TLS
  base::Timestamp received_at{};
  std::vector<std::pair<std::string, std::string>> path_params; // filled by the Router

  std::optional<std::string_view> header(std::string_view name) const { return headers.find(name); }
  // The last value of that name in the query; nullopt when missing or without `=`.
  std::optional<std::string_view> query_value(std::string_view name) const;
  // The decoded segment that matched `:name` of the route; empty when the route has no such name.
  const std::string& path_param(std::string_view name) const;
  // The media type in lower case without parameters ("application/json"); empty when absent.
  std::string content_type() const;
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
  std::shared_ptr<const std::string> shared_body; // used instead of `body` when set: files, cached text
  bool close = false;                             // end the connection after this response

  static Response json(int status, const base::json::value& value);
  static Response json_text(int status, std::string json);  // already serialized JSON
  static Response error(int status, std::string_view text); // {"error":"text"}
  static Response empty(int status);                        // no body, no content type
  static Response text(int status, std::string body, std::string_view content_type);

  std::string_view content() const { return shared_body ? std::string_view(*shared_body) : body; }
};

class Reply {
 public:
  using Send = std::move_only_function<void(Response)>;
  explicit Reply(Send send) : send_(std::move(send)) {}
  Reply(Reply&& other) noexcept : send_(std::exchange(other.send_, nullptr)) {}
  Reply& operator=(Reply&& other) noexcept;
  ~Reply() { abandon(); }

  void send(Response response); // once; a second call is a bug and CHECKed
  void json(int status, const base::json::value& value) { send(Response::json(status, value)); }
  void error(int status, std::string_view text) { send(Response::error(status, text)); }
  void empty(int status) { send(Response::empty(status)); }
  bool answered() const { return !send_; }

 private:
  void abandon();
  Send send_;
};

struct HttpLimits {
  std::size_t header_bytes = 16 * 1024; // request line and headers
  std::size_t body_bytes = 1 << 20;     // default per route; a Route may allow more
  base::Duration header_deadline =
      std::chrono::seconds(10); // first byte to end of headers, and the TLS handshake
  base::Duration body_deadline = std::chrono::seconds(30);  // end of headers to end of body
  base::Duration idle_deadline = std::chrono::seconds(75);  // between requests of one connection
  base::Duration reply_deadline = std::chrono::seconds(60); // handler → 503
  base::Duration write_deadline = std::chrono::seconds(30); // for each 64 KiB of response
  std::size_t connections = 10'000;                         // all listeners together, websockets included
  std::size_t connections_per_address = 1'000;
  std::size_t requests_per_connection = 10'000;
};

std::string_view status_text(int status); // "Not Found"
// Status line and headers. Adds Content-Length (not for 1xx, 204, 304) and Connection.
std::string response_head(const Response& response, bool keep_alive, base::WallTime now);
// Headers for pages that people open in a browser; `csp` is the Content-Security-Policy.
void add_page_security(Response& response, std::string_view csp);

bool equal_ignoring_case(std::string_view a, std::string_view b);
std::vector<std::string> comma_list(std::string_view text); // trimmed, empty items dropped

} // namespace plenum::net
