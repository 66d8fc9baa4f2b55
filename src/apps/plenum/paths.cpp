#include "apps/plenum/paths.hpp"

#include <arpa/inet.h>
#include <array>
#include <ifaddrs.h>
#include <memory>
#include <net/if.h>
#include <netinet/in.h>

namespace plenum::app {
namespace {

namespace fs = std::filesystem;

fs::path own_directory(const std::string& program) {
  std::error_code error;
  const auto self = fs::read_symlink("/proc/self/exe", error);
  return (error ? fs::absolute(program) : self).parent_path();
}

fs::path first_existing(const std::vector<fs::path>& candidates) {
  for (const auto& candidate : candidates) {
    std::error_code error;
    if (fs::exists(candidate, error)) return fs::weakly_canonical(candidate, error);
  }
  return {};
}

} // namespace

fs::path find_media_program(const std::string& program) {
  const auto here = own_directory(program);
  return first_existing({here / "plenum-media", here / "../plenum_media/plenum-media"});
}

fs::path find_page(const std::string& program) {
  const auto here = own_directory(program);
  const auto page =
      first_existing({here / "../share/plenum/web/index.html", "/usr/share/plenum/web/index.html",
                      here / "../../../../../web/dist/index.html"});
  return page.empty() ? page : page.parent_path();
}

std::vector<std::string> interface_addresses() {
  ifaddrs* raw = nullptr;
  if (::getifaddrs(&raw) != 0) return {"127.0.0.1"};
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> list(raw, &::freeifaddrs);
  std::vector<std::string> v4, v6;
  for (const auto* at = list.get(); at != nullptr; at = at->ifa_next) {
    if (at->ifa_addr == nullptr || (at->ifa_flags & IFF_UP) == 0 || (at->ifa_flags & IFF_LOOPBACK) != 0)
      continue;
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (at->ifa_addr->sa_family == AF_INET) {
      const auto* in = reinterpret_cast<const sockaddr_in*>(at->ifa_addr);
      v4.emplace_back(::inet_ntop(AF_INET, &in->sin_addr, text.data(), text.size()));
    } else if (at->ifa_addr->sa_family == AF_INET6) {
      const auto* in = reinterpret_cast<const sockaddr_in6*>(at->ifa_addr);
      if (!IN6_IS_ADDR_LINKLOCAL(&in->sin6_addr))
        v6.emplace_back(::inet_ntop(AF_INET6, &in->sin6_addr, text.data(), text.size()));
    }
  }
  v4.insert(v4.end(), v6.begin(), v6.end());
  v4.emplace_back("127.0.0.1");
  return v4;
}

} // namespace plenum::app
