#include "sdp/parse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace plenum::sdp {
namespace {

using Outcome = base::Result<void>;

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Cuts the next word off `text`; words are separated by any number of spaces.
std::string_view take_word(std::string_view& text) {
  const auto start = text.find_first_not_of(' ');
  if (start == std::string_view::npos) return std::exchange(text, {}).substr(0, 0);
  text.remove_prefix(start);
  const auto end = std::min(text.find(' '), text.size());
  const auto word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

// The rest of a line after words were taken, without spaces around it.
std::string_view rest_of(std::string_view text) {
  const auto start = text.find_first_not_of(' ');
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(' ') - start + 1);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::optional<Direction> direction_named(std::string_view text) {
  for (const auto d : {Direction::inactive, Direction::sendonly, Direction::recvonly, Direction::sendrecv})
    if (to_string(d) == text) return d;
  return std::nullopt;
}

std::optional<SetupRole> setup_named(std::string_view text) {
  for (const auto s : {SetupRole::actpass, SetupRole::active, SetupRole::passive, SetupRole::holdconn})
    if (to_string(s) == text) return s;
  return std::nullopt;
}

// "AB:CD:…" in upper case, or nullopt when it is not pairs of hexadecimal digits.
std::optional<std::string> hex_pairs(std::string_view text) {
  std::string out(text);
  for (std::size_t i = 0; i < out.size(); ++i) {
    auto& c = out[i];
    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
    const bool hex = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
    if (i % 3 == 2 ? c != ':' : !hex) return std::nullopt;
  }
  if (out.size() % 3 != 2) return std::nullopt;
  return out;
}

class Parser {
 public:
  base::Result<SessionDescription> run(std::string_view text);

 private:
  using AttributeHandler = Outcome (Parser::*)(std::string_view value);
  struct AttributeRule {
    std::string_view name;
    AttributeHandler handle;
  };
  static const AttributeRule kRules[];

  Outcome refuse(std::string_view what) const {
    return base::fail(base::ErrorCode::invalid, fmt::format("SDP line {}: {}", line_number_, what));
  }
  template <class Item>
  Outcome add(std::vector<Item>& to, Item item) const {
    if (to.size() >= kMaxLinesOfAKind)
      return base::fail(base::ErrorCode::too_large, fmt::format("SDP line {}: more than {} lines of a kind",
                                                                line_number_, kMaxLinesOfAKind));
    to.push_back(std::move(item));
    return {};
  }

  Outcome line(std::string_view text);
  Outcome origin(std::string_view value);
  Outcome media(std::string_view value);
  Outcome formats(MediaSection& section, std::string_view value);
  Outcome bandwidth(std::string_view value);
  Outcome attribute_line(std::string_view value);
  Outcome finish();

  Outcome mid(std::string_view value);
  Outcome group(std::string_view value);
  Outcome msid_semantic(std::string_view value);
  Outcome direction(Direction d);
  Outcome ice_ufrag(std::string_view value);
  Outcome ice_pwd(std::string_view value);
  Outcome ice_options(std::string_view value);
  Outcome ice_lite(std::string_view value);
  Outcome fingerprint(std::string_view value);
  Outcome setup(std::string_view value);
  Outcome candidate(std::string_view value);
  Outcome rtcp_mux(std::string_view value);
  Outcome rtcp_rsize(std::string_view value);
  Outcome bundle_only(std::string_view value);
  Outcome rtpmap(std::string_view value);
  Outcome rtcp_fb(std::string_view value);
  Outcome fmtp(std::string_view value);
  Outcome extmap(std::string_view value);
  Outcome msid(std::string_view value);
  Outcome ssrc(std::string_view value);
  Outcome ssrc_group(std::string_view value);
  Outcome rid(std::string_view value);
  Outcome simulcast(std::string_view value);
  Outcome sctp_port(std::string_view value);
  Outcome max_message_size(std::string_view value);

  PayloadType* payload_at(std::string_view& value); // takes the number; nullptr when the m= line lacks it
  MediaSection& current() { return in_section_ ? out_.sections.back() : session_; }

  SessionDescription out_;
  MediaSection session_; // collects session-level lines that are defaults of sections
  bool in_section_ = false;
  bool versioned_ = false, originated_ = false;
  std::size_t line_number_ = 0;
};

const Parser::AttributeRule Parser::kRules[] = {
    {"candidate", &Parser::candidate},
    {"ssrc", &Parser::ssrc},
    {"rtpmap", &Parser::rtpmap},
    {"rtcp-fb", &Parser::rtcp_fb},
    {"fmtp", &Parser::fmtp},
    {"extmap", &Parser::extmap},
    {"mid", &Parser::mid},
    {"group", &Parser::group},
    {"msid-semantic", &Parser::msid_semantic},
    {"ice-ufrag", &Parser::ice_ufrag},
    {"ice-pwd", &Parser::ice_pwd},
    {"ice-options", &Parser::ice_options},
    {"ice-lite", &Parser::ice_lite},
    {"fingerprint", &Parser::fingerprint},
    {"setup", &Parser::setup},
    {"rtcp-mux", &Parser::rtcp_mux},
    {"rtcp-rsize", &Parser::rtcp_rsize},
    {"bundle-only", &Parser::bundle_only},
    {"msid", &Parser::msid},
    {"ssrc-group", &Parser::ssrc_group},
    {"rid", &Parser::rid},
    {"simulcast", &Parser::simulcast},
    {"sctp-port", &Parser::sctp_port},
    {"max-message-size", &Parser::max_message_size},
};

base::Result<SessionDescription> Parser::run(std::string_view text) {
  if (text.size() > kMaxTextBytes)
    return base::fail(base::ErrorCode::too_large, fmt::format("SDP is longer than {} bytes", kMaxTextBytes));
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    auto one = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++line_number_;
    if (one.ends_with('\r')) one.remove_suffix(1);
    if (one.empty()) continue;
    if (auto done = line(one); !done) return std::unexpected(std::move(done.error()));
  }
  if (!versioned_) return base::fail(base::ErrorCode::invalid, "SDP is empty");
  if (auto done = finish(); !done) return std::unexpected(std::move(done.error()));
  return std::move(out_);
}

Outcome Parser::line(std::string_view text) {
  if (text.size() > kMaxLineBytes)
    return base::fail(base::ErrorCode::too_large,
                      fmt::format("SDP line {} is longer than {} bytes", line_number_, kMaxLineBytes));
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t'; };
  if (std::ranges::any_of(text, control)) return refuse("control character");
  if (text.size() < 2 || text[1] != '=') return refuse("not of the form <letter>=<value>");
  const auto value = text.substr(2);
  if (!versioned_) {
    if (text != "v=0") return refuse("an SDP begins with v=0");
    versioned_ = true;
    return {};
  }
  switch (text[0]) {
  case 'o':
    return origin(value);
  case 's':
    out_.name = value;
    return {};
  case 'c':
    current().connection = rest_of(value);
    return {};
  case 'b':
    return bandwidth(value);
  case 'm':
    return media(value);
  case 'a':
    return attribute_line(value);
  default: // t=, k=, r=, …: nothing in them matters for a meeting
    return {};
  }
}

Outcome Parser::origin(std::string_view value) {
  if (originated_) return refuse("a second o= line");
  originated_ = true;
  auto& origin = out_.origin;
  origin.username = take_word(value);
  const auto id = number<std::uint64_t>(take_word(value));
  const auto version = number<std::uint64_t>(take_word(value));
  origin.address = rest_of(value);
  if (!id || !version || origin.address.empty()) return refuse("malformed o= line");
  origin.session_id = *id;
  origin.version = *version;
  return {};
}

Outcome Parser::media(std::string_view value) {
  if (out_.sections.size() >= kMaxSections)
    return base::fail(base::ErrorCode::too_large,
                      fmt::format("SDP has more than {} media sections", kMaxSections));
  MediaSection section;
  section.media = take_word(value);
  auto port = take_word(value);
  const auto parsed_port = number<std::uint16_t>(port.substr(0, port.find('/')));
  section.proto = take_word(value);
  if (section.media.empty() || !parsed_port || section.proto.empty()) return refuse("malformed m= line");
  section.port = *parsed_port;
  section.direction = session_.direction;
  if (section.media == "audio") section.kind = MediaKind::audio;
  if (section.media == "video") section.kind = MediaKind::video;
  if (section.media == "application") section.kind = MediaKind::application;
  if (auto done = formats(section, value); !done) return done;
  out_.sections.push_back(std::move(section));
  in_section_ = true;
  return {};
}

Outcome Parser::formats(MediaSection& section, std::string_view value) {
  const bool rtp = section.is_rtp() && section.proto.find("RTP/") != std::string::npos;
  std::size_t count = 0;
  for (auto word = take_word(value); !word.empty(); word = take_word(value)) {
    if (++count > kMaxPayloads)
      return base::fail(base::ErrorCode::too_large,
                        fmt::format("SDP line {}: more than {} formats", line_number_, kMaxPayloads));
    if (!rtp) {
      section.formats.emplace_back(word);
      continue;
    }
    const auto type = number<std::uint8_t>(word);
    if (!type || *type > 127) return refuse("a payload type is not a number from 0 to 127");
    if (section.payload(*type) == nullptr) section.payloads.push_back({.number = *type});
  }
  return count == 0 ? refuse("m= line without a format") : Outcome{};
}

Outcome Parser::bandwidth(std::string_view value) {
  const auto colon = value.find(':');
  if (colon == std::string_view::npos) return refuse("malformed b= line");
  const auto kind = value.substr(0, colon);
  const auto amount = number<std::uint32_t>(rest_of(value.substr(colon + 1)));
  if (!amount) return refuse("malformed b= line");
  if ((kind != "AS" && kind != "TIAS") || *amount == 0) return {};
  const std::uint64_t bps = kind == "AS" ? std::uint64_t{*amount} * 1000 : *amount;
  auto& known = current().bandwidth_bps;
  known = known ? std::min(*known, bps) : bps;
  return {};
}

Outcome Parser::attribute_line(std::string_view value) {
  if (value.empty()) return refuse("empty attribute");
  if (const auto named = direction_named(value)) {
    current().direction = *named;
    return {};
  }
  const auto colon = value.find(':');
  const auto name = value.substr(0, colon);
  const auto argument =
      colon == std::string_view::npos ? std::string_view{} : rest_of(value.substr(colon + 1));
  const auto rule = std::ranges::find(kRules, name, &AttributeRule::name);
  if (rule != std::end(kRules)) return (this->*rule->handle)(argument);
  return add(in_section_ ? current().attributes : out_.attributes, std::string(value));
}

Outcome Parser::finish() {
  static constexpr struct {
    std::uint8_t number;
    std::string_view encoding;
  } kStatic[] = {{0, "PCMU"}, {8, "PCMA"}, {9, "G722"}, {13, "CN"}};
  out_.connection = session_.connection;
  for (auto& section : out_.sections) {
    if (section.connection.empty()) section.connection = session_.connection;
    if (section.ice.ufrag.empty()) section.ice.ufrag = session_.ice.ufrag;
    if (section.ice.password.empty()) section.ice.password = session_.ice.password;
    if (section.ice_options.empty()) section.ice_options = session_.ice_options;
    if (section.fingerprints.empty()) section.fingerprints = session_.fingerprints;
    if (!section.setup) section.setup = session_.setup;
    for (auto& payload : section.payloads)
      for (const auto& known : kStatic)
        if (payload.encoding.empty() && payload.number == known.number) {
          payload.encoding = known.encoding;
          payload.clock_rate = 8000;
        }
  }
  return {};
}

Outcome Parser::mid(std::string_view value) {
  if (value.empty() || value.size() > 64 || value.find(' ') != std::string_view::npos)
    return refuse("a mid has 1 to 64 characters without spaces");
  if (!in_section_) return refuse("mid outside a media section");
  if (out_.section(value) != nullptr) return refuse("the same mid twice");
  current().mid = value;
  return {};
}

Outcome Parser::group(std::string_view value) {
  const auto semantics = take_word(value);
  if (semantics != "BUNDLE" || in_section_ || !out_.bundle.empty()) return {};
  for (auto word = take_word(value); !word.empty(); word = take_word(value))
    if (auto done = add(out_.bundle, std::string(word)); !done) return done;
  return {};
}

Outcome Parser::msid_semantic(std::string_view value) {
  take_word(value);
  out_.msid_semantic = rest_of(value);
  return {};
}

Outcome Parser::ice_ufrag(std::string_view value) {
  current().ice.ufrag = value;
  return {};
}

Outcome Parser::ice_pwd(std::string_view value) {
  current().ice.password = value;
  return {};
}

Outcome Parser::ice_options(std::string_view value) {
  current().ice_options = value;
  return {};
}

Outcome Parser::ice_lite(std::string_view) {
  out_.ice_lite = true;
  return {};
}

Outcome Parser::fingerprint(std::string_view value) {
  const auto algorithm = take_word(value);
  const auto digest = hex_pairs(rest_of(value));
  if (algorithm.empty() || !digest) return refuse("malformed fingerprint");
  return add(current().fingerprints, Fingerprint{lower(algorithm), *digest});
}

Outcome Parser::setup(std::string_view value) {
  current().setup = setup_named(value);
  return current().setup ? Outcome{} : refuse("unknown setup role");
}

Outcome Parser::candidate(std::string_view value) {
  if (!in_section_ || current().candidates.size() >= kMaxCandidates) return {};
  current().candidates.emplace_back(value);
  return {};
}

Outcome Parser::rtcp_mux(std::string_view) {
  current().rtcp_mux = true;
  return {};
}

Outcome Parser::rtcp_rsize(std::string_view) {
  current().rtcp_rsize = true;
  return {};
}

Outcome Parser::bundle_only(std::string_view) {
  current().bundle_only = true;
  return {};
}

PayloadType* Parser::payload_at(std::string_view& value) {
  const auto type = number<std::uint8_t>(take_word(value));
  auto& payloads = current().payloads;
  const auto found = type ? std::ranges::find(payloads, *type, &PayloadType::number) : payloads.end();
  return found == payloads.end() ? nullptr : &*found;
}

Outcome Parser::rtpmap(std::string_view value) {
  auto* payload = payload_at(value);
  if (payload == nullptr) return {};
  const auto spelled = rest_of(value);
  const auto slash = spelled.find('/');
  if (slash == std::string_view::npos || slash == 0) return refuse("malformed rtpmap");
  auto numbers = spelled.substr(slash + 1);
  const auto second = numbers.find('/');
  const auto rate = number<std::uint32_t>(numbers.substr(0, second));
  if (!rate || *rate == 0) return refuse("malformed rtpmap");
  payload->encoding = spelled.substr(0, slash);
  payload->clock_rate = *rate;
  if (second == std::string_view::npos) return {};
  payload->channels = number<std::uint32_t>(numbers.substr(second + 1));
  return payload->channels ? Outcome{} : refuse("malformed rtpmap");
}

Outcome Parser::rtcp_fb(std::string_view value) {
  auto peek = value;
  if (take_word(peek) != "*") {
    auto* payload = payload_at(value);
    return payload == nullptr ? Outcome{} : add(payload->feedback, std::string(rest_of(value)));
  }
  for (auto& payload : current().payloads)
    if (auto done = add(payload.feedback, std::string(rest_of(peek))); !done) return done;
  return {};
}

Outcome Parser::fmtp(std::string_view value) {
  if (auto* payload = payload_at(value)) payload->fmtp = rest_of(value);
  return {};
}

Outcome Parser::extmap(std::string_view value) {
  auto id_text = take_word(value);
  const auto slash = id_text.find('/');
  ExtMap map;
  if (slash != std::string_view::npos) {
    const auto named = direction_named(id_text.substr(slash + 1));
    if (!named) return refuse("malformed extmap");
    map.direction = *named;
  }
  const auto id = number<std::uint16_t>(id_text.substr(0, slash));
  map.uri = take_word(value);
  if (!id || map.uri.empty()) return refuse("malformed extmap");
  map.id = *id;
  return add(current().extmaps, std::move(map));
}

Outcome Parser::msid(std::string_view value) {
  Msid msid;
  msid.stream = take_word(value);
  msid.track = take_word(value);
  if (msid.stream.empty()) return refuse("malformed msid");
  return add(current().msids, std::move(msid));
}

Outcome Parser::ssrc(std::string_view value) {
  const auto ssrc = number<std::uint32_t>(take_word(value));
  if (!ssrc) return refuse("malformed ssrc line");
  const auto text = rest_of(value);
  const auto colon = text.find(':');
  SsrcLine parsed{.ssrc = *ssrc, .attribute = std::string(text.substr(0, colon))};
  if (colon != std::string_view::npos) parsed.value = text.substr(colon + 1);
  return add(current().ssrcs, std::move(parsed));
}

Outcome Parser::ssrc_group(std::string_view value) {
  SsrcGroup parsed;
  parsed.semantics = take_word(value);
  for (auto word = take_word(value); !word.empty(); word = take_word(value)) {
    const auto ssrc = number<std::uint32_t>(word);
    if (!ssrc) return refuse("malformed ssrc-group");
    if (auto done = add(parsed.ssrcs, *ssrc); !done) return done;
  }
  return add(current().ssrc_groups, std::move(parsed));
}

Outcome Parser::rid(std::string_view value) {
  return add(current().rids, std::string(value));
}

Outcome Parser::simulcast(std::string_view value) {
  current().simulcast = value;
  return {};
}

Outcome Parser::sctp_port(std::string_view value) {
  current().sctp_port = number<std::uint16_t>(value);
  return current().sctp_port ? Outcome{} : refuse("malformed sctp-port");
}

Outcome Parser::max_message_size(std::string_view value) {
  current().max_message_size = number<std::uint64_t>(value);
  return current().max_message_size ? Outcome{} : refuse("malformed max-message-size");
}

} // namespace

base::Result<SessionDescription> parse(std::string_view text) {
  return Parser{}.run(text);
}

} // namespace plenum::sdp
