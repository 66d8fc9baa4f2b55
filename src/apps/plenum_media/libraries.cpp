#include "apps/plenum_media/libraries.hpp"

#include "base/check.hpp"
#include "base/clock.hpp"
#include "secure/certificate.hpp"
#include "secure/dtls.hpp"
#include "secure/srtp.hpp"
#include "video/text.hpp"

#include <fontconfig/fontconfig.h>
#include <memory>

// Fontconfig keeps one pattern (288 bytes, once per process) when a font map is released; not ours to free.
#if defined(__has_feature) && __has_feature(address_sanitizer)
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libfontconfig";
}
#endif

namespace plenum::media {

namespace {

// NSS leaves its modules when the last session of libsrtp ends, and could not load them again: this one never
// ends.
secure::SrtpSession* kept = nullptr;

void open_srtp() {
  auto session = secure::SrtpSession::create(
      {.profile = secure::SrtpProfile::aes_128_cm_sha1_80, .local = {}, .remote = {}});
  CHECK(session);
  kept = session->release();
  CHECK(secure::SrtpSession::create({})); // OpenSSL's ciphers
}

} // namespace

void open_libraries() {
  const auto certificate = secure::Certificate::generate(base::Clock::system().wall());
  CHECK(certificate);
  CHECK(secure::DtlsContext::create(*certificate));
  open_srtp();
  const video::TextPainter fonts;
}

std::vector<std::string> paths_read_later() {
  std::vector<std::string> out{"/dev/urandom", "/sys/devices/system/cpu"};
  const std::unique_ptr<FcStrList, decltype(&FcStrListDone)> fonts(FcConfigGetFontDirs(nullptr),
                                                                   &FcStrListDone);
  while (const auto* directory = fonts == nullptr ? nullptr : FcStrListNext(fonts.get()))
    out.emplace_back(reinterpret_cast<const char*>(directory));
  return out;
}

} // namespace plenum::media
