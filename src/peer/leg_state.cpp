#include "peer/leg_state.hpp"

#include "sdp/parse.hpp"
#include "sdp/write.hpp"

#include <algorithm>
#include <type_traits>

namespace plenum::peer {
namespace {

constexpr std::uint8_t kFormat = 1; // both ends are built from one tree; another one means another build
constexpr std::size_t kMostItems = 256;

// Writer and Reader walk the same `fields` functions, so that the two directions cannot differ.
struct Writer {
  std::vector<std::uint8_t> out;
  bool failed = false;

  void number(std::uint64_t value, std::size_t bytes) {
    for (std::size_t i = bytes; i-- > 0;)
      out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }
  void bytes(std::uint8_t* data, std::size_t size) { out.insert(out.end(), data, data + size); }
  void text(std::string& value) {
    number(value.size(), 2);
    failed |= value.size() > 0xffff;
    out.insert(out.end(), value.begin(), value.end());
  }
  template <class T>
  void count(std::vector<T>& items) {
    failed |= items.size() > kMostItems;
    number(items.size(), 2);
  }
  template <class T>
  void presence(std::optional<T>& value) {
    number(value ? 1 : 0, 1);
  }
};

struct Reader {
  base::ByteReader in;
  bool failed = false;

  std::uint64_t number(std::size_t bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i)
      value = value << 8 | in.u8();
    return value;
  }
  void bytes(std::uint8_t* data, std::size_t size) {
    const auto view = in.take(size);
    if (view.size() == size) std::ranges::copy(view, data);
  }
  void text(std::string& value) { value = std::string(base::as_text(in.take(in.u16()))); }
  template <class T>
  void count(std::vector<T>& items) {
    const auto size = std::size_t{in.u16()};
    failed |= size > kMostItems;
    items.resize(failed || in.failed() ? 0 : size);
  }
  template <class T>
  void presence(std::optional<T>& value) {
    if (in.u8() != 0) value.emplace();
  }
};

template <class A, class T>
  requires std::is_integral_v<T> || std::is_enum_v<T>
void field(A& a, T& value) {
  if constexpr (std::is_same_v<A, Writer>) {
    a.number(static_cast<std::uint64_t>(value), sizeof(T));
  } else {
    value = static_cast<T>(a.number(sizeof(T)));
  }
}
template <class A>
void field(A& a, std::string& value) {
  a.text(value);
}
template <class A, std::size_t N>
void field(A& a, std::array<std::uint8_t, N>& value) {
  a.bytes(value.data(), N);
}
template <class A>
void field(A& a, base::Secret& value) {
  std::string text(value.reveal());
  a.text(text);
  value = base::Secret(std::move(text));
}
template <class A>
void field(A& a, base::Timestamp& value) {
  auto us = static_cast<std::uint64_t>(base::to_us(value));
  field(a, us);
  value = base::timestamp_us(static_cast<std::int64_t>(us));
}
template <class A>
void field(A& a, base::DataRate& value) {
  auto bps = static_cast<std::uint64_t>(value.bps);
  field(a, bps);
  value.bps = static_cast<std::int64_t>(bps);
}
template <class A, class Tag>
void field(A& a, base::Id<Tag>& value) {
  auto text = value.hex();
  a.text(text);
  value = base::Id<Tag>::parse(text).value_or(base::Id<Tag>{});
}
template <class A, class T>
void field(A& a, std::vector<T>& items);
template <class A, class T>
void field(A& a, std::optional<T>& value);

template <class A, class... T>
void fields(A& a, T&... values) {
  (field(a, values), ...);
}

template <class A>
void field(A& a, ice::Credentials& v) {
  fields(a, v.ufrag, v.password);
}
template <class A>
void field(A& a, ice::TransportAddress& v) {
  fields(a, v.ip, v.port, v.family, v.transport);
}
template <class A>
void field(A& a, sdp::IceCredentials& v) {
  fields(a, v.ufrag, v.password);
}
template <class A>
void field(A& a, sdp::Fingerprint& v) {
  fields(a, v.algorithm, v.value);
}
template <class A>
void field(A& a, sdp::RemoteStream& v) {
  fields(a, v.ssrc, v.rtx_ssrc);
}
template <class A>
void field(A& a, sdp::ExtensionIds& v) {
  fields(a, v.mid, v.audio_level, v.transport_cc, v.abs_send_time);
}
template <class A>
void field(A& a, sdp::NegotiatedCodec& v) {
  fields(a, v.codec, v.payload_type, v.rtx_payload_type, v.clock_rate, v.channels, v.fmtp,
         v.packetization_mode, v.nack, v.pli, v.fir, v.remb, v.transport_cc);
}
template <class A>
void field(A& a, sdp::NegotiatedSection& v) {
  fields(a, v.mid, v.kind, v.accepted, v.direction, v.receive, v.send, v.extensions, v.remote_streams,
         v.remote_cname, v.receive_cap);
}
template <class A>
void field(A& a, sdp::NegotiatedData& v) {
  fields(a, v.mid, v.local_port, v.remote_port, v.remote_max_message_size);
}
template <class A>
void field(A& a, sdp::LocalMedia& v) {
  fields(a, v.session_id, v.cname, v.stream_id, v.audio_track_id, v.video_track_id, v.audio_ssrc,
         v.video_ssrc, v.video_rtx_ssrc);
}
template <class A>
void field(A& a, sdp::AnswerOptions& v) {
  fields(a, v.order, v.session_attributes, v.receive_cap_attribute, v.preferred_video, v.media);
}
template <class A>
void field(A& a, secure::SrtpKeys& v) {
  fields(a, v.profile, v.local.key, v.local.salt, v.remote.key, v.remote.salt);
}
template <class A>
void field(A& a, secure::SrtpMarks::Outbound& v) {
  fields(a, v.ssrc, v.next);
}
template <class A>
void field(A& a, secure::SrtpMarks::Inbound& v) {
  fields(a, v.ssrc, v.rtp, v.rtcp);
}
template <class A>
void field(A& a, SendMarks& v) {
  fields(a, v.packets, v.octets, v.rtp_time, v.captured, v.picture_id);
}

// As text, which is how it left us; the order of its sections is only a matter of writing.
template <class A>
void field(A& a, sdp::SessionDescription& v) {
  auto order = v.order;
  field(a, order);
  if constexpr (std::is_same_v<A, Writer>) {
    auto plain = v;
    plain.order = sdp::SectionOrder::as_offered;
    auto text = sdp::write(plain);
    a.text(text);
  } else {
    std::string text;
    a.text(text);
    auto parsed = sdp::parse(text);
    a.failed |= !parsed;
    if (parsed) v = std::move(*parsed);
    v.order = order;
  }
}
template <class A>
void field(A& a, sdp::Negotiated& v) {
  fields(a, v.local, v.sections, v.data, v.remote_ice, v.remote_ice_lite, v.remote_candidates,
         v.remote_fingerprint, v.role, v.remote_session_attributes);
}

template <class A, class T>
void field(A& a, std::vector<T>& items) {
  a.count(items);
  for (auto& item : items)
    field(a, item);
}
template <class A, class T>
void field(A& a, std::optional<T>& value) {
  a.presence(value);
  if (value) field(a, *value);
}

template <class A>
void field(A& a, LegSession& v) {
  fields(a, v.peer, v.member, v.local_ice, v.fingerprint, v.answer, v.negotiated, v.keys);
}
template <class A>
void field(A& a, LegMarks& v) {
  fields(a, v.at, v.pair.local, v.pair.remote, v.pair_priority, v.srtp.outbound, v.srtp.control,
         v.srtp.inbound, v.audio, v.video);
}

template <class T>
std::vector<std::uint8_t> encode_value(T value, std::size_t most) {
  Writer writer;
  writer.out.reserve(most);
  writer.number(kFormat, 1);
  field(writer, value);
  if (writer.failed || writer.out.size() > most) return {};
  return std::move(writer.out);
}

template <class T>
std::optional<T> decode_value(base::Bytes bytes) {
  Reader reader{base::ByteReader(bytes)};
  if (reader.in.u8() != kFormat) return std::nullopt;
  T value;
  field(reader, value);
  if (reader.failed || reader.in.failed() || reader.in.remaining() != 0) return std::nullopt;
  return value;
}

} // namespace

std::vector<std::uint8_t> encode(const LegSession& session) {
  return encode_value(session, kLegSessionBytes);
}
std::vector<std::uint8_t> encode(const LegMarks& marks) {
  return encode_value(marks, kLegMarksBytes);
}
std::optional<LegSession> decode_session(base::Bytes bytes) {
  return decode_value<LegSession>(bytes);
}
std::optional<LegMarks> decode_marks(base::Bytes bytes) {
  return decode_value<LegMarks>(bytes);
}

} // namespace plenum::peer
