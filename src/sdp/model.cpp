#include "sdp/model.hpp"

#include <algorithm>

namespace plenum::sdp {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

} // namespace

std::string_view to_string(Direction direction) {
  switch (direction) {
  case Direction::inactive:
    return "inactive";
  case Direction::sendonly:
    return "sendonly";
  case Direction::recvonly:
    return "recvonly";
  case Direction::sendrecv:
    return "sendrecv";
  }
  return "inactive";
}

std::string_view to_string(SetupRole setup) {
  switch (setup) {
  case SetupRole::actpass:
    return "actpass";
  case SetupRole::active:
    return "active";
  case SetupRole::passive:
    return "passive";
  case SetupRole::holdconn:
    return "holdconn";
  }
  return "holdconn";
}

const PayloadType* MediaSection::payload(std::uint8_t number) const {
  const auto found = std::ranges::find(payloads, number, &PayloadType::number);
  return found == payloads.end() ? nullptr : &*found;
}

const MediaSection* SessionDescription::section(std::string_view mid) const {
  const auto found = std::ranges::find(sections, mid, &MediaSection::mid);
  return found == sections.end() ? nullptr : &*found;
}

std::optional<std::string_view> attribute(const std::vector<std::string>& attributes, std::string_view key) {
  for (const std::string_view text : attributes) {
    if (!text.starts_with(key)) continue;
    if (text.size() == key.size()) return std::string_view{};
    if (text[key.size()] == ':') return text.substr(key.size() + 1);
  }
  return std::nullopt;
}

std::optional<std::string_view> fmtp_value(std::string_view fmtp, std::string_view name) {
  while (!fmtp.empty()) {
    const auto end = std::min(fmtp.find(';'), fmtp.size());
    const auto pair = trimmed(fmtp.substr(0, end));
    fmtp.remove_prefix(std::min(end + 1, fmtp.size()));
    const auto equals = pair.find('=');
    if (!equal_ignoring_case(trimmed(pair.substr(0, equals)), name)) continue;
    return equals == std::string_view::npos ? std::string_view{} : trimmed(pair.substr(equals + 1));
  }
  return std::nullopt;
}

} // namespace plenum::sdp
