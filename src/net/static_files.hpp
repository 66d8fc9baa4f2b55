// StaticFiles: a directory read into memory once, served by exact name.
//
// A request can only name what was found at start: traversal has nothing to traverse. Symbolic links and dot
// files are left out. ETags are content hashes; names under `immutable_prefix` (hashed by the bundler) are
// cached for ever, the rest is revalidated. Single byte ranges, HEAD and conditional requests. Owner: apps.
// Thread: core. RFC 9110 8.8, 13, 14.
#pragma once

#include "net/http.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace plenum::net {

struct StaticFilesOptions {
  std::string index = "index.html";
  bool fallback_to_index = false; // paths without an extension get the index: client-side routes
  std::string immutable_prefix = "assets/";
  std::string csp; // non-empty: page security headers on HTML
  std::size_t file_bytes = 32 << 20;
  std::size_t total_bytes = 256 << 20;
  std::size_t files = 10'000;
};

class StaticFiles {
 public:
  // Fails when the directory cannot be read or a limit is exceeded.
  static base::Result<StaticFiles> load(const std::string& directory, StaticFilesOptions options = {});

  // `path` decoded, relative, without leading slash ("assets/app.js"); empty is the index.
  Response respond(const Request& request, std::string_view path) const;
  bool contains(std::string_view path) const { return files_.contains(path); }
  std::size_t size() const { return files_.size(); }

 private:
  struct File {
    std::shared_ptr<const std::string> content;
    std::string etag;
    std::string_view content_type;
    bool immutable = false;
  };
  const File* find(std::string_view path) const;

  StaticFilesOptions options_;
  std::map<std::string, File, std::less<>> files_;
};

std::string_view content_type_of(std::string_view file_name); // by extension; application/octet-stream

} // namespace plenum::net
