#include "apps/plenum/confinement.hpp"

#include <array>
#include <pwd.h>

namespace plenum::app {
namespace {

using base::ErrorCode;
using base::fail;
using base::Result;
using Arguments = std::vector<std::string>;

Result<Arguments> user_arguments(const std::string& name, bool root) {
  if (name.empty()) return root ? Arguments{"--own-user"} : Arguments{};
  if (!root) return fail(ErrorCode::invalid, "media.worker_user needs a server that runs as root");
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> texts{};
  if (::getpwnam_r(name.c_str(), &entry, texts.data(), texts.size(), &found) != 0 || found == nullptr)
    return fail(ErrorCode::invalid, "media.worker_user: there is no user " + name);
  if (entry.pw_uid == 0 || entry.pw_gid == 0)
    return fail(ErrorCode::invalid, "media.worker_user: " + name + " has root's rights");
  return Arguments{"--user", std::to_string(entry.pw_uid), std::to_string(entry.pw_gid)};
}

} // namespace

Result<Arguments> confinement_arguments(const Config& config, bool root) {
  if (!config.media_sandbox) return Arguments{"--no-sandbox"};
  auto out = user_arguments(config.media_worker_user, root);
  if (!out) return out;
  out->push_back("--memory-mb=" + std::to_string(config.media_worker_memory_mb));
  if (config.media_worker_dumps) out->emplace_back("--dumps");
  return out;
}

} // namespace plenum::app
