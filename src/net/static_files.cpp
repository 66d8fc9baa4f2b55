#include "net/static_files.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <optional>

namespace plenum::net {
namespace {

namespace fs = std::filesystem;

// FNV-1a: an ETag needs to change with the content, not to withstand attackers; the files are ours.
std::string etag_of(std::string_view content) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : content)
    hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3;
  return fmt::format("\"{:016x}-{:x}\"", hash, content.size());
}

bool etag_matches(std::string_view header, std::string_view etag) {
  for (const auto& item : comma_list(header)) {
    std::string_view candidate(item);
    if (candidate.starts_with("W/")) candidate.remove_prefix(2);
    if (candidate == "*" || candidate == etag) return true;
  }
  return false;
}

std::optional<std::size_t> number(std::string_view text) {
  std::size_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() ? std::optional(value)
                                                                             : std::nullopt;
}

struct Range {
  std::size_t first = 0;
  std::size_t last = 0; // inclusive
};
enum class RangeAnswer { whole, part, unsatisfiable };

// One "bytes=a-b", "bytes=a-" or "bytes=-n"; several ranges or another unit: the whole file, as RFC 9110 14.2
// allows.
RangeAnswer read_range(std::string_view header, std::size_t size, Range& range) {
  constexpr std::string_view kUnit = "bytes=";
  const auto dash = header.find('-');
  if (!header.starts_with(kUnit) || dash == std::string_view::npos ||
      header.find(',') != std::string_view::npos)
    return RangeAnswer::whole;
  const auto from = header.substr(kUnit.size(), dash - kUnit.size());
  const auto to = header.substr(dash + 1);
  if (from.empty()) {
    const auto suffix = number(to);
    if (!suffix) return RangeAnswer::whole;
    if (*suffix == 0 || size == 0) return RangeAnswer::unsatisfiable;
    range = {size - std::min(*suffix, size), size - 1};
    return RangeAnswer::part;
  }
  const auto first = number(from);
  const auto last = to.empty() ? std::optional(size - 1) : number(to);
  if (!first || !last || (!to.empty() && *last < *first)) return RangeAnswer::whole;
  if (*first >= size) return RangeAnswer::unsatisfiable;
  range = {*first, std::min(*last, size - 1)};
  return RangeAnswer::part;
}

std::optional<std::string> read_file(const fs::path& path, std::size_t size) {
  std::ifstream in(path, std::ios::binary);
  std::string content(size, '\0');
  in.read(content.data(), static_cast<std::streamsize>(size));
  if (!in || static_cast<std::size_t>(in.gcount()) != size) return std::nullopt;
  return content;
}

bool is_hidden(const fs::path& relative) {
  return std::ranges::any_of(relative, [](const fs::path& part) { return part.native().starts_with('.'); });
}

} // namespace

std::string_view content_type_of(std::string_view file_name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 22> kTypes{{
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".mjs", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".json", "application/json"},
      {".map", "application/json"},
      {".webmanifest", "application/manifest+json"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".jpg", "image/jpeg"},
      {".jpeg", "image/jpeg"},
      {".webp", "image/webp"},
      {".ico", "image/x-icon"},
      {".woff2", "font/woff2"},
      {".woff", "font/woff"},
      {".wasm", "application/wasm"},
      {".txt", "text/plain; charset=utf-8"},
      {".webm", "video/webm"},
      {".mp4", "video/mp4"},
      {".mp3", "audio/mpeg"},
      {".ogg", "audio/ogg"},
      {".wav", "audio/wav"},
  }};
  const auto ends = [&](const auto& type) {
    return file_name.size() >= type.first.size() &&
           equal_ignoring_case(file_name.substr(file_name.size() - type.first.size()), type.first);
  };
  const auto at = std::ranges::find_if(kTypes, ends);
  return at == kTypes.end() ? "application/octet-stream" : at->second;
}

base::Result<StaticFiles> StaticFiles::load(const std::string& directory, StaticFilesOptions options) {
  StaticFiles loaded;
  std::error_code ec;
  std::size_t total = 0;
  const fs::path root(directory);
  fs::recursive_directory_iterator at(root, ec);
  if (ec) return base::fail(base::ErrorCode::not_found, "cannot read " + directory + ": " + ec.message());
  for (const fs::recursive_directory_iterator end; at != end; at.increment(ec)) {
    const auto relative = at->path().lexically_relative(root);
    if (is_hidden(relative) || fs::is_symlink(at->symlink_status(ec)) || !at->is_regular_file(ec)) continue;
    const auto size = static_cast<std::size_t>(at->file_size(ec));
    if (ec) break;
    total += size;
    if (size > options.file_bytes || total > options.total_bytes || loaded.files_.size() == options.files)
      return base::fail(base::ErrorCode::too_large, directory + " is too large to be served from memory");
    auto content = read_file(at->path(), size);
    if (!content) return base::fail(base::ErrorCode::internal, "cannot read " + at->path().string());
    const auto name = relative.generic_string();
    const bool immutable = !options.immutable_prefix.empty() && name.starts_with(options.immutable_prefix);
    auto etag = etag_of(*content);
    loaded.files_[name] = {std::make_shared<const std::string>(std::move(*content)), std::move(etag),
                           content_type_of(name), immutable};
  }
  if (ec) return base::fail(base::ErrorCode::internal, "cannot read " + directory + ": " + ec.message());
  loaded.options_ = std::move(options);
  return loaded;
}

const StaticFiles::File* StaticFiles::find(std::string_view path) const {
  const auto exact = files_.find(path.empty() ? std::string_view(options_.index) : path);
  if (exact != files_.end()) return &exact->second;
  const auto name = path.substr(path.rfind('/') + 1); // npos + 1 is 0: the whole path
  if (!options_.fallback_to_index || name.find('.') != std::string_view::npos) return nullptr;
  const auto index = files_.find(std::string_view(options_.index));
  return index == files_.end() ? nullptr : &index->second;
}

Response StaticFiles::respond(const Request& request, std::string_view path) const {
  const auto* file = find(path);
  if (file == nullptr) return Response::error(404, "not found");
  auto response = Response::empty(200);
  response.headers.add("ETag", file->etag);
  response.headers.add("Cache-Control", file->immutable ? "public, max-age=31536000, immutable" : "no-cache");
  response.headers.add("Accept-Ranges", "bytes");
  response.headers.set("X-Content-Type-Options", "nosniff");
  if (!options_.csp.empty() && file->content_type.starts_with("text/html"))
    add_page_security(response, options_.csp);
  const auto known = request.header("if-none-match");
  if (known && etag_matches(*known, file->etag)) {
    response.status = 304;
    return response;
  }
  response.headers.add("Content-Type", file->content_type);
  const auto condition = request.header("if-range");
  const auto wanted = condition && *condition != file->etag ? std::nullopt : request.header("range");
  Range range;
  const auto size = file->content->size();
  switch (wanted && request.method == "GET" ? read_range(*wanted, size, range) : RangeAnswer::whole) {
  case RangeAnswer::whole:
    response.shared_body = file->content;
    break;
  case RangeAnswer::part:
    response.status = 206;
    response.headers.add("Content-Range", fmt::format("bytes {}-{}/{}", range.first, range.last, size));
    response.body = file->content->substr(range.first, range.last - range.first + 1);
    break;
  case RangeAnswer::unsatisfiable:
    response = Response::error(416, "range is outside of the file");
    response.headers.add("Content-Range", fmt::format("bytes */{}", size));
    break;
  }
  return response;
}

} // namespace plenum::net
