// The head of a request, between its bytes and the router: the lenient line, target, framing, upgrade. The
// lines are split here as Beast would; what is let through must be unambiguous.
#include "net/request_head.hpp"
#include "fuzz/input.hpp"

using namespace plenum;

namespace {

const net::Router& router() {
  static const net::Router routes = [] {
    net::Router out;
    out.add("GET", "/rooms/:id", [](net::Request, net::Reply reply) { reply.empty(204); });
    out.add_upgrade("/rt", [](net::UpgradeRequest, net::Upgrade) {});
    out.add_cors("/");
    return out;
  }();
  return routes;
}

// nullopt: not the shape of a request head.
std::optional<net::Request> split(std::string_view head, int& version) {
  net::Request request;
  const auto line = head.substr(0, head.find("\r\n"));
  const auto first = line.find(' '), last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return std::nullopt;
  request.method = line.substr(0, first);
  request.target = line.substr(first + 1, last - first - 1);
  if (request.target.find(' ') != std::string::npos) return std::nullopt;
  version = line.substr(last + 1) == "HTTP/1.0" ? 10 : 11;
  head.remove_prefix(std::min(head.size(), line.size() + 2));
  for (int count = 0; !head.empty() && count < 100; ++count) {
    const auto field = head.substr(0, head.find("\r\n"));
    head.remove_prefix(std::min(head.size(), field.size() + 2));
    const auto colon = field.find(':');
    // Beast refuses these itself.
    if (colon == std::string_view::npos || colon == 0 ||
        field.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos)
      continue;
    auto value = field.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    request.headers.add(field.substr(0, colon), value);
  }
  return request;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string head(base::as_text({data, size}));
  const bool relaxed = net::relax_request_line(head, router());
  int version = 11;
  auto request = split(head, version);
  if (!request) return 0;
  const auto problem = net::check_head(*request, version, relaxed, router());
  (void)net::expects_continue(*request);
  if (problem) {
    CHECK(problem->status >= 400 && problem->status < 500);
    return 0;
  }
  CHECK(request->headers.count("host") <= 1);
  CHECK(request->headers.count("transfer-encoding") == 0 || request->headers.count("content-length") == 0);
  CHECK(!relaxed || net::is_upgrade(*request, router())); // leniency never reaches a plain request
  if (net::is_upgrade(*request, router())) return 0;
  int answers = 0;
  router().handle(std::move(*request), net::Reply([&](net::Response) { ++answers; }));
  CHECK(answers == 1);
  return 0;
}
