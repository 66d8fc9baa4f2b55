// Live traffic against the contract files: a validator of the part of JSON Schema that they use, and the
// look-up of the operation that a request belongs to.
#pragma once

#include "api/eyeson/contract.hpp"
#include "base/json.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

namespace plenum::api::eyeson::testing {

namespace json = base::json;

class Contract {
 public:
  static const Contract& get() {
    static const Contract contract;
    return contract;
  }
  const json::value& file(std::string_view path) const { return files_.at(std::string(path)); }

  // What is wrong with `value`, with the place; empty when nothing is.
  std::string check(const json::value& value, std::string_view file_path, const json::value& schema) const {
    return check(value, std::string(file_path), schema, "$");
  }
  std::string check_observer(const json::value& frame) const {
    return check(frame, "/schemas/observer.json", file("/schemas/observer.json"));
  }
  std::string check_webhook(const json::value& body) const {
    return check(body, "/schemas/webhooks.json", file("/schemas/webhooks.json"));
  }

  struct Operation {
    std::string method, path;
    const json::value* spec = nullptr;
  };
  // nullptr spec: not documented. Literal segments win over parameters, as in the router.
  Operation operation(const std::string& method, const std::vector<std::string>& segments) const {
    Operation best;
    std::string lower = method;
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
    for (const auto& [path, methods] : file("/openapi.json").at("paths").get_object()) {
      const auto* spec = base::find(methods, lower);
      if (spec == nullptr || !matches(std::string(path), segments)) continue;
      // "{" sorts after letters: the smaller path has the literal.
      if (best.spec == nullptr || std::string(path) < best.path) best = {method, std::string(path), spec};
    }
    return best;
  }
  // What is wrong with an answer, seen from outside.
  std::string check_answer(const Operation& operation, int status, const json::value& body,
                           bool empty) const {
    const auto* answers = base::find(*operation.spec, "responses");
    const auto* answer = base::find(*answers, std::to_string(status));
    if (answer == nullptr) return "status " + std::to_string(status) + " is not documented";
    std::string here = "/openapi.json";
    answer = &resolve(*answer, here);
    const auto* content = base::find(*answer, "content");
    if (content == nullptr) return empty ? "" : "a body is not documented";
    if (empty) return "the body is missing";
    return check(body, "/openapi.json", content->at("application/json").at("schema"));
  }
  // Parameters that no document names.
  std::vector<std::string> undocumented(const Operation& operation, const json::value& body) const {
    std::vector<std::string> out;
    const auto* content = base::find(*operation.spec, "requestBody");
    const json::value none = json::object{{"type", "object"}, {"additionalProperties", false}};
    unknown_members(body,
                    content == nullptr ? none : content->at("content").at("application/json").at("schema"),
                    "", out);
    return out;
  }

 private:
  Contract() {
    for (const auto& file : contract_files()) {
      if (file.content_type != "application/json") continue;
      auto value = base::parse_json(file.content);
      EXPECT_TRUE(value.has_value()) << file.path;
      if (value) files_.emplace(file.path, std::move(*value));
    }
  }

  static bool matches(const std::string& path, const std::vector<std::string>& segments) {
    std::size_t at = 1, index = 0;
    for (; at <= path.size() && index < segments.size(); ++index) {
      const auto end = std::min(path.find('/', at), path.size());
      const auto part = path.substr(at, end - at);
      if (!part.starts_with('{') && part != segments[index]) return false;
      at = end + 1;
    }
    return at > path.size() && index == segments.size();
  }

  const json::value& resolve(const json::value& schema, std::string& here) const {
    const auto ref = base::find_string(schema, "$ref");
    if (!ref) return schema;
    const auto hash = ref->find('#');
    if (hash > 0) here = std::string(ref->substr(0, hash));
    const json::value* now = &file(here);
    for (std::size_t at = hash + 2; at <= ref->size();) {
      const auto end = std::min(ref->find('/', at), ref->size());
      now = base::find(*now, ref->substr(at, end - at));
      if (now == nullptr) {
        ADD_FAILURE() << "a reference leads nowhere: " << *ref;
        return schema;
      }
      at = end + 1;
    }
    return resolve(*now, here);
  }

  static bool has_type(const json::value& value, std::string_view type) {
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "boolean") return value.is_bool();
    if (type == "null") return value.is_null();
    if (type == "integer") return value.is_int64() || value.is_uint64();
    return type == "number" && value.is_number();
  }

  std::string check(const json::value& value, std::string here, const json::value& raw,
                    const std::string& where) const {
    const auto& schema = resolve(raw, here);
    const auto bad = [&](std::string_view why) {
      return where + ": " + std::string(why) + ": " + base::write_json(value);
    };
    if (const auto* type = base::find(schema, "type")) {
      bool fits = false;
      for (const auto& one : type->is_array() ? type->get_array() : json::array{*type})
        fits = fits || has_type(value, one.get_string());
      if (!fits) return bad("is no " + base::write_json(*type));
    }
    if (const auto* fixed = base::find(schema, "const"); fixed != nullptr && *fixed != value)
      return bad("unexpected");
    if (const auto* list = base::find_array(schema, "enum"))
      if (std::ranges::find(*list, value) == list->end()) return bad("not one of " + base::write_json(*list));
    if (const auto pattern = base::find_string(schema, "pattern"); pattern && value.is_string())
      if (!std::regex_search(std::string(value.get_string()), std::regex(std::string(*pattern))))
        return bad("is not spelled like " + std::string(*pattern));
    if (const auto* no = base::find(schema, "not"); no != nullptr && check(value, here, *no, where).empty())
      return bad("reserved");
    if (auto why = check_choice(value, here, schema, where); !why.empty()) return why;
    if (value.is_object()) return check_object(value.get_object(), here, schema, where);
    if (value.is_array()) return check_array(value.get_array(), here, schema, where);
    return {};
  }

  std::string check_choice(const json::value& value, const std::string& here, const json::value& schema,
                           const std::string& where) const {
    for (const auto* kind : {"oneOf", "anyOf"}) {
      const auto* list = base::find_array(schema, kind);
      if (list == nullptr) continue;
      std::string reasons;
      int fits = 0;
      for (const auto& one : *list) {
        const auto why = check(value, here, one, where);
        fits += why.empty() ? 1 : 0;
        if (!why.empty()) reasons += "\n  " + why;
      }
      if (fits == 0) return where + ": fits nothing:" + reasons;
      if (fits > 1 && std::string_view(kind) == "oneOf") return where + ": fits more than one";
    }
    return {};
  }

  std::string check_object(const json::object& value, const std::string& here, const json::value& schema,
                           const std::string& where) const {
    if (const auto* required = base::find_array(schema, "required"))
      for (const auto& name : *required)
        if (value.if_contains(name.get_string()) == nullptr)
          return where + ": " + std::string(name.get_string()) + " is missing";
    const auto* properties = base::find(schema, "properties");
    const auto more = base::find_bool(schema, "additionalProperties");
    for (const auto& [name, child] : value) {
      const auto* of = properties == nullptr ? nullptr : base::find(*properties, name);
      if (of == nullptr && more == false) return where + ": " + std::string(name) + " is not documented";
      if (of == nullptr) continue;
      if (auto why = check(child, here, *of, where + "." + std::string(name)); !why.empty()) return why;
    }
    return {};
  }

  std::string check_array(const json::array& value, const std::string& here, const json::value& schema,
                          const std::string& where) const {
    if (const auto most = base::find_int(schema, "maxItems"); most && std::cmp_greater(value.size(), *most))
      return where + ": too many items";
    const auto* items = base::find(schema, "items");
    for (std::size_t i = 0; items != nullptr && i < value.size(); ++i)
      if (auto why = check(value[i], here, *items, where + "." + std::to_string(i)); !why.empty()) return why;
    return {};
  }

  void unknown_members(const json::value& value, const json::value& raw, const std::string& prefix,
                       std::vector<std::string>& out) const {
    std::string here = "/openapi.json";
    const auto& schema = resolve(raw, here);
    if (!value.is_object() || base::find_bool(schema, "additionalProperties") != false) return;
    const auto* properties = base::find(schema, "properties");
    for (const auto& [name, child] : value.get_object()) {
      const auto path = prefix.empty() ? std::string(name) : prefix + "[" + std::string(name) + "]";
      const auto* of = properties == nullptr ? nullptr : base::find(*properties, name);
      if (of == nullptr)
        out.push_back(path);
      else
        unknown_members(child, *of, path, out);
    }
  }

  std::map<std::string, json::value> files_;
};

} // namespace plenum::api::eyeson::testing
