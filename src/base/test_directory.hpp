// A directory of a test's own, gone with it.
#pragma once

#include <filesystem>
#include <stdlib.h>
#include <string>

namespace plenum::base::testing {

struct TemporaryDirectory {
  std::filesystem::path path;
  TemporaryDirectory() {
    std::string pattern = std::filesystem::temp_directory_path() / "plenum-test-XXXXXX";
    path = ::mkdtemp(pattern.data());
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
};

} // namespace plenum::base::testing
