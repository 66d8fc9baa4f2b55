// Query and body of a request in every encoding → the parameter tree, read with every coercion.
#include "fuzz/input.hpp"
#include "net/form.hpp"

#include <cmath>

using namespace plenum;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input in(data, size);
  constexpr std::array<std::string_view, 5> kTypes = {"application/x-www-form-urlencoded", "application/json",
                                                      "multipart/form-data; boundary=b", "text/plain", ""};
  net::Request request;
  request.method = "POST";
  if (const auto type = kTypes[in.below(5)]; !type.empty()) request.headers.add("Content-Type", type);
  request.raw_query = in.text();
  if (auto query = net::parse_query(request.raw_query)) request.query = std::move(*query);
  request.body = in.rest_text();
  const auto params = net::parse_params(request);
  if (!params) return 0;
  for (const std::string_view path :
       {"a", "user[id]", "options[custom_fields][logo]", "map", "[", "a[][b]"}) {
    (void)params->boolean(path);
    (void)params->integer(path);
    if (const auto number = params->number(path)) CHECK(std::isfinite(*number));
    if (const auto text = params->text(path)) CHECK(net::valid_utf8(*text));
    (void)params->list(path, true);
    if (const auto rows = params->rows(path)) CHECK(rows->size() <= size);
  }
  if (const auto* file = params->file("file")) CHECK(file->data.size() <= size);
  CHECK(base::write_json(params->root()).size() <= 8 * size + 64);
  return 0;
}
