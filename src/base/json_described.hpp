// Described structs ⇄ JSON: one line of BOOST_DESCRIBE_STRUCT gives a value type its wire form.
//
// `to_json` writes members in declaration order. `from_json` is tolerant as two versions of one program need
// it: unknown members are ignored, missing ones keep their default, but a member of a wrong type is an error
// that names its JSON pointer. Supported: bool, integers, double, string, Id, described enum (by name),
// Duration (µs), WallTime (µs), optional, vector, map<string, T>, boost::json values, described struct.
// Owner: value. Thread: any.
#pragma once

#include "base/ids.hpp"
#include "base/json.hpp"

#include <boost/describe.hpp>
#include <boost/mp11.hpp>

#include <concepts>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace plenum::base {

namespace described {

template <class T>
concept Struct = std::is_class_v<T> && boost::describe::has_describe_members<T>::value;
template <class T>
concept Enum = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;
template <class T>
inline constexpr bool is_map = false;
template <class T>
inline constexpr bool is_map<std::map<std::string, T>> = true;
template <class T>
inline constexpr bool is_id = false;
template <class T>
inline constexpr bool is_id<Id<T>> = true;
template <class T>
inline constexpr bool is_json =
    std::is_same_v<T, json::value> || std::is_same_v<T, json::object> || std::is_same_v<T, json::array>;

template <class T>
using Members =
    boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;

} // namespace described

template <class T>
json::value to_json(const T& in) {
  using namespace described;
  if constexpr (is_json<T> || std::is_same_v<T, bool>) {
    return json::value(in);
  } else if constexpr (Enum<T>) {
    json::value out;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto d) {
      if (in == d.value) out = d.name;
    });
    return out;
  } else if constexpr (std::unsigned_integral<T>) {
    return json::value(static_cast<std::uint64_t>(in));
  } else if constexpr (std::integral<T>) {
    return json::value(static_cast<std::int64_t>(in));
  } else if constexpr (std::floating_point<T>) {
    return json::value(static_cast<double>(in));
  } else if constexpr (std::is_same_v<T, std::string>) {
    return json::value(in);
  } else if constexpr (std::is_same_v<T, Duration>) {
    return json::value(static_cast<std::int64_t>(in.count()));
  } else if constexpr (std::is_same_v<T, WallTime>) {
    return json::value(static_cast<std::int64_t>(in.time_since_epoch().count()));
  } else if constexpr (is_id<T>) {
    return json::value(in.hex());
  } else if constexpr (is_optional<T>) {
    return in ? to_json(*in) : json::value(nullptr);
  } else if constexpr (is_vector<T>) {
    json::array out;
    out.reserve(in.size());
    for (const auto& item : in)
      out.push_back(to_json(item));
    return out;
  } else if constexpr (is_map<T>) {
    json::object out;
    for (const auto& [key, item] : in)
      out.emplace(key, to_json(item));
    return out;
  } else {
    static_assert(Struct<T>, "describe the struct with BOOST_DESCRIBE_STRUCT");
    json::object out;
    boost::mp11::mp_for_each<Members<T>>([&](auto d) { out.emplace(d.name, to_json(in.*d.pointer)); });
    return out;
  }
}

template <class T>
Result<void> from_json(const json::value& in, T& out, const std::string& pointer = {});

namespace described {

inline std::unexpected<Error> wrong_type(const std::string& pointer, const char* wanted) {
  return fail(ErrorCode::invalid, (pointer.empty() ? "/" : pointer) + ": " + wanted + " expected");
}

template <class T>
Result<void> read_scalar(const json::value& in, T& out, const std::string& pointer) {
  if constexpr (std::is_same_v<T, bool>) {
    if (!in.is_bool()) return wrong_type(pointer, "boolean");
    out = in.get_bool();
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (!in.is_string()) return wrong_type(pointer, "string");
    out.assign(in.get_string().data(), in.get_string().size());
  } else if constexpr (Enum<T>) {
    bool known = false;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto d) {
      if (in.is_string() && in.get_string() == d.name) {
        out = d.value;
        known = true;
      }
    });
    if (!known) return wrong_type(pointer, "another word");
  } else {
    json::error_code error;
    const auto number = in.to_number<T>(error);
    if (error) return wrong_type(pointer, "number in range");
    out = number;
  }
  return {};
}

template <class T>
Result<void> read_list(const json::value& in, T& out, const std::string& pointer) {
  if (!in.is_array()) return wrong_type(pointer, "array");
  out.clear();
  for (const auto& item : in.get_array()) {
    typename T::value_type value{};
    if (auto read = from_json(item, value, pointer + "/" + std::to_string(out.size())); !read) return read;
    out.push_back(std::move(value));
  }
  return {};
}

template <class T>
Result<void> read_map(const json::value& in, T& out, const std::string& pointer) {
  if (!in.is_object()) return wrong_type(pointer, "object");
  out.clear();
  for (const auto& [key, item] : in.get_object()) {
    typename T::mapped_type value{};
    if (auto read = from_json(item, value, pointer + "/" + std::string(key)); !read) return read;
    out.emplace(std::string(key), std::move(value));
  }
  return {};
}

template <class T>
Result<void> read_struct(const json::value& in, T& out, const std::string& pointer) {
  if (!in.is_object()) return wrong_type(pointer, "object");
  Result<void> result;
  boost::mp11::mp_for_each<Members<T>>([&](auto d) {
    if (!result) return;
    const auto* member = in.get_object().if_contains(d.name);
    if (member != nullptr) result = from_json(*member, out.*d.pointer, pointer + "/" + d.name);
  });
  return result;
}

} // namespace described

template <class T>
Result<void> from_json(const json::value& in, T& out, const std::string& pointer) {
  using namespace described;
  if constexpr (std::is_same_v<T, json::value>) {
    out = in;
    return {};
  } else if constexpr (std::is_same_v<T, json::object>) {
    if (!in.is_object()) return wrong_type(pointer, "object");
    out = in.get_object();
    return {};
  } else if constexpr (std::is_same_v<T, json::array>) {
    if (!in.is_array()) return wrong_type(pointer, "array");
    out = in.get_array();
    return {};
  } else if constexpr (std::is_same_v<T, Duration> || std::is_same_v<T, WallTime>) {
    std::int64_t us = 0;
    if (auto read = read_scalar(in, us, pointer); !read) return read;
    out = T(Duration(us));
    return {};
  } else if constexpr (is_id<T>) {
    if (!in.is_string()) return wrong_type(pointer, "id");
    const auto id = T::parse({in.get_string().data(), in.get_string().size()});
    if (!id) return wrong_type(pointer, "id");
    out = *id;
    return {};
  } else if constexpr (is_optional<T>) {
    if (in.is_null()) {
      out.reset();
      return {};
    }
    return from_json(in, out.emplace(), pointer);
  } else if constexpr (is_vector<T>) {
    return read_list(in, out, pointer);
  } else if constexpr (is_map<T>) {
    return read_map(in, out, pointer);
  } else if constexpr (Struct<T>) {
    return read_struct(in, out, pointer);
  } else {
    return read_scalar(in, out, pointer);
  }
}

} // namespace plenum::base
