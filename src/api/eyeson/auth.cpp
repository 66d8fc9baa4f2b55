#include "api/eyeson/auth.hpp"

namespace plenum::api::eyeson {
namespace {

using base::ErrorCode;

std::string_view api_key(const net::Request& request) {
  auto key = request.header("Authorization").value_or("");
  if (key.starts_with("Bearer ")) key.remove_prefix(7);
  return key;
}

} // namespace

bool has_authorization(const net::Request& request) {
  return !api_key(request).empty();
}

std::optional<hub::AccountInfo> account_of(const Dialect& dialect, const net::Request& request) {
  const auto key = api_key(request);
  if (key.empty()) return std::nullopt;
  return dialect.hub.directory().account_by_key(key);
}

base::Result<Access> access_of(const Dialect& dialect, std::string_view access_key) {
  const auto& directory = dialect.hub.directory();
  const auto grant = directory.by_access_token(access_key);
  if (!grant && grant.error().code == ErrorCode::gone)
    return base::fail(ErrorCode::gone, "Access key expired");
  if (!grant) return base::fail(ErrorCode::not_found, "Invalid access key");
  const auto* room = directory.find(grant->room);
  const auto* member = room == nullptr ? nullptr : room->find(grant->member);
  if (member == nullptr || !room->open()) return base::fail(ErrorCode::gone, "Access key expired");
  return Access{room, member};
}

int status_of(ErrorCode code) {
  switch (code) {
  case ErrorCode::invalid:
    return 400;
  case ErrorCode::unauthorized:
    return 401;
  case ErrorCode::forbidden:
    return 403;
  case ErrorCode::not_found:
    return 404;
  case ErrorCode::gone:
    return 410;
  case ErrorCode::conflict:
    return 409;
  case ErrorCode::not_allowed:
    return 405;
  case ErrorCode::locked:
    return 423;
  case ErrorCode::too_large:
    return 413;
  case ErrorCode::rate_limited:
    return 429;
  case ErrorCode::unavailable:
  case ErrorCode::timeout:
    return 503;
  case ErrorCode::internal:
    return 500;
  }
  return 500;
}

void answer_error(net::Reply& reply, const base::Error& error) {
  json::object body{{"error", error.text.empty() ? std::string(base::to_string(error.code)) : error.text}};
  if (error.code == ErrorCode::locked) body["locked"] = true;
  reply.json(status_of(error.code), body);
}

} // namespace plenum::api::eyeson
