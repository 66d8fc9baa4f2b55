// URLs as plain text: split, percent-encode, percent-decode, query strings, and the redaction of secrets in
// log lines.
//
// Decoding is strict about `%`: a broken escape is an error, so that two layers never disagree about one
// path.
// `+` is a space in forms; room ids in `/rt` need it literal first, hence the choice. Owner: value. Thread:
// any. RFC 3986 2.1, 3; WHATWG URL 5 (application/x-www-form-urlencoded).
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plenum::net {

enum class Plus { is_space, is_literal };

struct QueryItem {
  std::string name;
  std::optional<std::string> value; // nullopt: the name came without `=`
  bool operator==(const QueryItem&) const = default;
};
using Query = std::vector<QueryItem>;

struct QueryLimits {
  std::size_t items = 1000;
};

struct Url {
  std::string scheme; // lower case
  std::string host;   // lower case; IPv6 without brackets
  std::uint16_t port = 0;
  std::string target = "/"; // path and query, never empty, still encoded
  bool operator==(const Url&) const = default;
};

// Unreserved characters (RFC 3986 2.3) stay, every other byte becomes %XX.
std::string percent_encode(std::string_view text);
// nullopt: `%` without two hex digits.
std::optional<std::string> percent_decode(std::string_view text, Plus plus = Plus::is_literal);
// nullopt: more than `limits.items` items. Empty items (`a&&b`) are skipped, broken escapes kept.
std::optional<Query> parse_query(std::string_view text, Plus plus = Plus::is_space, QueryLimits limits = {});
std::string write_query(const Query& query); // form encoding, space as %20

// Absolute URL of http, https, ws, wss, rtmp or rtmps. User info, fragments, control characters and spaces
// are refused. What a user gave us to talk to goes through UrlGuard (url_guard.hpp) instead.
base::Result<Url> parse_url(std::string_view text);
std::optional<std::uint16_t> default_port(std::string_view scheme); // of the schemes above

// Splits an encoded path into decoded segments. Leading slashes collapse, one trailing slash is ignored,
// `%2F` stays inside its segment. nullopt: broken escape, invalid UTF-8, a NUL, or more than 32 segments.
std::optional<std::vector<std::string>> path_segments(std::string_view path);

// The target with secrets replaced by `***`: values of access_key, api_key, auth_token, token in the query,
// and the segment after /rooms/, /guests/, /permalink/. For log lines only.
std::string redact_target(std::string_view target);

bool valid_utf8(std::string_view text);

} // namespace plenum::net
