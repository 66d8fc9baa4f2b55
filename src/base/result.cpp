#include "base/result.hpp"

namespace plenum::base {

std::string_view to_string(ErrorCode code) {
  switch (code) {
  case ErrorCode::invalid:
    return "invalid";
  case ErrorCode::unauthorized:
    return "unauthorized";
  case ErrorCode::forbidden:
    return "forbidden";
  case ErrorCode::not_found:
    return "not_found";
  case ErrorCode::gone:
    return "gone";
  case ErrorCode::conflict:
    return "conflict";
  case ErrorCode::not_allowed:
    return "not_allowed";
  case ErrorCode::locked:
    return "locked";
  case ErrorCode::too_large:
    return "too_large";
  case ErrorCode::rate_limited:
    return "rate_limited";
  case ErrorCode::unavailable:
    return "unavailable";
  case ErrorCode::timeout:
    return "timeout";
  case ErrorCode::internal:
    return "internal";
  }
  return "internal";
}

} // namespace plenum::base
