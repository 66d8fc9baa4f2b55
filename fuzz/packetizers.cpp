// Our own packetizers with frames of any content and size: payloads within the limit, joined again to the
// same frame.
#include "fuzz/input.hpp"
#include "rtp/depacketizer.hpp"
#include "rtp/h264_packetizer.hpp"
#include "rtp/vp8_packetizer.hpp"

#include <cstring>

using namespace plenum;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input in(data, size);
  const bool vp8 = in.flag();
  const auto mode = in.flag() ? rtp::H264Mode::single_nal : rtp::H264Mode::non_interleaved;
  const std::size_t most = 16 + in.u16() % 1400;
  const auto content = in.rest();
  base::EncodedFramePool frames;
  rtp::PacketizedFramePool pool(1, 4);
  auto encoded = frames.get(content.size());
  if (!content.empty()) std::memcpy(encoded->buffer().data(), content.data(), content.size());
  encoded->size = content.size();
  encoded->codec = vp8 ? base::Codec::vp8 : base::Codec::h264;
  auto packets = pool.get(encoded);
  if (!(vp8 ? rtp::packetize_vp8(*packets, {.picture_id = 7}, most)
            : rtp::packetize_h264(*packets, mode, most)))
    return 0;
  std::vector<std::vector<std::uint8_t>> payloads;
  for (std::size_t i = 0; i < packets->packets(); ++i) {
    std::vector<std::uint8_t> payload(most);
    payload.resize(packets->copy_payload(i, payload));
    CHECK(!payload.empty());
    payloads.push_back(std::move(payload));
  }
  const std::vector<base::Bytes> views(payloads.begin(), payloads.end());
  rtp::Depacketizer depacketizer(encoded->codec);
  const auto back = depacketizer.join(views, frames);
  if (vp8) CHECK(back && std::ranges::equal(back->bytes(), content));
  return 0;
}
