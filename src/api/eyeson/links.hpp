// Links: where the links in documents and events lead. Those to files are signed, for an hour, and lead to
// the file host. Owner: value. Thread: core. Source: eyeson-api 0.2, 3.0.5, 3.0.6, 3.45.
#pragma once

#include "api/eyeson/dialect.hpp"

#include <string>
#include <string_view>

namespace plenum::api::eyeson {

class Links {
 public:
  explicit Links(std::string_view api) : api_(api), files_(api) {} // nobody signs: names of files as they are
  // `api`: as whoever reads calls us. Links to files hold for an hour from `now`.
  Links(const Dialect& dialect, std::string_view api, base::WallTime now);
  Links(const Dialect& dialect, std::string_view api);

  std::string recording(base::IdBits id) const; // of the API
  // null when there is no file yet.
  json::value recording_file(base::RoomId room, base::IdBits id, const std::string& file) const;
  json::value snapshot_file(base::RoomId room, base::WallTime at, const std::string& file) const;

 private:
  json::value download(const std::string& path, const std::string& file) const;

  std::string api_, files_;
  base::WallTime now_{};
  const Dialect* signer_ = nullptr;
};

} // namespace plenum::api::eyeson
