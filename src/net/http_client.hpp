// fetch: one blocking HTTP request, for the command line talking to a running server. libcurl; no redirects,
// 30 s. Not for the server itself: nothing on the core thread may block. Owner: function. Thread: any but
// core.
#pragma once

#include "base/result.hpp"

#include <string>
#include <utility>
#include <vector>

namespace plenum::net {

struct FetchRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};
struct Fetched {
  int status = 0;
  std::string body; // at most 16 MiB
};
// Error unavailable: no answer.
base::Result<Fetched> fetch(const FetchRequest& request);

} // namespace plenum::net
