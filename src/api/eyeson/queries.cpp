#include "api/eyeson/queries.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

namespace plenum::api::eyeson {
namespace {

std::optional<std::size_t> number(std::string_view text) {
  std::size_t value = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

// Takes exactly `digits` digits off the front.
std::optional<int> take(std::string_view& text, std::size_t digits) {
  const auto part = text.substr(0, digits);
  if (part.size() != digits || !std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  text.remove_prefix(digits);
  return static_cast<int>(*number(part));
}

bool take(std::string_view& text, std::string_view any) {
  if (text.empty() || !any.contains(text.front())) return false;
  text.remove_prefix(1);
  return true;
}

// ".417" → 417000 µs; digits after the sixth do not count. nullopt: a point without digits.
std::optional<std::int64_t> take_fraction(std::string_view& text) {
  std::int64_t micro = 0, unit = 100'000;
  std::size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits, unit /= 10)
    micro += unit * (text[digits] - '0');
  text.remove_prefix(digits);
  return digits == 0 ? std::nullopt : std::optional(micro);
}

// "Z", "+02:00", "-0330" → minutes east.
std::optional<int> take_zone(std::string_view& text) {
  if (take(text, "Zz")) return 0;
  const bool west = text.starts_with('-');
  if (!take(text, "+- ")) return std::nullopt;
  const auto hours = take(text, std::size_t{2});
  take(text, ":");
  const auto minutes = take(text, std::size_t{2});
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  return (west ? -1 : 1) * (*hours * 60 + *minutes);
}

} // namespace

std::size_t page_from_zero(const net::Request& request) {
  return number(request.query_value("page").value_or("")).value_or(0);
}

std::size_t page_from_one(const net::Request& request) {
  const auto page = page_from_zero(request);
  return page == 0 ? 0 : page - 1;
}

std::size_t limit_of(const net::Request& request, std::size_t most) {
  return std::clamp(number(request.query_value("limit").value_or("")).value_or(kPage), std::size_t{1}, most);
}

std::size_t first_of(std::size_t page, std::size_t limit, std::size_t total) {
  return page > total / limit ? total : page * limit;
}

std::optional<AskedTime> parse_time(std::string_view text) {
  using namespace std::chrono;
  const auto y = take(text, std::size_t{4});
  if (!y || !take(text, "-")) return std::nullopt;
  const auto m = take(text, std::size_t{2});
  if (!m || !take(text, "-")) return std::nullopt;
  const auto d = take(text, std::size_t{2});
  if (!d || !take(text, "Tt ")) return std::nullopt;
  const auto hour = take(text, std::size_t{2});
  if (!hour || !take(text, ":")) return std::nullopt;
  const auto minute = take(text, std::size_t{2});
  if (!minute || !take(text, ":")) return std::nullopt;
  const auto second = take(text, std::size_t{2});
  if (!second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  AskedTime out;
  out.whole_second = !take(text, ".");
  const auto micro = out.whole_second ? std::optional<std::int64_t>(0) : take_fraction(text);
  const auto zone = take_zone(text);
  const auto date = year(*y) / month(static_cast<unsigned>(*m)) / day(static_cast<unsigned>(*d));
  if (!micro || !zone || !text.empty() || !date.ok()) return std::nullopt;
  out.at = base::WallTime(sys_days(date).time_since_epoch() + hours(*hour) + minutes(*minute - *zone) +
                          seconds(*second) + microseconds(*micro));
  return out;
}

} // namespace plenum::api::eyeson
