#include "base/json.hpp"

#include <algorithm>
#include <cmath>

namespace plenum::base {
namespace {

// Boost.JSON reads 1e400 as infinity and writes that in a way it does not read: what came in could not be
// stored.
bool all_finite(const json::value& value) { // the depth is bounded by the parser
  if (const auto* number = value.if_double()) return std::isfinite(*number);
  if (const auto* list = value.if_array()) return std::ranges::all_of(*list, all_finite);
  if (const auto* object = value.if_object())
    return std::ranges::all_of(*object, [](const auto& member) { return all_finite(member.value()); });
  return true;
}

} // namespace

Result<json::value> parse_json(std::string_view text, JsonLimits limits) {
  if (text.size() > limits.bytes) return fail(ErrorCode::too_large, "JSON is too large");
  json::parse_options options;
  options.max_depth = limits.depth;
  json::error_code error;
  auto value = json::parse(json::string_view(text.data(), text.size()), error, {}, options);
  if (error) return fail(ErrorCode::invalid, "malformed JSON: " + error.message());
  if (!all_finite(value)) return fail(ErrorCode::invalid, "malformed JSON: a number is too large");
  return value;
}

std::string write_json(const json::value& value) {
  return json::serialize(value);
}

const json::value* find(const json::value& in, std::string_view key) {
  const auto* object = in.if_object();
  return object == nullptr ? nullptr : object->if_contains(json::string_view(key.data(), key.size()));
}

std::optional<std::string_view> find_string(const json::value& in, std::string_view key) {
  const auto* value = find(in, key);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  if (text == nullptr) return std::nullopt;
  return std::string_view(text->data(), text->size());
}

std::optional<bool> find_bool(const json::value& in, std::string_view key) {
  const auto* value = find(in, key);
  const auto* flag = value == nullptr ? nullptr : value->if_bool();
  return flag == nullptr ? std::nullopt : std::optional(*flag);
}

std::optional<std::int64_t> find_int(const json::value& in, std::string_view key) {
  const auto* value = find(in, key);
  if (value == nullptr) return std::nullopt;
  json::error_code error;
  const auto number = value->to_number<std::int64_t>(error);
  return error ? std::nullopt : std::optional(number);
}

std::optional<double> find_number(const json::value& in, std::string_view key) {
  const auto* value = find(in, key);
  if (value == nullptr) return std::nullopt;
  json::error_code error;
  const auto number = value->to_number<double>(error);
  return error || !std::isfinite(number) ? std::nullopt : std::optional(number);
}

const json::array* find_array(const json::value& in, std::string_view key) {
  const auto* value = find(in, key);
  return value == nullptr ? nullptr : value->if_array();
}

const json::object* find_object(const json::value& in, std::string_view key) {
  const auto* value = find(in, key);
  return value == nullptr ? nullptr : value->if_object();
}

} // namespace plenum::base
