// JSON in and out: Boost.JSON with bounded parsing and tolerant, typed access.
//
// Reading: `parse_json` limits size and depth. The accessors answer nullopt when the member is missing or has
// another type, because foreign clients decide what they send; a dialect turns that into its own error.
// Writing: build a boost::json::object (it keeps the order of insertion) and `write_json` it: compact and
// byte-stable, integers stay integers. Owner: value. Thread: any.
#pragma once

#include "base/result.hpp"

#include <boost/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace plenum::base {

namespace json = boost::json;

struct JsonLimits {
  std::size_t bytes = 1 << 20;
  std::size_t depth = 32;
};

Result<json::value> parse_json(std::string_view text, JsonLimits limits = {});
std::string write_json(const json::value& value);

const json::value* find(const json::value& in, std::string_view key); // nullptr: no object or no such member
std::optional<std::string_view> find_string(const json::value& in, std::string_view key);
std::optional<bool> find_bool(const json::value& in, std::string_view key);
std::optional<std::int64_t> find_int(const json::value& in, std::string_view key);
std::optional<double> find_number(const json::value& in, std::string_view key);
const json::array* find_array(const json::value& in, std::string_view key);
const json::object* find_object(const json::value& in, std::string_view key);

} // namespace plenum::base
