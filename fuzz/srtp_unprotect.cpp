// SRTP and SRTCP: packets of a stranger never pass, packets of the peer pass once, whatever comes between
// them.
#include "fuzz/input.hpp"
#include "secure/srtp.hpp"

using namespace plenum;

namespace {

secure::SrtpKeys keys(secure::SrtpProfile profile) {
  secure::SrtpKeys out;
  out.profile = profile;
  out.local.key.fill(1);
  out.local.salt.fill(2);
  out.remote = out.local; // we are our own peer
  return out;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input in(data, size);
  const auto profile =
      in.flag() ? secure::SrtpProfile::aes_128_cm_sha1_80 : secure::SrtpProfile::aead_aes_128_gcm;
  auto session = std::move(*secure::SrtpSession::create(keys(profile)));
  std::vector<std::uint8_t> stored;
  for (int step = 0; step < 64 && !in.empty(); ++step) {
    const auto kind = in.below(6);
    const auto content = in.record();
    auto bytes = fuzz::copy(content);
    switch (kind) {
    case 0:
    case 1: // a stranger's
      CHECK(!(kind == 0 ? session->unprotect_rtp(bytes) : session->unprotect_rtcp(bytes)));
      break;
    case 2:
    case 3: { // the peer's own, whatever it says
      if (bytes.size() > 1400) break;
      bytes.resize(bytes.size() + secure::kSrtpTailroom);
      const auto length = kind == 2 ? session->protect_rtp(bytes, content.size())
                                    : session->protect_rtcp(bytes, content.size());
      if (!length) break;
      CHECK(*length <= bytes.size());
      bytes.resize(*length);
      stored = bytes;
      const auto back = kind == 2 ? session->unprotect_rtp(bytes) : session->unprotect_rtcp(bytes);
      CHECK(!back || *back <= content.size());
      break;
    }
    case 4: // again, changed or not: never a second time
      if (stored.empty()) break;
      for (std::size_t i = 0; i < content.size() && i < stored.size(); ++i)
        stored[i] ^= content[i];
      CHECK(!session->unprotect_rtp(stored));
      break;
    default:
      session->forget_inbound(in.u32());
      stored.clear(); // its old packets may come again then
    }
  }
  return 0;
}
