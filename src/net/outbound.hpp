// Outbound: HTTP requests that the server itself makes to places that users named.
//
// A request names a URL that UrlGuard has checked; here it is resolved and checked again, and the connection
// goes to exactly the addresses that passed. No redirects, no proxies, no cookies, no compression; TLS
// verified; one deadline for everything; a small answer. Names are looked up on threads of their own (a slow
// name server holds up nobody else's), transfers run on one more. Completions run on the executor, later, and
// never after this object is gone. Owner: apps. Thread: core (`send`). docs/threats.md A15.
#pragma once

#include "base/env.hpp"
#include "base/executor.hpp"
#include "base/result.hpp"
#include "base/strand_pool.hpp"
#include "net/url_guard.hpp"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace plenum::net {

struct OutboundOptions {
  std::string authorities;                            // PEM file, trusted besides the system's; empty: none
  base::Duration deadline = std::chrono::seconds(10); // name, connection, answer
  std::size_t answer_bytes = 64 * 1024;
  std::size_t most = 512; // under way and waiting; more are refused (unavailable)
};

struct OutboundRequest {
  std::string method = "POST";
  Url url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

struct OutboundAnswer {
  int status = 0;
  std::string body; // at most `answer_bytes`
  bool cut = false; // there was more
};

class Outbound {
 public:
  using Completion = std::move_only_function<void(base::Result<OutboundAnswer>)>;

  Outbound(const base::Env& env, base::Executor& executor, UrlGuard guard, OutboundOptions options);
  ~Outbound(); // gives up what is under way; waits for names that are being looked up (seconds)
  Outbound(const Outbound&) = delete;
  Outbound& operator=(const Outbound&) = delete;

  // Errors: invalid (address not allowed), timeout, unavailable (no answer, in words).
  void send(OutboundRequest request, Completion done);

 private:
  class Transfers;
  class Lookup;
  struct Job;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::unique_ptr<Transfers> transfers_;
  std::unique_ptr<base::StrandPool> names_; // dies before transfers_, which it feeds
};

} // namespace plenum::net
