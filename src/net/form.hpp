// Params: the one parameter tree that JSON, forms, multipart and query strings become.
//
// All encodings of eyeson-api 0.3 end in one JSON object plus uploaded files; handlers name values as the
// spec does: `params.text("options[sfu_mode]")`. The accessors coerce as 0.4 says; `find` gives the value
// untouched (custom fields). A value that cannot be coerced counts as not given. Body values win over the
// query. Limits on keys, nesting, parts and files. Owner: value. Thread: any. eyeson-api 0.3, 0.4.
#pragma once

#include "base/json.hpp"
#include "net/http.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plenum::net {

struct FormLimits {
  std::size_t keys = 1000;
  std::size_t key_bytes = 256;
  std::size_t nesting = 8; // bracket levels of a form key
  std::size_t json_depth = 32;
  std::size_t json_bytes = 16 << 20; // the body limit of the route is the real one
};

struct FilePart {
  std::string name; // field name: "file"
  std::string filename;
  std::string content_type; // as sent; detect the real one from the bytes
  std::string data;
};

// Coercions of 0.4; nullptr and JSON null are "not given".
std::optional<bool> to_bool(const base::json::value* value);        // true false "true" "false" "1" "0"
std::optional<std::int64_t> to_int(const base::json::value* value); // 5, 5.0, "5", "-1"
std::optional<double> to_number(const base::json::value* value);    // finite
std::optional<std::string> to_text(const base::json::value* value); // strings; numbers and booleans as text

class Params {
 public:
  Params() = default;
  explicit Params(base::json::object root, std::vector<FilePart> files = {})
      : root_(std::move(root)), files_(std::move(files)) {}

  // `path` in bracket form: "room_id", "user[id]", "options[custom_fields][logo]". nullptr when missing; null
  // is found.
  const base::json::value* find(std::string_view path) const;
  bool given(std::string_view path) const; // there and not null

  std::optional<bool> boolean(std::string_view path) const { return to_bool(find(path)); }
  std::optional<std::int64_t> integer(std::string_view path) const { return to_int(find(path)); }
  std::optional<double> number(std::string_view path) const { return to_number(find(path)); }
  std::optional<std::string> text(std::string_view path) const { return to_text(find(path)); }
  std::optional<std::string> id(std::string_view path) const; // text; the empty string is "not given"
  // Array of scalars, or one scalar as a list of one; a string is split at commas when `split_commas`.
  // nullopt: not given. Items that are neither text nor number are dropped.
  std::optional<std::vector<std::string>> list(std::string_view path, bool split_commas = false) const;
  // `map` of layouts: array of rows as is; a flat run of scalars is cut into rows of four numbers and an
  // optional word. Numeric strings become numbers. nullopt: not given or not such a run.
  std::optional<base::json::array> rows(std::string_view path) const;

  const FilePart* file(std::string_view name) const;
  const base::json::object& root() const { return root_; }

 private:
  base::json::object root_;
  std::vector<FilePart> files_;
};

// Query and body of a request. Errors: invalid (malformed JSON, form, multipart, UTF-8), too_large (limits).
base::Result<Params> parse_params(const Request& request, FormLimits limits = {});
// The parts of it, for other transports.
base::Result<Params> params_from_form(std::string_view urlencoded, FormLimits limits = {});
base::Result<Params> params_from_json(std::string_view text, FormLimits limits = {});

} // namespace plenum::net
