#include "sdp/write.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace plenum::sdp {
namespace {

class Writer {
 public:
  void session(const SessionDescription& d) {
    line("v=0");
    line("o={} {} {} {}", d.origin.username, d.origin.session_id, d.origin.version, d.origin.address);
    line("s={}", d.name.empty() ? std::string("-") : d.name);
    if (!d.connection.empty()) line("c={}", d.connection);
    line("t=0 0");
    for (const auto& text : d.attributes)
      line("a={}", text);
    if (d.ice_lite) line("a=ice-lite");
    if (!d.bundle.empty()) line("a=group:BUNDLE {}", fmt::join(d.bundle, " "));
    if (!d.msid_semantic.empty()) line("a=msid-semantic: WMS {}", d.msid_semantic);
  }

  void section(const MediaSection& s) {
    media(s);
    if (!s.connection.empty()) line("c={}", s.connection);
    if (s.bandwidth_bps) line("b=TIAS:{}", *s.bandwidth_bps);
    transport(s);
    if (!s.mid.empty()) line("a=mid:{}", s.mid);
    for (const auto& map : s.extmaps)
      extmap(map);
    if (s.kind != MediaKind::application) line("a={}", to_string(s.direction));
    for (const auto& msid : s.msids)
      line("a=msid:{}{}{}", msid.stream, msid.track.empty() ? "" : " ", msid.track);
    if (s.rtcp_mux) line("a=rtcp-mux");
    if (s.rtcp_rsize) line("a=rtcp-rsize");
    for (const auto& payload : s.payloads)
      payload_type(payload);
    for (const auto& rid : s.rids)
      line("a=rid:{}", rid);
    if (!s.simulcast.empty()) line("a=simulcast:{}", s.simulcast);
    for (const auto& group : s.ssrc_groups)
      line("a=ssrc-group:{} {}", group.semantics, fmt::join(group.ssrcs, " "));
    for (const auto& ssrc : s.ssrcs)
      line("a=ssrc:{} {}{}{}", ssrc.ssrc, ssrc.attribute, ssrc.value.empty() ? "" : ":", ssrc.value);
    if (s.sctp_port) line("a=sctp-port:{}", *s.sctp_port);
    if (s.max_message_size) line("a=max-message-size:{}", *s.max_message_size);
    for (const auto& text : s.attributes)
      line("a={}", text);
  }

  std::string take() { return std::move(out_); }

 private:
  template <class... Values>
  void line(fmt::format_string<Values...> pattern, Values&&... values) {
    fmt::format_to(std::back_inserter(out_), pattern, std::forward<Values>(values)...);
    out_ += "\r\n";
  }

  void media(const MediaSection& s) {
    std::string formats;
    for (const auto& payload : s.payloads)
      formats += fmt::format(" {}", payload.number);
    for (const auto& format : s.formats)
      formats += " " + format;
    line("m={} {} {}{}", s.media, s.port, s.proto, formats);
  }

  void transport(const MediaSection& s) {
    for (const auto& candidate : s.candidates)
      line("a=candidate:{}", candidate);
    if (!s.ice.ufrag.empty()) line("a=ice-ufrag:{}", s.ice.ufrag);
    if (!s.ice.password.empty()) line("a=ice-pwd:{}", s.ice.password);
    if (!s.ice_options.empty()) line("a=ice-options:{}", s.ice_options);
    for (const auto& f : s.fingerprints)
      line("a=fingerprint:{} {}", f.algorithm, f.value);
    if (s.setup) line("a=setup:{}", to_string(*s.setup));
    if (s.bundle_only) line("a=bundle-only");
  }

  void extmap(const ExtMap& map) {
    if (map.direction == Direction::sendrecv)
      line("a=extmap:{} {}", map.id, map.uri);
    else
      line("a=extmap:{}/{} {}", map.id, to_string(map.direction), map.uri);
  }

  void payload_type(const PayloadType& p) {
    if (p.encoding.empty()) return;
    if (p.channels)
      line("a=rtpmap:{} {}/{}/{}", p.number, p.encoding, p.clock_rate, *p.channels);
    else
      line("a=rtpmap:{} {}/{}", p.number, p.encoding, p.clock_rate);
    for (const auto& feedback : p.feedback)
      line("a=rtcp-fb:{} {}", p.number, feedback);
    if (!p.fmtp.empty()) line("a=fmtp:{} {}", p.number, p.fmtp);
  }

  std::string out_;
};

int audio_first_rank(MediaKind kind) {
  if (kind == MediaKind::audio) return 0;
  return kind == MediaKind::video ? 1 : 2;
}

} // namespace

std::string write(const SessionDescription& description) {
  Writer writer;
  writer.session(description);
  if (description.order == SectionOrder::as_offered) {
    for (const auto& section : description.sections)
      writer.section(section);
    return writer.take();
  }
  for (int rank = 0; rank <= 2; ++rank)
    for (const auto& section : description.sections)
      if (audio_first_rank(section.kind) == rank) writer.section(section);
  return writer.take();
}

} // namespace plenum::sdp
