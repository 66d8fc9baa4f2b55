#include "apps/plenum_load/member.hpp"

#include "rtp/vp8_packetizer.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

namespace plenum::load {
namespace {

using namespace std::chrono_literals;

constexpr base::Duration kFramePeriod = 40ms, kPacketPeriod = 20ms;
constexpr base::Duration kStall = 250ms; // a gap that a viewer sees as a freeze
constexpr base::DataRate kCameraPace = base::DataRate::kbps(20'000);
constexpr int kRun = 32; // datagrams per wake-up
constexpr int kSocketBytes = 1 << 20;
constexpr double kSomeLoss = 0.3;
constexpr base::Duration kMuchJitter = 500ms;
constexpr std::size_t kMostDelayed = 1024;

double chance(base::Random& random) {
  return random.u32() / 4294967296.0;
}

// Width and height stand in each VP8 keyframe (RFC 6386, 9.1).
bool read_size(const base::EncodedFrame& frame, int& width, int& height) {
  const auto bytes = frame.bytes();
  if (frame.codec != base::Codec::vp8 || bytes.size() < 10) return false;
  width = (bytes[6] | bytes[7] << 8) & 0x3fff;
  height = (bytes[8] | bytes[9] << 8) & 0x3fff;
  return true;
}

} // namespace

std::string_view to_string(Stage stage) {
  switch (stage) {
  case Stage::seated:
    return "seated";
  case Stage::signaling:
    return "signaling";
  case Stage::calling:
    return "calling";
  case Stage::connecting:
    return "connecting";
  case Stage::connected:
    return "connected";
  case Stage::ended:
    return "ended";
  }
  return "ended";
}

Member::Member(World& world, Seat seat, Role role, std::size_t voices, FindMember find)
    : world_(world), seat_(std::move(seat)), role_(role), find_(std::move(find)),
      timer_(world.loop.add(-1, *this)), audio_line_(world.env.random.u32()),
      video_line_(world.env.random.u32()) {
  if (world_.clips != nullptr && role_.sends)
    camera_ = std::make_unique<Camera>(role_.bad == Badness::broken ? *world_.broken_clips : *world_.clips,
                                       role_.index, world_.options.shape);
  if (!role_.verifies) return;
  if (world_.clips != nullptr && world_.options.codec == VideoCodec::vp8)
    reader_ = std::make_unique<PictureReader>();
  ear_ = std::make_unique<Ear>(voices);
}

Member::~Member() {
  leave();
  world_.loop.remove(timer_, -1);
}

bool Member::open_socket() {
  sockaddr_storage address{};
  auto size = world_.local.to_sockaddr(address);
  fd_ = ::socket(address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0 || ::bind(fd_, reinterpret_cast<const sockaddr*>(&address), size) != 0) return false;
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &kSocketBytes, sizeof kSocketBytes);
  size = sizeof address;
  ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
  local_ =
      ice::TransportAddress::from_sockaddr(reinterpret_cast<const sockaddr&>(address), ice::Transport::udp)
          .value_or(world_.local);
  return true;
}

void Member::close_socket() {
  if (fd_ < 0) return;
  world_.loop.remove(timer_, fd_);
  timer_ = world_.loop.add(-1, *this);
  ::close(std::exchange(fd_, -1));
}

// ---- the call

void Member::join(base::Timestamp now) {
  asked_ = now;
  stage_ = Stage::signaling;
  sepp_ =
      std::make_unique<SeppClient>(world_.env, world_.loop.events(), seat_, static_cast<SeppOwner&>(*this));
  sepp_->connect();
}

void Member::on_signaling_open() {
  if (!open_socket()) return on_call_ended(0, "no UDP socket");
  world_.loop.remove(timer_, -1);
  timer_ = world_.loop.add(fd_, *this);
  const auto direction = role_.sends ? sdp::Direction::sendrecv : sdp::Direction::recvonly;
  const bool h264 = world_.options.codec == VideoCodec::h264;
  const auto offer = peer::browser_offer({.audio = direction,
                                          .video = direction,
                                          .has_video = world_.clips != nullptr,
                                          .vp8 = !h264,
                                          .h264 = h264});
  auto options = peer::browser_options(local_);
  options.fixed_pace = kCameraPace;
  options.answer.session_attributes = {"sfu-capable", "eyeson-datachan-capable", "eyeson-datachan-keepalive",
                                       "eyeson-sepp-messaging"};
  auto dialed = peer::Peer::dial(world_.env, world_.loop.now(), world_.resources, std::move(options), offer,
                                 static_cast<peer::PeerSink&>(*this));
  if (!dialed) return on_call_ended(0, dialed.error().text);
  peer_ = std::move(*dialed);
  stage_ = Stage::calling;
  sepp_->call(peer_->local_description(), camera_ != nullptr);
}

void Member::on_call_accepted(std::string_view answer) {
  if (!peer_) return;
  stage_ = Stage::connecting;
  if (auto applied = peer_->apply_answer(world_.loop.now(), answer); !applied)
    on_call_ended(0, applied.error().text);
  arm();
}

void Member::on_server_offer(std::string_view offer) {
  if (!peer_) return;
  const auto answer = peer_->update(world_.loop.now(), offer);
  if (!answer) return on_call_ended(0, answer.error().text);
  sepp_->answer_offer(*answer);
  arm();
}

void Member::on_tiles(std::vector<ShownTile> tiles, bool presenting) {
  tiles_ = std::move(tiles);
  presenting_ = presenting;
  on_canvas_ = std::ranges::find(tiles_, seat_.client_id, &ShownTile::client_id) != tiles_.end();
}

void Member::on_call_ended(std::int64_t code, std::string_view why) {
  trouble_ = fmt::format("{} while {} ({})", why, to_string(stage_), code);
  stage_ = Stage::ended;
  next_frame_ = next_packet_ = next_prank_ = base::kNever;
}

void Member::leave() {
  if (sepp_) sepp_->hang_up();
  if (peer_) peer_->close();
  sepp_.reset();
  peer_.reset();
  close_socket();
  world_.loop.wake_at(timer_, base::kNever);
  next_frame_ = next_packet_ = next_prank_ = base::kNever;
  stage_ = Stage::seated;
  last_frame_ = last_sound_ = base::kNever;
  before_ = {}; // the next call counts from nothing
}

void Member::on_phase(peer::Phase phase, std::string_view detail) {
  if (phase == peer::Phase::connected && stage_ == Stage::connecting) {
    stage_ = Stage::connected;
    connected_at_ = world_.loop.now();
    start_media(connected_at_);
  } else if (phase == peer::Phase::failed) {
    on_call_ended(0, fmt::format("media failed: {}", detail));
  }
}

void Member::on_data_text(std::string_view text) {
  if (text.contains("\"ping\"")) peer_->send_text(R"({"type":"pong"})");
}

// ---- sending

void Member::start_media(base::Timestamp now) {
  first_sent_ = now;
  // People do not speak and blink in step.
  const auto phase = [&](base::Duration period) {
    return base::Duration(std::int64_t{world_.env.random.u32()} % period.count());
  };
  if (role_.sends) next_packet_ = now + phase(kPacketPeriod);
  if (camera_) next_frame_ = now + phase(kFramePeriod);
  if (role_.bad != Badness::none) next_prank_ = now;
}

void Member::send_picture(base::Timestamp now) {
  const bool slow = role_.bad == Badness::slow;
  next_frame_ += slow ? 1s : kFramePeriod;
  if (next_frame_ < now)
    next_frame_ = now + kFramePeriod; // we were late: a camera skips, it does not catch up
  if (!on_canvas_ || presenting_) return;
  if (measuring_ && role_.sabotage == Sabotage::freeze) return;
  camera_->fit(peer_->video_budget());
  if (role_.bad == Badness::keyframes) camera_->want_key();
  const auto& frame = camera_->shoot(now);
  const auto ticks = (now - first_sent_).count() * 9 / 100;
  peer_->send_video(now, frame, video_line_ + static_cast<std::uint32_t>(ticks), now);
}

void Member::send_sound(base::Timestamp now) {
  next_packet_ += kPacketPeriod;
  if (next_packet_ < now) next_packet_ = now + kPacketPeriod;
  const bool muted = role_.voice == nullptr || (measuring_ && role_.sabotage == Sabotage::mute);
  const auto& voice = muted ? world_.silence : *role_.voice;
  const auto& packet = voice.packets[packets_said_++ % voice.packets.size()];
  const auto line = audio_line_ + static_cast<std::uint32_t>(packets_said_) * 960;
  peer_->send_audio(now, packet, line, voice.level, now);
}

void Member::on_keyframe_wish(base::Timestamp) {
  if (camera_) camera_->want_key();
}

void Member::misbehave(base::Timestamp now) {
  ++pranks_;
  switch (role_.bad) {
  case Badness::garbage:
    next_prank_ = now + 5ms;
    if (pair_) {
      std::array<std::uint8_t, 400> junk{};
      world_.env.random.fill(junk);
      junk[0] = static_cast<std::uint8_t>(128 | (junk[0] & 63)); // looks like RTP
      transmit(*pair_, junk);
    }
    break;
  case Badness::flapping:
    next_prank_ = now + 500ms;
    if (camera_) camera_->use(world_.clips->any(pranks_ * 7));
    break;
  case Badness::plis:
    next_prank_ = now + 50ms;
    peer_->send_picture_loss();
    break;
  case Badness::none:
  case Badness::loss:
  case Badness::jitter:
  case Badness::broken:
  case Badness::slow:
  case Badness::keyframes:
    next_prank_ = base::kNever; // seen in other places
  }
}

void Member::transmit(const ice::PairKey& pair, base::Bytes datagram) {
  if (fd_ < 0) return;
  pair_ = pair;
  if (measuring_ && role_.sabotage == Sabotage::vanish) return;
  if (role_.bad == Badness::loss && chance(world_.env.random) < kSomeLoss) return;
  if (role_.bad == Badness::jitter) {
    const base::Duration delay(std::int64_t{world_.env.random.u32()} % kMuchJitter.count());
    if (delayed_.size() < kMostDelayed)
      delayed_.emplace(world_.loop.now() + delay,
                       std::pair(pair, std::vector(datagram.begin(), datagram.end())));
    return;
  }
  send_now(pair, datagram);
}

void Member::send_delayed(base::Timestamp now) {
  while (!delayed_.empty() && delayed_.begin()->first <= now) {
    const auto due = delayed_.extract(delayed_.begin());
    send_now(due.mapped().first, due.mapped().second);
  }
}

void Member::send_now(const ice::PairKey& pair, base::Bytes datagram) const {
  sockaddr_storage to{};
  const auto size = pair.remote.to_sockaddr(to);
  ::sendto(fd_, datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
           reinterpret_cast<const sockaddr*>(&to), size);
}

// ---- receiving

void Member::on_readable(base::Timestamp now) {
  for (int i = 0; i < kRun && fd_ >= 0 && peer_; ++i) {
    auto packet = world_.resources.packets.get();
    if (!packet) break;
    sockaddr_storage source{};
    socklen_t size = sizeof source;
    const auto buffer = packet->buffer().first(rtp::Packet::kMostBytes);
    const auto got = ::recvfrom(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT | MSG_TRUNC,
                                reinterpret_cast<sockaddr*>(&source), &size);
    if (got < 0 && errno == ECONNREFUSED) continue;
    if (got <= 0) break;
    if (static_cast<std::size_t>(got) > buffer.size()) continue;
    if (role_.bad == Badness::loss && chance(world_.env.random) < kSomeLoss) continue;
    packet->resize(static_cast<std::size_t>(got));
    const auto from =
        ice::TransportAddress::from_sockaddr(reinterpret_cast<const sockaddr&>(source), ice::Transport::udp);
    if (from) peer_->on_datagram(now, {local_, *from}, std::move(packet));
  }
  arm();
}

void Member::on_deadline(base::Timestamp now) {
  if (!peer_) return;
  if (next_packet_ <= now) send_sound(now);
  if (next_frame_ <= now) send_picture(now);
  if (next_prank_ <= now) misbehave(now);
  send_delayed(now);
  if (peer_->next_deadline() <= now) peer_->on_deadline(now);
  arm();
}

void Member::arm() {
  if (!peer_) return;
  const auto delayed = delayed_.empty() ? base::kNever : delayed_.begin()->first;
  world_.loop.wake_at(timer_,
                      std::min({peer_->next_deadline(), next_packet_, next_frame_, next_prank_, delayed}));
}

void Member::on_audio(base::Timestamp now, const peer::IncomingAudio& packet) {
  if (last_sound_ != base::kNever && measuring_)
    seen_.longest_silence = std::max(seen_.longest_silence, now - last_sound_);
  last_sound_ = now;
  if (measuring_) ++seen_.sounds;
  if (ear_) ear_->hear(packet.payload);
}

void Member::on_video(base::Timestamp now, base::EncodedFrameRef frame) {
  if (first_frame_ == base::kNever) {
    first_frame_ = now;
    peer_->set_video_wish(now, base::DataRate::kbps(world_.options.picture_kbps));
  }
  if (frame->key) read_size(*frame, width_, height_);
  if (reader_) look(now, *frame);
  const auto gap = last_frame_ == base::kNever ? base::Duration{} : now - last_frame_;
  last_frame_ = now;
  if (!measuring_) return;
  ++seen_.frames;
  seen_.keyframes += frame->key ? 1U : 0U;
  seen_.bytes += frame->size;
  seen_.stalls += gap > kStall ? 1U : 0U;
  seen_.longest_gap = std::max(seen_.longest_gap, gap);
}

void Member::look(base::Timestamp now, const base::EncodedFrame& frame) {
  if (!reader_->decode(frame.bytes())) {
    if (measuring_) ++seen_.undecodable;
    return;
  }
  for (const auto& tile : tiles_) {
    const auto* member = tile.client_id.empty() ? nullptr : find_(tile.client_id);
    if (member == nullptr || member->camera() == nullptr || member->role().bad != Badness::none) continue;
    const auto number = reader_->read({tile.x, tile.y, tile.w, tile.h});
    if (!number) {
      if (measuring_) ++seen_.unreadable;
      continue;
    }
    auto& watched = seen_.cameras[tile.client_id];
    if (watched.number == *number) continue; // the same picture again
    watched.number = *number;
    if (watched.renewed != base::Timestamp{})
      watched.longest = std::max(watched.longest, now - watched.renewed);
    watched.renewed = now;
    if (!measuring_) continue;
    ++watched.pictures;
    const auto age = now - member->camera()->sent_at(*number);
    seen_.latency_ms.push_back(static_cast<float>(base::to_seconds(age) * 1000));
  }
}

// ---- measuring

void Member::begin_measuring(base::Timestamp now) {
  auto cameras = std::exchange(seen_, {}).cameras;
  for (auto& [client_id, watched] : cameras)
    seen_.cameras[client_id] = {.number = watched.number, .renewed = now};
  measuring_ = true;
  if (stage_ == Stage::connected) {
    if (last_frame_ != base::kNever) last_frame_ = now;
    if (last_sound_ != base::kNever) last_sound_ = now;
  }
  if (ear_) ear_->begin();
  if (peer_) before_ = peer_->stats();
}

void Member::end_measuring(base::Timestamp now) {
  // What never came again is a gap too.
  if (last_frame_ != base::kNever) seen_.longest_gap = std::max(seen_.longest_gap, now - last_frame_);
  if (last_sound_ != base::kNever) seen_.longest_silence = std::max(seen_.longest_silence, now - last_sound_);
  for (auto& [client_id, watched] : seen_.cameras)
    watched.longest = std::max(watched.longest, now - watched.renewed);
}

peer::PeerStats Member::counted() const {
  if (!peer_) return {};
  auto out = peer_->stats();
  out.video_in.packets -= before_.video_in.packets;
  out.video_in.retransmitted -= before_.video_in.retransmitted;
  out.video_out.packets -= before_.video_out.packets;
  out.video_out.frames -= before_.video_out.frames;
  out.video_out.bytes -= before_.video_out.bytes;
  out.video_out.retransmitted -= before_.video_out.retransmitted;
  out.audio_in -= before_.audio_in;
  out.audio_out -= before_.audio_out;
  out.audio_lost -= before_.audio_lost;
  out.video_lost -= before_.video_lost;
  out.plis_received -= before_.plis_received;
  out.plis_sent -= before_.plis_sent;
  out.nacks_sent -= before_.nacks_sent;
  return out;
}

} // namespace plenum::load
