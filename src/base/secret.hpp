// Secret: text that must never reach a log, metric or error. It has no formatter and no stream operator,
// compares in constant time, and wipes its bytes when it dies. `reveal()` is the only, greppable way out.
// Owner: value.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace plenum::base {

bool equal_constant_time(std::string_view a, std::string_view b);

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  Secret(const Secret&) = default;
  Secret& operator=(const Secret&) = default;
  Secret(Secret&&) noexcept = default;
  Secret& operator=(Secret&&) noexcept = default;
  ~Secret() { wipe(); }

  std::string_view reveal() const { return text_; }
  bool empty() const { return text_.empty(); }
  bool operator==(const Secret& other) const { return equal_constant_time(text_, other.text_); }

 private:
  void wipe();
  std::string text_;
};

} // namespace plenum::base
