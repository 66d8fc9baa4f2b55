// One RTP packet with its header extensions: read, and changed in place.
#include "fuzz/input.hpp"
#include "rtp/packet.hpp"
#include "rtp/vp8_packetizer.hpp"

using namespace plenum;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto map = [] {
    rtp::ExtensionMap all;
    for (std::size_t i = 0; i < rtp::kExtensionKinds; ++i)
      all.set(static_cast<rtp::ExtensionKind>(i), static_cast<std::uint8_t>(i + 1));
    return all;
  }();
  auto bytes = fuzz::copy({data, size});
  (void)rtp::is_rtcp(bytes);
  (void)rtp::rewrite_vp8(bytes, 1, std::uint8_t{2});
  const auto view = rtp::RtpView::parse(bytes);
  rtp::stamp(bytes, map, 1, 2);
  (void)rtp::set_extension(bytes, 3, std::array<std::uint8_t, 2>{1, 2});
  if (!view) return 0;
  CHECK(view->header_bytes + view->payload.size() + view->padding_bytes == bytes.size());
  CHECK(fuzz::inside(view->payload, bytes) && fuzz::inside(view->extension_block, bytes));
  CHECK(rtp::extensions_are_sound(*view));
  const auto values = rtp::read_extensions(*view, map);
  CHECK(fuzz::inside(values.mid, bytes) && fuzz::inside(values.rid, bytes) &&
        fuzz::inside(values.repaired_rid, bytes));
  for (unsigned id = 1; id < 256; ++id)
    if (const auto element = view->extension(static_cast<std::uint8_t>(id)))
      CHECK(fuzz::inside(*element, bytes));
  rtp::set_sequence(bytes, 7);
  rtp::set_timestamp(bytes, 8);
  rtp::set_ssrc(bytes, 9);
  CHECK(rtp::RtpView::parse(bytes));
  return 0;
}
