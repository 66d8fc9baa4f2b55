#include "ice/candidate.hpp"

#include "base/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace plenum::ice {

namespace {

constexpr std::size_t kMaxCandidateBytes = 512;
constexpr std::uint16_t kTcpDiscardPort = 9; // RFC 6544: what an active candidate says

std::uint32_t type_preference(CandidateType type) {
  switch (type) {
  case CandidateType::host:
    return 126;
  case CandidateType::peer_reflexive:
    return 110;
  case CandidateType::server_reflexive:
    return 100;
  case CandidateType::relayed:
    return 0;
  }
  return 0;
}

constexpr std::array<std::pair<std::string_view, CandidateType>, 4> kTypes{{
    {"host", CandidateType::host},
    {"srflx", CandidateType::server_reflexive},
    {"prflx", CandidateType::peer_reflexive},
    {"relay", CandidateType::relayed},
}};
constexpr std::array<std::pair<std::string_view, TcpType>, 3> kTcpTypes{{
    {"active", TcpType::active},
    {"passive", TcpType::passive},
    {"so", TcpType::simultaneous},
}};

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, [&](char x, char y) { return lower(x) == lower(y); });
}

template <class Value, std::size_t n>
std::optional<Value> value_of(const std::array<std::pair<std::string_view, Value>, n>& table,
                              std::string_view word) {
  for (const auto& [name, value] : table)
    if (equal_ignoring_case(name, word)) return value;
  return std::nullopt;
}

template <class Value, std::size_t n>
std::string_view name_of(const std::array<std::pair<std::string_view, Value>, n>& table, Value wanted) {
  for (const auto& [name, value] : table)
    if (value == wanted) return name;
  return {};
}

std::string_view next_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  const auto word = text.substr(0, text.find_first_of(" \t\r\n"));
  text.remove_prefix(word.size());
  return word;
}

template <class Number>
std::optional<Number> number(std::string_view word) {
  Number value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (word.empty() || error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return value;
}

bool is_ice_text(std::string_view text) {
  return !text.empty() && text.size() <= 32 && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' || c == '/';
  });
}

} // namespace

std::uint32_t candidate_priority(CandidateType type, std::uint16_t local_preference, std::uint8_t component) {
  return type_preference(type) << 24 | std::uint32_t{local_preference} << 8 | (256U - component);
}

Candidate make_host_candidate(const TransportAddress& address, std::uint16_t preference, TcpType tcp_type) {
  CHECK(preference <= 8191);
  const bool tcp = address.transport == Transport::tcp;
  // RFC 6544, 4.2: for TCP the direction takes the top three bits of the local preference. UDP gets more than
  // any.
  const unsigned direction = !tcp                           ? 7
                             : tcp_type == TcpType::active  ? 6
                             : tcp_type == TcpType::passive ? 4
                                                            : 2;
  const auto local_preference = static_cast<std::uint16_t>(direction << 13 | preference);
  Candidate candidate{.address = address, .tcp_type = tcp ? tcp_type : TcpType::none};
  candidate.priority = candidate_priority(CandidateType::host, local_preference);
  // One foundation per (base address, transport), as RFC 8445, 5.1.1.3 wants; a hash says that without a
  // table.
  auto base = address;
  base.port = 0;
  candidate.foundation = fmt::format("{}", static_cast<std::uint32_t>(hash_of(base)));
  return candidate;
}

std::string candidate_value(const Candidate& c) {
  const auto port = c.tcp_type == TcpType::active ? kTcpDiscardPort : c.address.port;
  auto text =
      fmt::format("{} {} {} {} {} {} typ {}", c.foundation, c.component, to_string(c.address.transport),
                  c.priority, c.address.ip_text(), port, name_of(kTypes, c.type));
  if (c.tcp_type != TcpType::none) text += fmt::format(" tcptype {}", name_of(kTcpTypes, c.tcp_type));
  return text;
}

std::optional<Candidate> parse_candidate(std::string_view text) {
  if (text.size() > kMaxCandidateBytes) return std::nullopt;
  if (text.starts_with("a=")) text.remove_prefix(2);
  if (text.starts_with("candidate:")) text.remove_prefix(10);

  const auto foundation = next_word(text);
  const auto component = number<std::uint8_t>(next_word(text));
  const auto transport_word = next_word(text);
  const auto priority = number<std::uint32_t>(next_word(text));
  const auto ip = next_word(text);
  const auto port = number<std::uint16_t>(next_word(text));
  const bool has_typ = next_word(text) == "typ";
  const auto type = value_of(kTypes, next_word(text));
  const bool udp = equal_ignoring_case(transport_word, "udp");
  if (!is_ice_text(foundation) || component != 1 || !priority || !port || !has_typ || !type)
    return std::nullopt;
  if (!udp && !equal_ignoring_case(transport_word, "tcp")) return std::nullopt;
  const auto address = TransportAddress::parse(ip, *port, udp ? Transport::udp : Transport::tcp);
  if (!address) return std::nullopt; // an mDNS or other name

  Candidate candidate{.address = *address, .type = *type, .priority = *priority, .component = *component};
  candidate.foundation = foundation;
  for (auto word = next_word(text); !word.empty(); word = next_word(text)) {
    const auto value = next_word(text);
    if (word == "tcptype") candidate.tcp_type = value_of(kTcpTypes, value).value_or(TcpType::none);
  }
  if (udp != (candidate.tcp_type == TcpType::none)) return std::nullopt;
  return candidate;
}

} // namespace plenum::ice
