#include "net/http.hpp"

#include "base/check.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <fmt/format.h>

namespace plenum::net {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

bool safe_in_header(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

bool has_no_content(int status) {
  return status < 200 || status == 204 || status == 304;
}

std::string http_date(base::WallTime now) {
  constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = now.time_since_epoch().count() / 1'000'000;
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[static_cast<std::size_t>(utc.tm_wday)],
                     utc.tm_mday, kMonths[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900,
                     utc.tm_hour, utc.tm_min, utc.tm_sec);
}

} // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::vector<std::string> comma_list(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    const auto item = trim(text.substr(0, end));
    if (!item.empty()) items.emplace_back(item);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return items;
}

void Headers::add(std::string_view name, std::string_view value) {
  CHECK(!name.empty() && safe_in_header(name) && safe_in_header(value));
  items_.push_back({std::string(name), std::string(value)});
}

void Headers::set(std::string_view name, std::string_view value) {
  remove(name);
  add(name, value);
}

void Headers::remove(std::string_view name) {
  std::erase_if(items_, [&](const Header& h) { return equal_ignoring_case(h.name, name); });
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
  const auto same = [&](const Header& h) { return equal_ignoring_case(h.name, name); };
  const auto at = std::ranges::find_if(items_, same);
  if (at == items_.end()) return std::nullopt;
  return std::string_view(at->value);
}

std::size_t Headers::count(std::string_view name) const {
  const auto same = [&](const Header& h) { return equal_ignoring_case(h.name, name); };
  return static_cast<std::size_t>(std::ranges::count_if(items_, same));
}

bool Headers::has_token(std::string_view name, std::string_view token) const {
  for (const auto& header : items_) {
    if (!equal_ignoring_case(header.name, name)) continue;
    for (const auto& item : comma_list(header.value))
      if (equal_ignoring_case(item, token)) return true;
  }
  return false;
}

std::optional<std::string_view> Request::query_value(std::string_view name) const {
  for (auto item = query.rbegin(); item != query.rend(); ++item)
    if (item->name == name) return item->value ? std::optional<std::string_view>(*item->value) : std::nullopt;
  return std::nullopt;
}

const std::string& Request::path_param(std::string_view name) const {
  static const std::string none;
  const auto at =
      std::ranges::find(path_params, name, [](const auto& p) { return std::string_view(p.first); });
  return at == path_params.end() ? none : at->second;
}

std::string Request::content_type() const {
  const auto value = header("content-type").value_or("");
  std::string type(trim(value.substr(0, value.find(';'))));
  std::ranges::transform(type, type.begin(), lower);
  return type;
}

Response Response::json(int status, const base::json::value& value) {
  return json_text(status, base::write_json(value));
}

Response Response::json_text(int status, std::string json) {
  return text(status, std::move(json), "application/json");
}

Response Response::error(int status, std::string_view text) {
  base::json::object body;
  body["error"] = base::json::string_view(text.data(), text.size());
  return json(status, body);
}

Response Response::empty(int status) {
  Response response;
  response.status = status;
  return response;
}

Response Response::text(int status, std::string body, std::string_view content_type) {
  Response response;
  response.status = status;
  response.headers.add("Content-Type", content_type);
  response.body = std::move(body);
  return response;
}

Reply& Reply::operator=(Reply&& other) noexcept {
  if (this != &other) {
    abandon();
    send_ = std::exchange(other.send_, nullptr);
  }
  return *this;
}

void Reply::send(Response response) {
  CHECK(send_);
  auto send_once = std::exchange(send_, nullptr); // the receiver may destroy this Reply
  send_once(std::move(response));
}

void Reply::abandon() {
  if (send_) send(Response::error(500, "internal error"));
}

std::string_view status_text(int status) {
  struct Known {
    int status;
    std::string_view text;
  };
  static constexpr auto kKnown = std::to_array<Known>({
      {100, "Continue"},
      {101, "Switching Protocols"},
      {200, "OK"},
      {201, "Created"},
      {204, "No Content"},
      {206, "Partial Content"},
      {301, "Moved Permanently"},
      {302, "Found"},
      {304, "Not Modified"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {410, "Gone"},
      {413, "Content Too Large"},
      {414, "URI Too Long"},
      {415, "Unsupported Media Type"},
      {416, "Range Not Satisfiable"},
      {417, "Expectation Failed"},
      {422, "Unprocessable Content"},
      {423, "Locked"},
      {426, "Upgrade Required"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
  });
  const auto found = std::ranges::find(kKnown, status, &Known::status);
  return found == kKnown.end() ? "Status" : found->text;
}

std::string response_head(const Response& response, bool keep_alive, base::WallTime now) {
  auto head = fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status, status_text(response.status),
                          http_date(now));
  const bool empty = response.content().empty() || has_no_content(response.status);
  for (const auto& header : response.headers) {
    // The browser library parses every body that is called JSON, an empty one too, and fails on it.
    if (empty && equal_ignoring_case(header.name, "content-type")) continue;
    fmt::format_to(std::back_inserter(head), "{}: {}\r\n", header.name, header.value);
  }
  if (!has_no_content(response.status))
    fmt::format_to(std::back_inserter(head), "Content-Length: {}\r\n", response.content().size());
  head += keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  return head;
}

void add_page_security(Response& response, std::string_view csp) {
  response.headers.set("Content-Security-Policy", csp);
  response.headers.set("X-Content-Type-Options", "nosniff");
  response.headers.set("Referrer-Policy", "no-referrer"); // page paths hold guest tokens
  response.headers.set("Cross-Origin-Opener-Policy", "same-origin");
  // What a meeting needs of the machine, and nothing for frames of others.
  response.headers.set("Permissions-Policy",
                       "camera=(self), microphone=(self), display-capture=(self), speaker-selection=(self)");
}

} // namespace plenum::net
