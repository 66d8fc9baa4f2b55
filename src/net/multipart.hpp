// multipart/form-data: body → parts, as views into the body.
//
// A body that consists of nothing but the closing boundary is valid and has no parts. Owner: value (the body
// must outlive the parts). Thread: any. RFC 7578, RFC 2046 5.1.
#pragma once

#include "base/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plenum::net {

struct MultipartLimits {
  std::size_t parts = 256;
  std::size_t part_header_bytes = 8 * 1024;
};

struct Part {
  std::string name;
  std::optional<std::string> filename;
  std::string content_type; // empty when absent
  std::string_view data;
};

// The `boundary` parameter of a Content-Type value; nullopt when missing or not 1–70 legal characters.
std::optional<std::string> multipart_boundary(std::string_view content_type);
base::Result<std::vector<Part>> parse_multipart(std::string_view body, std::string_view boundary,
                                                MultipartLimits limits = {});

} // namespace plenum::net
