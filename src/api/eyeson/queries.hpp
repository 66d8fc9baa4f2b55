// Queries: pages and times in query strings, spelled as clients spell them. Owner: functions. Thread: core.
// Source: eyeson-api 0.4, 0.8, 3.2, 3.14, 3.33, 8 (C-19, C-20).
#pragma once

#include "base/units.hpp"
#include "net/http.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace plenum::api::eyeson {

inline constexpr std::size_t kPage = 25;

// Index of the page, from 0. What is no number, or negative, is the first page.
std::size_t page_from_zero(const net::Request& request);                   // ?page=0 is the first
std::size_t page_from_one(const net::Request& request);                    // ?page=1 is, and so is 0
std::size_t limit_of(const net::Request& request, std::size_t most = 100); // ?limit=, default kPage
// Index of the first item of that page, at most `total`.
std::size_t first_of(std::size_t page, std::size_t limit, std::size_t total);

struct AskedTime {
  base::WallTime at{};
  bool whole_second = false; // written without a fraction
};
// "2025-10-09T08:53:20.417Z", "2025-10-09T08:53:20+02:00" (the sign may have become a space on its way).
std::optional<AskedTime> parse_time(std::string_view text);

} // namespace plenum::api::eyeson
