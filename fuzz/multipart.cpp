// multipart/form-data with a boundary of the stranger's choice: parts lie inside the body.
#include "net/multipart.hpp"
#include "fuzz/input.hpp"

using namespace plenum;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input in(data, size);
  const auto boundary = net::multipart_boundary(in.text());
  const auto body = in.rest();
  const auto parts = net::parse_multipart(base::as_text(body), boundary.value_or("b"));
  if (boundary) CHECK(!boundary->empty() && boundary->size() <= 70);
  if (!parts) return 0;
  CHECK(parts->size() <= net::MultipartLimits{}.parts);
  for (const auto& part : *parts)
    CHECK(fuzz::inside(part.data, body));
  return 0;
}
