#include "peer/browser.hpp"

#include <fmt/format.h>

namespace plenum::peer {
namespace {

constexpr std::string_view kSession = "v=0\r\n"
                                      "o=- 1 1 IN IP4 127.0.0.1\r\n"
                                      "s=-\r\n"
                                      "t=0 0\r\n";
constexpr std::string_view kMux = "a=rtcp-mux\r\n"
                                  "a=rtcp-rsize\r\n";
constexpr std::string_view kAudioLevel = "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n";
constexpr std::string_view kExtensions =
    "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n"
    "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"
    "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n";
constexpr std::string_view kOpus = "a=rtpmap:111 opus/48000/2\r\n"
                                   "a=rtcp-fb:111 transport-cc\r\n"
                                   "a=fmtp:111 minptime=10;useinbandfec=1\r\n";
constexpr std::string_view kDataChannel = "a=sctp-port:5000\r\n"
                                          "a=max-message-size:262144\r\n";
constexpr std::string_view kH264Format =
    "a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n";

std::string video_codec(int payload_type, std::string_view name, std::string_view format) {
  std::string out = fmt::format("a=rtpmap:{} {}/90000\r\n", payload_type, name);
  for (const auto* feedback : {"goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"})
    out += fmt::format("a=rtcp-fb:{} {}\r\n", payload_type, feedback);
  out += format;
  return out +
         fmt::format("a=rtpmap:{0} rtx/90000\r\na=fmtp:{0} apt={1}\r\n", payload_type + 1, payload_type);
}

} // namespace

std::string browser_offer(const BrowserOffer& wish) {
  std::string out(kSession);
  out += wish.has_video ? "a=group:BUNDLE 0 1 2\r\n" : "a=group:BUNDLE 0 2\r\n";
  out += fmt::format("m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na={}\r\n", sdp::to_string(wish.audio));
  out.append(kMux).append(kAudioLevel).append(kExtensions).append(kOpus);
  if (wish.has_video) {
    out += fmt::format("m=video 9 UDP/TLS/RTP/SAVPF{}{}\r\na=mid:1\r\na={}\r\n", wish.vp8 ? " 96 97" : "",
                       wish.h264 ? " 102 103" : "", sdp::to_string(wish.video));
    out.append(kMux).append(kExtensions);
    if (wish.vp8) out += video_codec(96, "VP8", "");
    if (wish.h264) out += video_codec(102, "H264", kH264Format);
  }
  out += "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\n";
  return out.append(kDataChannel);
}

PeerOptions browser_options(const ice::TransportAddress& address) {
  PeerOptions options;
  options.ice_role = ice::Role::full;
  options.local_addresses = {address};
  options.number_transport = true;
  options.candidates = {ice::candidate_value(ice::make_host_candidate(address, 8000))};
  return options;
}

} // namespace plenum::peer
