#include "net/form.hpp"

#include "net/multipart.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <span>

namespace plenum::net {
namespace {

namespace json = base::json;

json::string_view view(std::string_view text) {
  return {text.data(), text.size()};
}
std::string_view text_of(const json::string& text) {
  return {text.data(), text.size()};
}

bool is_index(std::string_view key) {
  return !key.empty() && key.size() <= 9 &&
         std::ranges::all_of(key, [](char c) { return c >= '0' && c <= '9'; });
}

// "user[name]" → {"user", "name"}; "users[]" → {"users", ""}. A key without proper brackets is one name.
std::vector<std::string> split_key(std::string_view key) {
  const auto open = key.find('[');
  if (open == 0 || open == std::string_view::npos || !key.ends_with(']')) return {std::string(key)};
  std::vector<std::string> names{std::string(key.substr(0, open))};
  auto rest = key.substr(open);
  while (!rest.empty()) {
    const auto close = rest.find(']');
    if (!rest.starts_with('[') || close == std::string_view::npos) return {std::string(key)};
    names.emplace_back(rest.substr(1, close - 1));
    rest.remove_prefix(close + 1);
  }
  // PHP flattens an array of arrays to `map[][]=…`: one run of scalars (eyeson-api 0.3).
  while (names.size() > 2 && names.back().empty() && names[names.size() - 2].empty())
    names.pop_back();
  return names;
}

// The tree while it grows: brackets do not say whether a level is a list or a map until all keys are known.
struct Node {
  std::string name; // member name, index, or "" for an appended item
  std::optional<json::value> leaf;
  std::vector<Node> children;
};

Node* find_child(Node& node, std::string_view name) {
  for (auto& child : node.children)
    if (child.name == name) return &child;
  return nullptr;
}

// `a[][b]=1&a[][c]=2&a[][b]=3` are two items: a new one begins when the last already has that key.
bool last_item_takes(Node& node, std::span<const std::string> rest) {
  if (rest.empty() || node.children.empty() || !node.children.back().name.empty()) return false;
  auto& last = node.children.back();
  return !last.leaf && (rest.front().empty() || find_child(last, rest.front()) == nullptr);
}

Node& descend(Node& node, std::string_view name, std::span<const std::string> rest) {
  node.leaf.reset(); // the later spelling wins over an earlier scalar
  if (name.empty()) {
    if (last_item_takes(node, rest)) return node.children.back();
  } else if (auto* child = find_child(node, name); child != nullptr) {
    return *child;
  }
  node.children.push_back({std::string(name), {}, {}});
  return node.children.back();
}

// Takes the values out of `node`, not its names.
json::value finish(Node& node) {
  if (node.children.empty()) return node.leaf ? std::move(*node.leaf) : json::value();
  const auto is_item = [](const Node& child) { return child.name.empty() || is_index(child.name); };
  if (std::ranges::all_of(node.children, is_item)) {
    json::array items;
    for (auto& child : node.children)
      items.push_back(finish(child));
    return items;
  }
  json::object members;
  for (auto& child : node.children)
    members[view(child.name)] = finish(child);
  return members;
}

class TreeBuilder {
 public:
  explicit TreeBuilder(const FormLimits& limits) : limits_(limits) {}

  base::Result<void> add(std::string_view key, json::value value) {
    if (++count_ > limits_.keys || key.size() > limits_.key_bytes)
      return base::fail(base::ErrorCode::too_large, "too many parameters");
    if (key.empty()) return {};
    const auto names = split_key(key);
    if (names.size() > limits_.nesting + 1)
      return base::fail(base::ErrorCode::too_large, "parameters are nested too deep");
    const std::span<const std::string> path(names);
    Node* node = &root_;
    for (std::size_t i = 0; i < path.size(); ++i)
      node = &descend(*node, path[i], path.subspan(i + 1));
    node->children.clear();
    node->leaf = std::move(value);
    return {};
  }

  json::object take() {
    // The top level is always a map, whatever its keys look like.
    json::object members;
    for (auto& child : root_.children)
      members[view(child.name)] = finish(child);
    return members;
  }

 private:
  const FormLimits& limits_;
  Node root_;
  std::size_t count_ = 0;
};

json::value scalar(std::string_view text) {
  return json::string(view(text));
}

base::Result<void> add_form(TreeBuilder& tree, std::string_view text, const FormLimits& limits) {
  const auto items = parse_query(text, Plus::is_space, {limits.keys});
  if (!items) return base::fail(base::ErrorCode::too_large, "too many parameters");
  for (const auto& item : *items) {
    if (!valid_utf8(item.name) || !valid_utf8(item.value.value_or("")))
      return base::fail(base::ErrorCode::invalid, "parameters are not UTF-8");
    auto added = tree.add(item.name, item.value ? scalar(*item.value) : json::value());
    if (!added) return added;
  }
  return {};
}

// {"user[name]":"Joe","users[]":["a"]}: the documentation's own samples write JSON keys like form keys.
base::Result<void> add_json(TreeBuilder& tree, json::object object) {
  for (auto& member : object) {
    const std::string_view key(member.key().data(), member.key().size());
    auto* items = key.ends_with("[]") ? member.value().if_array() : nullptr;
    if (items == nullptr) {
      auto added = tree.add(key, std::move(member.value()));
      if (!added) return added;
      continue;
    }
    if (items->empty()) {
      auto added = tree.add(key.substr(0, key.size() - 2), json::array());
      if (!added) return added;
    }
    for (auto& item : *items) {
      auto added = tree.add(key, std::move(item));
      if (!added) return added;
    }
  }
  return {};
}

base::Result<json::object> json_root(std::string_view text, const FormLimits& limits) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return json::object();
  auto value = base::parse_json(text, {limits.json_bytes, limits.json_depth});
  if (!value) return std::unexpected(value.error());
  if (value->is_null()) return json::object();
  if (!value->is_object()) return base::fail(base::ErrorCode::invalid, "parameters must be a JSON object");
  return std::move(value->get_object());
}

base::Result<void> add_multipart(TreeBuilder& tree, std::vector<FilePart>& files, const Request& request) {
  const auto boundary = multipart_boundary(request.header("content-type").value_or(""));
  if (!boundary) return base::fail(base::ErrorCode::invalid, "multipart body without boundary");
  auto parts = parse_multipart(request.body, *boundary);
  if (!parts) return std::unexpected(parts.error());
  for (auto& part : *parts) {
    if (!valid_utf8(part.name) || !valid_utf8(part.filename.value_or("")))
      return base::fail(base::ErrorCode::invalid, "parameters are not UTF-8");
    if (part.filename) {
      files.push_back({std::move(part.name), std::move(*part.filename), std::move(part.content_type),
                       std::string(part.data)});
      continue;
    }
    if (!valid_utf8(part.data)) return base::fail(base::ErrorCode::invalid, "parameters are not UTF-8");
    auto added = tree.add(part.name, scalar(part.data));
    if (!added) return added;
  }
  return {};
}

enum class BodyKind { none, json, form, multipart };

BodyKind body_kind(const Request& request) {
  if (request.body.empty()) return BodyKind::none;
  const auto type = request.content_type();
  if (type == "application/json" || type.ends_with("+json")) return BodyKind::json;
  if (type == "multipart/form-data") return BodyKind::multipart;
  if (type == "application/x-www-form-urlencoded") return BodyKind::form;
  const auto first = request.body.find_first_not_of(" \t\r\n");
  // Without a type (or with `text/plain` from fetch) a brace is JSON, everything else a form.
  if (first != std::string::npos && request.body[first] == '{') return BodyKind::json;
  return type.empty() || type == "text/plain" ? BodyKind::form : BodyKind::none;
}

std::optional<json::value> number_or_word(const json::value& value) {
  if (const auto whole = to_int(&value)) return json::value(*whole);
  if (const auto number = to_number(&value)) return json::value(*number);
  if (value.is_string()) return value;
  return std::nullopt;
}

} // namespace

std::optional<bool> to_bool(const json::value* value) {
  if (value == nullptr) return std::nullopt;
  if (const auto* flag = value->if_bool()) return *flag;
  const auto* text = value->if_string();
  if (text == nullptr) return std::nullopt;
  if (*text == "true" || *text == "1") return true;
  if (*text == "false" || *text == "0") return false;
  return std::nullopt;
}

std::optional<std::int64_t> to_int(const json::value* value) {
  if (value == nullptr) return std::nullopt;
  if (value->is_number()) {
    json::error_code error;
    const auto number = value->to_number<std::int64_t>(error); // refuses fractions and what does not fit
    return error ? std::nullopt : std::optional(number);
  }
  const auto* text = value->if_string();
  if (text == nullptr) return std::nullopt;
  std::int64_t number = 0;
  const auto* end = text->data() + text->size();
  const auto parsed = std::from_chars(text->data(), end, number);
  return parsed.ec == std::errc() && parsed.ptr == end ? std::optional(number) : std::nullopt;
}

std::optional<double> to_number(const json::value* value) {
  if (value == nullptr) return std::nullopt;
  double number = 0;
  if (value->is_number()) {
    json::error_code error;
    number = value->to_number<double>(error);
    if (error) return std::nullopt;
  } else if (const auto* text = value->if_string(); text != nullptr) {
    const auto* end = text->data() + text->size();
    const auto parsed = std::from_chars(text->data(), end, number, std::chars_format::fixed);
    if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  } else {
    return std::nullopt;
  }
  return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

std::optional<std::string> to_text(const json::value* value) {
  if (value == nullptr) return std::nullopt;
  if (const auto* text = value->if_string()) return std::string(text_of(*text));
  if (const auto* number = value->if_double()) return fmt::format("{}", *number); // Boost writes 5.5E0
  if (value->is_number() || value->is_bool()) return base::write_json(*value);
  return std::nullopt;
}

const json::value* Params::find(std::string_view path) const {
  const json::object* object = &root_;
  const auto names = split_key(path);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto* value = object->if_contains(view(names[i]));
    if (value == nullptr || i + 1 == names.size()) return value;
    object = value->if_object();
    if (object == nullptr) return nullptr;
  }
  return nullptr;
}

bool Params::given(std::string_view path) const {
  const auto* value = find(path);
  return value != nullptr && !value->is_null();
}

std::optional<std::string> Params::id(std::string_view path) const {
  auto value = text(path);
  return value && !value->empty() ? value : std::nullopt;
}

std::optional<std::vector<std::string>> Params::list(std::string_view path, bool split_commas) const {
  const auto* value = find(path);
  if (value == nullptr || value->is_null()) return std::nullopt;
  if (const auto* text = value->if_string(); text != nullptr && split_commas)
    return comma_list(text_of(*text));
  std::vector<std::string> items;
  if (const auto* array = value->if_array()) {
    for (const auto& item : *array)
      if (!item.is_bool())
        if (auto text = to_text(&item)) items.push_back(std::move(*text));
    return items;
  }
  auto single = to_text(value);
  if (!single) return std::nullopt;
  items.push_back(std::move(*single));
  return items;
}

std::optional<json::array> Params::rows(std::string_view path) const {
  const auto* value = find(path);
  const auto* items = value == nullptr ? nullptr : value->if_array();
  if (items == nullptr) return std::nullopt;
  json::array rows;
  json::array row;
  for (const auto& item : *items) {
    if (const auto* nested = item.if_array()) {
      if (!row.empty()) return std::nullopt; // a row in the middle of a flat run
      json::array cells;
      for (const auto& cell : *nested)
        cells.push_back(number_or_word(cell).value_or(cell));
      rows.push_back(std::move(cells));
      continue;
    }
    const auto cell = number_or_word(item);
    if (!cell) return std::nullopt;
    if (cell->is_string()) { // the fit word closes the row of four numbers before it
      if (!row.empty() || rows.empty() || rows.back().get_array().size() != 4) return std::nullopt;
      rows.back().get_array().push_back(*cell);
      continue;
    }
    row.push_back(*cell);
    if (row.size() == 4) rows.push_back(std::exchange(row, json::array()));
  }
  return row.empty() ? std::optional(std::move(rows)) : std::nullopt;
}

const FilePart* Params::file(std::string_view name) const {
  const auto at = std::ranges::find(files_, name, &FilePart::name);
  return at == files_.end() ? nullptr : &*at;
}

base::Result<Params> parse_params(const Request& request, FormLimits limits) {
  TreeBuilder query(limits);
  auto added = add_form(query, request.raw_query, limits);
  if (!added) return std::unexpected(added.error());
  TreeBuilder body(limits);
  std::vector<FilePart> files;
  const auto kind = body_kind(request);
  if (kind == BodyKind::json) {
    auto root = json_root(request.body, limits);
    if (!root) return std::unexpected(root.error());
    added = add_json(body, std::move(*root));
  } else if (kind == BodyKind::form) {
    added = add_form(body, request.body, limits);
  } else if (kind == BodyKind::multipart) {
    added = add_multipart(body, files, request);
  }
  if (!added) return std::unexpected(added.error());
  auto root = query.take();
  for (auto& member : body.take())
    root[member.key()] = std::move(member.value());
  return Params(std::move(root), std::move(files));
}

base::Result<Params> params_from_form(std::string_view urlencoded, FormLimits limits) {
  TreeBuilder tree(limits);
  auto added = add_form(tree, urlencoded, limits);
  if (!added) return std::unexpected(added.error());
  return Params(tree.take());
}

base::Result<Params> params_from_json(std::string_view text, FormLimits limits) {
  auto root = json_root(text, limits);
  if (!root) return std::unexpected(root.error());
  TreeBuilder tree(limits);
  auto added = add_json(tree, std::move(*root));
  if (!added) return std::unexpected(added.error());
  return Params(tree.take());
}

} // namespace plenum::net
