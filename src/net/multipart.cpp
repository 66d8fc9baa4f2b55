#include "net/multipart.hpp"

#include "net/http.hpp"

#include <algorithm>

namespace plenum::net {
namespace {

constexpr std::size_t kMaxBoundary = 70;

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

// Takes one parameter value from the front of `rest`: quoted (with backslash escapes) or up to `;`.
std::optional<std::string> take_value(std::string_view& rest) {
  if (!rest.starts_with('"')) {
    const auto end = std::min(rest.find(';'), rest.size());
    const auto value = trim(rest.substr(0, end));
    rest.remove_prefix(end);
    return std::string(value);
  }
  std::string value;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '"') {
      rest.remove_prefix(i + 1);
      return value;
    }
    // Only `\"` and `\\` are escapes: old browsers send file names with plain backslashes.
    if (rest[i] == '\\' && i + 1 < rest.size() && (rest[i + 1] == '"' || rest[i + 1] == '\\')) ++i;
    value.push_back(rest[i]);
  }
  return std::nullopt;
}

// The parameter `name` of a header value like `form-data; name="x"; filename="y"`.
std::optional<std::string> parameter(std::string_view header, std::string_view name) {
  auto rest = header.substr(std::min(header.find(';'), header.size()));
  while (!rest.empty()) {
    const auto begin = rest.find_first_not_of("; \t");
    if (begin == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(begin);
    const auto end = rest.find_first_of("=;");
    if (end == std::string_view::npos) return std::nullopt;
    const auto found = trim(rest.substr(0, end));
    rest.remove_prefix(end);
    if (!rest.starts_with('=')) continue;
    rest.remove_prefix(1);
    rest = rest.substr(std::min(rest.find_first_not_of(" \t"), rest.size()));
    auto value = take_value(rest);
    if (!value) return std::nullopt;
    if (equal_ignoring_case(found, name)) return value;
  }
  return std::nullopt;
}

// Browsers write `"` as %22 in names (WHATWG); CR and LF likewise.
std::string unescape_name(std::string name) {
  for (const auto& [code, character] : {std::pair{"%22", "\""}, {"%0D", "\r"}, {"%0A", "\n"}})
    for (auto at = name.find(code); at != std::string::npos; at = name.find(code, at + 1))
      name.replace(at, 3, character);
  return name;
}

bool read_part_headers(std::string_view headers, Part& part) {
  bool named = false;
  while (!headers.empty()) {
    const auto end = std::min(headers.find("\r\n"), headers.size());
    const auto line = headers.substr(0, end);
    headers.remove_prefix(std::min(end + 2, headers.size()));
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return false;
    const auto name = trim(line.substr(0, colon));
    const auto value = trim(line.substr(colon + 1));
    if (equal_ignoring_case(name, "content-type")) part.content_type = std::string(value);
    if (!equal_ignoring_case(name, "content-disposition")) continue;
    auto field = parameter(value, "name");
    if (!field || !equal_ignoring_case(trim(value.substr(0, value.find(';'))), "form-data")) return false;
    part.name = unescape_name(std::move(*field));
    part.filename = parameter(value, "filename");
    named = true;
  }
  return named;
}

base::Result<std::vector<Part>> malformed(std::string_view why) {
  return base::fail(base::ErrorCode::invalid, "malformed multipart body: " + std::string(why));
}

} // namespace

std::optional<std::string> multipart_boundary(std::string_view content_type) {
  auto boundary = parameter(content_type, "boundary");
  if (!boundary || boundary->empty() || boundary->size() > kMaxBoundary || boundary->back() == ' ')
    return std::nullopt;
  constexpr std::string_view kLegal =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'()+_,-./:=? ";
  if (boundary->find_first_not_of(kLegal) != std::string::npos) return std::nullopt;
  return boundary;
}

base::Result<std::vector<Part>> parse_multipart(std::string_view body, std::string_view boundary,
                                                MultipartLimits limits) {
  const auto delimiter = "\r\n--" + std::string(boundary);
  const auto first = std::string_view(delimiter).substr(2);
  std::vector<Part> parts;
  std::string_view rest;
  if (body.starts_with(first)) {
    rest = body.substr(first.size());
  } else {
    const auto at = body.find(delimiter); // a preamble is ignored
    if (at == std::string_view::npos) return malformed("no boundary");
    rest = body.substr(at + delimiter.size());
  }
  for (;;) {
    if (rest.starts_with("--")) return parts; // an epilogue is ignored
    rest = rest.substr(std::min(rest.find_first_not_of(" \t"), rest.size()));
    if (!rest.starts_with("\r\n")) return malformed("boundary line");
    if (parts.size() == limits.parts)
      return base::fail(base::ErrorCode::too_large, "too many multipart parts");
    const auto blank = rest.substr(0, limits.part_header_bytes).find("\r\n\r\n");
    if (blank == std::string_view::npos) return malformed("part headers");
    Part part;
    if (blank == 0 || !read_part_headers(rest.substr(2, blank - 2), part)) return malformed("part headers");
    rest.remove_prefix(blank + 2); // the CRLF that a delimiter may begin with stays: empty parts
    const auto end = rest.find(delimiter);
    if (end == std::string_view::npos) return malformed("no closing boundary");
    part.data = end < 2 ? std::string_view() : rest.substr(2, end - 2);
    parts.push_back(std::move(part));
    rest.remove_prefix(end + delimiter.size());
  }
}

} // namespace plenum::net
