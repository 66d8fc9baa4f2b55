// DTLS, either role: records of a stranger mixed into a handshake with an honest peer. Keys are handed out
// only when the honest certificate was seen, data only afterwards.
#include "secure/dtls.hpp"
#include "base/clock.hpp"
#include "fuzz/input.hpp"

#include <optional>
#include <utility>

using namespace plenum;

namespace {

struct End final : secure::DtlsSink {
  secure::Certificate certificate = std::move(*secure::Certificate::generate(base::Clock::system().wall()));
  std::unique_ptr<secure::DtlsContext> context = std::move(*secure::DtlsContext::create(certificate));
  std::unique_ptr<secure::Dtls> dtls;
  std::vector<std::vector<std::uint8_t>> out;
  bool connected = false;
  int ends = 0;

  void open(secure::DtlsRole role, std::vector<secure::Fingerprint> remote) {
    out.clear();
    connected = false;
    ends = 0;
    dtls = std::make_unique<secure::Dtls>(*context, role, std::move(remote), *this);
  }
  void transmit_dtls(base::Bytes datagram) override {
    CHECK(datagram.size() <= secure::kDtlsMtu);
    if (out.size() < 64) out.push_back(fuzz::copy(datagram));
  }
  void on_dtls_connected(const secure::SrtpKeys&) override {
    CHECK(!connected);
    connected = true;
  }
  void on_dtls_data(base::Bytes) override { CHECK(connected); }
  void on_dtls_ended(secure::DtlsState, std::string_view) override { CHECK(++ends == 1); }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static End ours, honest; // key generation is the expensive part
  fuzz::Input in(data, size);
  const bool server = in.flag();
  // Half of the cases meet a peer whose certificate is not the announced one.
  const bool announced = in.flag();
  ours.open(server ? secure::DtlsRole::server : secure::DtlsRole::client,
            {announced ? honest.certificate.fingerprint() : ours.certificate.fingerprint()});
  honest.open(server ? secure::DtlsRole::client : secure::DtlsRole::server, {ours.certificate.fingerprint()});
  auto now = base::timestamp_us(1'000'000);
  ours.dtls->start(now);
  honest.dtls->start(now);
  for (int step = 0; step < 100 && !in.empty(); ++step) {
    switch (in.below(5)) {
    case 0:
      ours.dtls->on_datagram(now, fuzz::copy(in.record()));
      break;
    case 1: // the honest peer's next datagram, one byte of it changed
      if (honest.out.empty()) break;
      if (const auto at = in.u16(); at < honest.out.front().size()) honest.out.front()[at] ^= in.u8();
      ours.dtls->on_datagram(now, honest.out.front());
      honest.out.erase(honest.out.begin());
      break;
    case 2: // both honest
      for (const auto& datagram : std::exchange(honest.out, {}))
        ours.dtls->on_datagram(now, datagram);
      for (const auto& datagram : std::exchange(ours.out, {}))
        honest.dtls->on_datagram(now, datagram);
      break;
    case 3:
      now += std::chrono::milliseconds(in.u16());
      ours.dtls->on_deadline(now);
      honest.dtls->on_deadline(now);
      break;
    default:
      (void)ours.dtls->send(in.record());
    }
    CHECK(announced || !ours.connected);
  }
  if (in.flag()) ours.dtls->close();
  return 0;
}
