// URLs, paths and queries of strangers: what is decoded once is never decoded differently, and no secret
// survives redaction.
#include "fuzz/input.hpp"
#include "net/url_guard.hpp"

using namespace plenum;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = base::as_text({data, size});
  if (const auto url = net::parse_url(text)) {
    CHECK(!url->host.empty() && url->target.starts_with('/'));
    CHECK(url->target.find_first_of(" \r\n\t") == std::string::npos);
  }
  static const net::UrlGuard guard({.plain_http = true});
  for (const auto use : {net::UrlUse::hook, net::UrlUse::broadcast})
    if (const auto url = guard.check(text, use)) { // the spelling that goes further means the same
      const auto canonical = net::to_text(*url);   // a slash may be added
      CHECK(canonical.size() > 2048 || guard.check(canonical, use) == *url);
      const auto address = net::IpAddress::parse(url->host);
      CHECK(!address || net::is_public(*address));
    }
  if (const auto decoded = net::percent_decode(text)) CHECK(decoded->size() <= size);
  CHECK(net::percent_decode(net::percent_encode(text)) == text);
  if (const auto query = net::parse_query(text)) {
    CHECK(query->size() <= net::QueryLimits{}.items);
    const auto again = net::parse_query(net::write_query(*query));
    CHECK(again && *again == *query);
  }
  if (const auto segments = net::path_segments(text)) {
    CHECK(segments->size() <= 32);
    for (const auto& segment : *segments)
      CHECK(net::valid_utf8(segment) && segment.find('\0') == std::string::npos);
  }
  CHECK(net::redact_target(text).size() <= 4 * size + 64);
  return 0;
}
