// A settings file: any text is accepted with sound values or refused with a sentence.
#include "apps/plenum/config.hpp"
#include "fuzz/input.hpp"

#include <sys/mman.h>
#include <unistd.h>

using namespace plenum;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const int fd = ::memfd_create("config", 0);
  CHECK(fd >= 0);
  CHECK(::write(fd, data, size) == static_cast<ssize_t>(size));
  const auto loaded = app::load_config("/proc/self/fd/" + std::to_string(fd), {}, {});
  ::close(fd);
  if (!loaded) {
    CHECK(!loaded.error().text.empty());
    return 0;
  }
  CHECK(app::check_config(loaded->config));
  for (const auto& setting : app::settings())
    (void)setting.show(loaded->config);
  (void)app::local_url(loaded->config);
  return 0;
}
