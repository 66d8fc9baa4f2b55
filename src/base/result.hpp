// Result<T>: the one way a function says that it could not do what was asked.
//
// `Error{code, text}` carries a code that an API maps to its own status and a sentence for people. Each layer
// may add its sentence with `context`. Expected failures only: bugs are CHECK (check.hpp), hostile bytes on
// hot paths are std::optional and a counter. Owner: value. Thread: any.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace plenum::base {

enum class ErrorCode {
  invalid,      // the input is wrong and will stay wrong
  unauthorized, // who are you
  forbidden,    // we know you; you may not
  not_found,
  gone,        // existed, has ended
  conflict,    // not in this state
  not_allowed, // an option of the room switches this off
  locked,
  too_large,
  rate_limited,
  unavailable, // try later: no capacity, no worker
  timeout,
  internal,
};

std::string_view to_string(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string text;

  Error context(std::string_view sentence) && {
    text = std::string(sentence) + ": " + text;
    return std::move(*this);
  }
  bool operator==(const Error&) const = default;
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(ErrorCode code, std::string text) {
  return std::unexpected(Error{code, std::move(text)});
}

} // namespace plenum::base
