#include "api/eyeson/links.hpp"

#include "api/eyeson/views.hpp"
#include "base/clock.hpp"
#include "net/signed_path.hpp"

#include <fmt/format.h>

namespace plenum::api::eyeson {
namespace {

constexpr std::int64_t kSeconds = 3600;

} // namespace

Links::Links(const Dialect& dialect, std::string_view api, base::WallTime now)
    : api_(api), files_(dialect.addresses.files.empty() ? api_ : dialect.addresses.files), now_(now),
      signer_(&dialect) {}

Links::Links(const Dialect& dialect, std::string_view api) : Links(dialect, api, dialect.env.clock.wall()) {}

std::string Links::recording(base::IdBits id) const {
  return api_ + "/recordings/" + id.hex();
}

json::value Links::recording_file(base::RoomId room, base::IdBits id, const std::string& file) const {
  return download(fmt::format("/meetings/{}/{}.webm", conference_id(room), id.hex()), file);
}

json::value Links::snapshot_file(base::RoomId room, base::WallTime at, const std::string& file) const {
  return download(fmt::format("/meetings/{}/snapshots/{}.jpg", conference_id(room), base::unix_seconds(at)),
                  file);
}

json::value Links::download(const std::string& path, const std::string& file) const {
  if (file.empty()) return nullptr;
  if (signer_ == nullptr) return json::value(files_ + "/files/" + file);
  const auto until = base::unix_seconds(now_) + kSeconds;
  return json::value(files_ + net::sign_path(signer_->file_key, path, until));
}

} // namespace plenum::api::eyeson
