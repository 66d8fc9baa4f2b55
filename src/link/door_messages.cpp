#include "link/door_messages.hpp"

namespace plenum::link {
namespace {

constexpr std::size_t kNameBytes = 64;
constexpr std::size_t kDatagramBytes = 2048;

void put_text(base::ByteWriter& out, const std::string& text) {
  out.u8(static_cast<std::uint8_t>(text.size()));
  out.put(base::as_bytes(text));
}
void put_blob(base::ByteWriter& out, const std::vector<std::uint8_t>& blob) {
  out.u16(static_cast<std::uint16_t>(blob.size()));
  out.put(blob);
}
void put(base::ByteWriter& out, const Endpoint& endpoint) {
  out.put(endpoint.address);
  out.u16(endpoint.port);
}
void put(base::ByteWriter& out, const Welcome& m) {
  put_text(out, m.ufrag_prefix);
}
void put(base::ByteWriter& out, const Register& m) {
  put_text(out, m.ufrag);
  put_text(out, m.password);
}
void put(base::ByteWriter& out, const Registered& m) {
  put_text(out, m.ufrag);
  out.u8(m.accepted ? 1 : 0);
}
void put(base::ByteWriter& out, const Unregister& m) {
  put_text(out, m.ufrag);
}
void put(base::ByteWriter& out, const Opened& m) {
  put_text(out, m.ufrag);
  put(out, m.local);
  put(out, m.remote);
  out.u8(m.tcp ? 1 : 0);
  put_blob(out, m.first);
  put_blob(out, m.rest);
}
void put(base::ByteWriter& out, const Stray& m) {
  put(out, m.local);
  put(out, m.remote);
  put_blob(out, m.datagram);
}
void put(base::ByteWriter& out, const Closed& m) {
  put_text(out, m.ufrag);
  put(out, m.remote);
  out.u8(m.tcp ? 1 : 0);
}

void put(base::ByteWriter& out, const Deposit& m) {
  put_text(out, m.ufrag);
  out.u8(static_cast<std::uint8_t>(m.part));
  put_blob(out, m.bytes);
}
void put(base::ByteWriter& out, const Kept& m) {
  put_text(out, m.ufrag);
  put(out, m.local);
  put(out, m.remote);
}
void put(base::ByteWriter& out, const Handed& m) {
  out.u32(m.legs);
}

// Reads one message; `bad` collects limits that ByteReader does not know.
struct Fields {
  base::ByteReader in;
  bool bad = false;

  std::string text() {
    const auto size = in.u8();
    bad |= size > kNameBytes;
    return std::string(base::as_text(in.take(size)));
  }
  std::vector<std::uint8_t> blob(std::size_t most = kDatagramBytes) {
    const auto size = in.u16();
    bad |= size > most;
    const auto view = in.take(size);
    return {view.begin(), view.end()};
  }
  bool flag() {
    const auto value = in.u8();
    bad |= value > 1;
    return value == 1;
  }
  DepositPart part() {
    const auto value = in.u8();
    bad |= value > static_cast<std::uint8_t>(DepositPart::outline);
    return bad ? DepositPart::session : static_cast<DepositPart>(value);
  }
  Endpoint endpoint() {
    Endpoint out;
    const auto view = in.take(out.address.size());
    if (view.size() == out.address.size()) std::copy(view.begin(), view.end(), out.address.begin());
    out.port = in.u16();
    return out;
  }
};

DoorMessage read(Fields& f, std::uint8_t type) {
  switch (type) {
  case 0:
    return Welcome{f.text()};
  case 1:
    return Register{f.text(), f.text()};
  case 2:
    return Registered{f.text(), f.flag()};
  case 3:
    return Unregister{f.text()};
  case 4:
    return Opened{f.text(), f.endpoint(), f.endpoint(), f.flag(), f.blob(), f.blob()};
  case 5:
    return Stray{f.endpoint(), f.endpoint(), f.blob()};
  case 6:
    return Closed{f.text(), f.endpoint(), f.flag()};
  case 7:
    return Deposit{f.text(), f.part(), f.blob(kDepositBytes)};
  case 8:
    return Kept{f.text(), f.endpoint(), f.endpoint()};
  case 9:
    return Handed{f.in.u32()};
  default:
    f.bad = true;
    return Welcome{};
  }
}

} // namespace

std::vector<std::uint8_t> encode(const DoorMessage& message) {
  std::vector<std::uint8_t> buffer(kDoorMessageBytes);
  base::ByteWriter out(buffer);
  out.u8(static_cast<std::uint8_t>(message.index()));
  std::visit([&](const auto& m) { put(out, m); }, message);
  buffer.resize(out.failed() ? 0 : out.size());
  return buffer;
}

std::optional<DoorMessage> decode_door(base::Bytes bytes) {
  Fields fields{base::ByteReader(bytes)};
  const auto type = fields.in.u8();
  auto message = read(fields, type);
  if (fields.bad || fields.in.failed() || fields.in.remaining() != 0) return std::nullopt;
  return message;
}

} // namespace plenum::link
