#include "base/secret.hpp"

#include <cstring>

namespace plenum::base {

bool equal_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference |= static_cast<unsigned>(static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]));
  return difference == 0;
}

void Secret::wipe() {
  if (!text_.empty()) ::explicit_bzero(text_.data(), text_.size());
}

} // namespace plenum::base
