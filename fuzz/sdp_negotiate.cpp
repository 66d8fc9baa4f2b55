// Offers and answers of a client, one after the other: each of ours parses, has the client's sections, and
// never more.
#include "fuzz/input.hpp"
#include "sdp/negotiate.hpp"
#include "sdp/parse.hpp"
#include "sdp/write.hpp"

#include <optional>

using namespace plenum;

namespace {

sdp::LocalTransport transport() {
  return {.ice = {.ufrag = "w1AbCdEf", .password = "0123456789abcdef01234567"},
          .fingerprint = {.algorithm = "sha-256",
                          .value = "00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:"
                                   "10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F"},
          .candidates = {"a=candidate:1 1 udp 2130706431 203.0.113.5 10000 typ host"}};
}

sdp::AnswerOptions options(fuzz::Input& in) {
  sdp::AnswerOptions out;
  const auto kind = in.u8();
  if ((kind & 1) != 0) out.order = sdp::SectionOrder::audio_first;
  if ((kind & 2) != 0) out.preferred_video = sdp::Codec::h264;
  if ((kind & 4) != 0) out.receive_cap_attribute = "eyeson-recv-constraints";
  out.session_attributes = {"a=sfu-mode:off"};
  out.media = {.session_id = 1,
               .cname = "c",
               .stream_id = "room",
               .audio_ssrc = 1,
               .video_ssrc = 2,
               .video_rtx_ssrc = 3};
  return out;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input in(data, size);
  const auto capabilities = sdp::Capabilities::full();
  const auto chosen = options(in);
  std::optional<sdp::Negotiated> state;
  for (int step = 0; step < 6 && !in.empty(); ++step) {
    const bool answers_us = in.flag();
    const auto theirs = sdp::parse(in.text());
    if (!theirs) continue;
    if (answers_us && state) {
      const auto offer = sdp::make_offer(*state, transport(), {});
      CHECK(sdp::parse(sdp::write(offer)));
      if (auto next = sdp::apply_answer(offer, *theirs, capabilities, chosen, *state))
        state = std::move(*next);
    } else if (auto next =
                   sdp::answer(*theirs, capabilities, transport(), chosen, state ? &*state : nullptr)) {
      CHECK(next->local.sections.size() == theirs->sections.size());
      CHECK(next->sections.size() == theirs->sections.size());
      const auto text = sdp::write(next->local);
      CHECK(sdp::parse(text));
      state = std::move(*next);
    }
  }
  return 0;
}
