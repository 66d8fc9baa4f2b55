#include "tests/worker/test_room.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <gtest/gtest.h>
#include <numbers>
#include <poll.h>
#include <sys/socket.h>

namespace plenum::test {
namespace {

using namespace std::chrono_literals;

constexpr int kCamera = 128; // px a side
constexpr std::size_t kHeard = 24'000;

video::Encoder& must(base::Result<std::unique_ptr<video::Encoder>> made,
                     std::unique_ptr<video::Encoder>& into) {
  EXPECT_TRUE(made);
  into = std::move(*made);
  return *into;
}

} // namespace

Browser::Browser(const base::Env& env, sim::Kit& kit, video::Yuv colour, double tone_hz)
    : party(env, kit, *this), env_(env), socket_(udp_socket(0)), pictures_(env, 8, "test"), colour_(colour),
      tone_hz_(tone_hz) {
  address = local_address(socket_.get());
  peer = base::PeerId::make(env.clock.wall(), env.random);
  member = base::MemberId::make(env.clock.wall(), env.random);
  must(video::make_encoder(env, kit.frames, base::Codec::vp8,
                           {.width = kCamera, .height = kCamera, .kbps = 200, .fps = 25}),
       camera_);
  auto screen = video::make_decoder(env, base::Codec::vp8);
  EXPECT_TRUE(screen);
  screen_ = std::move(*screen);
  party.take_picture = [this](bool key) { return take_picture(key); };
  party.record_sound = [this] { return record_sound(); };
  party.on_picture = [this](base::EncodedFrame& frame) { look(frame); };
  party.on_sound = [this](base::Bytes opus) { listen(opus); };
}

void Browser::carry(const ice::PairKey& pair, base::Bytes datagram) {
  sockaddr_storage to{};
  const auto size = pair.remote.to_sockaddr(to);
  ::sendto(fd(), datagram.data(), datagram.size(), 0, reinterpret_cast<sockaddr*>(&to), size);
}

void Browser::on_readable(base::Timestamp now) {
  std::array<std::uint8_t, 2048> bytes;
  for (int i = 0; i < 64; ++i) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const auto got =
        ::recvfrom(fd(), bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (got <= 0) return;
    const auto remote =
        ice::TransportAddress::from_sockaddr(reinterpret_cast<sockaddr&>(from), ice::Transport::udp);
    party.on_datagram(now, {address, *remote}, base::Bytes(bytes).first(static_cast<std::size_t>(got)));
  }
}

base::EncodedFrameRef Browser::take_picture(bool key) {
  auto picture = pictures_.get(kCamera, kCamera);
  if (!picture) return {};
  const auto to = picture->pixels();
  for (int row = 0; row < to.height; ++row)
    std::memset(to.y + std::ptrdiff_t{row} * to.stride_y, colour_.y, static_cast<std::size_t>(to.width));
  for (int row = 0; row < to.height / 2; ++row) {
    std::memset(to.u + std::ptrdiff_t{row} * to.stride_u, colour_.u, static_cast<std::size_t>(to.width / 2));
    std::memset(to.v + std::ptrdiff_t{row} * to.stride_v, colour_.v, static_cast<std::size_t>(to.width / 2));
  }
  to.y[picture_number_ % to.width] = static_cast<std::uint8_t>(picture_number_); // never quite the same
  return camera_->encode(picture, key, picture_number_++ * 3600);
}

std::vector<std::uint8_t> Browser::record_sound() {
  audio::AudioFrame frame;
  for (auto& sample : frame.view()) {
    sample = 0.3F * static_cast<float>(std::sin(phase_));
    phase_ += 2 * std::numbers::pi * tone_hz_ / audio::kSampleRate;
  }
  std::vector<std::uint8_t> out(audio::kMaxOpusPayload);
  out.resize(microphone_.encode(frame, out));
  return out;
}

void Browser::look(const base::EncodedFrame& frame) {
  const auto decoded = screen_->decode(frame);
  if (decoded.status != video::DecodeStatus::picture) return;
  const auto& picture = decoded.picture;
  width_ = picture.width;
  height_ = picture.height;
  const auto copy = [](std::vector<std::uint8_t>& out, const std::uint8_t* from, int stride, int w, int h) {
    out.resize(static_cast<std::size_t>(w) * static_cast<std::size_t>(h));
    for (int row = 0; row < h; ++row)
      std::memcpy(out.data() + std::ptrdiff_t{row} * w, from + std::ptrdiff_t{row} * stride,
                  static_cast<std::size_t>(w));
  };
  copy(luma_, picture.y, picture.stride_y, width_, height_);
  copy(u_, picture.u, picture.stride_u, width_ / 2, height_ / 2);
  copy(v_, picture.v, picture.stride_v, width_ / 2, height_ / 2);
}

std::optional<Yuv> Browser::pixel(int x, int y) const {
  if (x >= width_ || y >= height_) return std::nullopt;
  const auto chroma = static_cast<std::size_t>(y / 2 * (width_ / 2) + x / 2);
  return Yuv{luma_[static_cast<std::size_t>(y * width_ + x)], u_[chroma], v_[chroma]};
}

void Browser::listen(base::Bytes opus) {
  std::array<float, audio::kMaxPacketSamples> samples{};
  const auto count = speaker_.decode(opus, samples);
  if (!count) return;
  heard_.insert(heard_.end(), samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(*count));
  if (heard_.size() > kHeard)
    heard_.erase(heard_.begin(), heard_.end() - static_cast<std::ptrdiff_t>(kHeard));
}

double Browser::hears(double hz) const {
  if (heard_.size() < kHeard) return 0;
  double real = 0, imaginary = 0;
  for (std::size_t i = 0; i < heard_.size(); ++i) {
    const double angle = 2 * std::numbers::pi * hz * static_cast<double>(i) / audio::kSampleRate;
    real += static_cast<double>(heard_[i]) * std::cos(angle);
    imaginary += static_cast<double>(heard_[i]) * std::sin(angle);
  }
  return 2 * std::hypot(real, imaginary) / static_cast<double>(heard_.size());
}

Room::Room()
    : id(base::RoomId::make(env.clock.wall(), env.random)), door(process.connect_door()), kit(env, sctp) {
  reconnect_control();
  scene.room = id;
  scene.canvas = {.width = 320, .height = 240, .fps = 25, .background = {0, 0, 0}};
}

void Room::reconnect_control() {
  control.emplace(env.clock.now(), process.connect_link());
  EXPECT_TRUE(run_until([this] { return control->last<link::SyncState>() != nullptr; }));
}

void Room::sync() {
  link::SyncRequest request;
  request.settings.room = id;
  request.settings.ufrag_prefix = "test";
  request.settings.addresses = {{"127.0.0.1", door->address().port, 0}};
  request.scene = scene;
  for (const auto* browser : browsers)
    request.peers.push_back(browser->peer);
  control->send(request);
}

bool Room::join(Browser& browser) {
  if (std::ranges::find(browsers, &browser) == browsers.end()) browsers.push_back(&browser);
  EXPECT_TRUE(browser.party.dial(env.clock.now(), browser.address));
  link::OpenPeer open{
      ++requests_, browser.peer, browser.member, browser.party.peer().local_description(), {}};
  control->send(open);
  const auto answered = [&] {
    const auto* answer = control->last<link::PeerAnswer>();
    return answer != nullptr && answer->request == requests_;
  };
  if (!run_until(answered)) return false;
  EXPECT_TRUE(browser.party.peer().apply_answer(env.clock.now(), control->last<link::PeerAnswer>()->sdp));
  browser.party.switch_camera(env.clock.now(), true);
  browser.party.switch_microphone(env.clock.now(), true);
  return run_until([&] { return browser.party.in_phase(peer::Phase::connected); });
}

void Room::show(const std::vector<Browser*>& order) {
  ++scene.revision;
  scene.members.clear();
  scene.tiles.clear();
  const auto each = static_cast<std::int32_t>(320 / order.size());
  std::int32_t x = 0;
  for (const auto* browser : order) {
    scene.members.push_back({browser->member, browser->peer, "", true, true, false});
    scene.tiles.push_back({browser->member, {x, 0, each, 240}, 0, link::Fit::cover, false});
    x += each;
  }
  control->send(scene);
}

std::int64_t Room::metric(std::string_view name) {
  const auto* stats = control->last<link::WorkerStats>();
  if (stats == nullptr) return -1;
  std::int64_t sum = 0;
  for (const auto& sample : stats->samples)
    if (sample.name == name) sum += sample.value;
  return sum;
}

bool Room::run_until(const std::function<bool()>& done, base::Duration patience) {
  const auto end = env.clock.now() + patience;
  while (!done()) {
    auto now = env.clock.now();
    if (now >= end) return false;
    auto next = std::min(end, sctp.next_deadline());
    for (const auto* browser : browsers)
      next = std::min(next, browser->party.next_deadline());
    std::vector<pollfd> files = {{door->link_fd(), POLLIN, 0}, {door->public_fd(), POLLIN, 0}};
    files.push_back({control && !control->ended() ? control->fd() : -1, POLLIN, 0});
    for (const auto* browser : browsers)
      files.push_back({browser->fd(), POLLIN, 0});
    const auto wait = std::clamp<std::int64_t>((next - now).count(), 0, 200'000);
    const timespec timeout{0, wait * 1000};
    ::ppoll(files.data(), files.size(), &timeout, nullptr);
    now = env.clock.now();
    if (files[0].revents != 0) door->on_message();
    if (files[1].revents != 0) door->on_public();
    if (files[2].revents != 0) control->on_readable(now);
    if (control) control->on_time(now);
    if (sctp.next_deadline() <= now) sctp.advance(now);
    for (std::size_t i = 0; i < browsers.size(); ++i) {
      if (files[3 + i].revents != 0) browsers[i]->on_readable(now);
      if (browsers[i]->party.next_deadline() <= now) browsers[i]->party.on_deadline(now);
    }
  }
  return true;
}

} // namespace plenum::test
