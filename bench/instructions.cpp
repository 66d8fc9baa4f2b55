// instructions: the hot pure functions, each run a fixed number of times with fixed input, for counting
// instructions under callgrind (tools/instructions.py). Not for measuring time.
//
// Every path is one function `hot_<name>`, the only thing that is collected; its input is made before, once.
// libyuv, libsrtp and codecs are left out where their share would hide ours: they choose code by CPU.
#include "audio/jitter_buffer.hpp"
#include "audio/limiter.hpp"
#include "audio/mixer.hpp"
#include "base/random.hpp"
#include "cc/pacer.hpp"
#include "ice/stun_message.hpp"
#include "peer/nack_tracker.hpp"
#include "room/layout_solver.hpp"
#include "room/scene.hpp"
#include "rtp/frame_assembler.hpp"
#include "rtp/h264_packetizer.hpp"
#include "rtp/rtcp_build.hpp"
#include "rtp/twcc.hpp"
#include "rtp/vp8_packetizer.hpp"
#include "sdp/negotiate.hpp"
#include "sdp/parse.hpp"
#include "sdp/write.hpp"
#include "video/canvas.hpp"

#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>

namespace {

using namespace plenum;

constexpr int kRounds = 200;
std::uint64_t used = 0; // what the paths answered, so that nothing is optimized away

using Buffer = std::vector<std::uint8_t>;

Buffer noise(std::size_t size) {
  base::SeededRandom random(1);
  Buffer bytes(size);
  random.fill(bytes);
  for (auto& byte : bytes)
    byte |= 0x04; // no start codes
  return bytes;
}

rtp::ExtensionMap extensions() {
  rtp::ExtensionMap map;
  map.set(rtp::ExtensionKind::audio_level, 1);
  map.set(rtp::ExtensionKind::abs_send_time, 2);
  map.set(rtp::ExtensionKind::transport_sequence, 3);
  map.set(rtp::ExtensionKind::mid, 4);
  return map;
}

base::EncodedFrameRef encoded(base::EncodedFramePool& pool, base::Codec codec, const Buffer& content) {
  auto frame = pool.get(content.size());
  std::ranges::copy(content, frame->buffer().begin());
  frame->size = content.size();
  frame->codec = codec;
  return frame;
}

// Everything that the paths read or change, made before anything is counted.
struct Stage {
  rtp::ExtensionMap map = extensions();
  Buffer packet;
  Buffer check;
  Buffer report;
  base::EncodedFramePool frames;
  rtp::PacketizedFramePool sending{4, 64};
  rtp::PacketPool packets{256};
  rtp::FrameAssembler assembler{base::Codec::vp8, frames};
  rtp::TwccRecorder recorder;
  peer::NackTracker nacks;
  cc::Pacer pacer;
  base::EncodedFrameRef vp8_frame, h264_frame;
  rtp::PacketizedFrameRef packetized;

  audio::MixPlan plan;
  audio::Mixer mixer;
  std::array<audio::AudioFrame, 9> sounds;
  audio::AudioFrame out;
  audio::Limiter limiter;
  std::unique_ptr<audio::JitterBuffer> jitter = std::make_unique<audio::JitterBuffer>();

  video::TextPainter text;
  video::Canvas canvas{base::Env{}, text};
  video::FramePool pictures{base::Env{}, 16, "bench"};
  std::vector<video::TileInput> inputs;

  room::State state;
  std::string offer_text;
  sdp::SessionDescription offer;

  Stage();
  void make_packets();
  void make_sounds();
  void make_picture();
  void make_room();
};

Stage::Stage() {
  make_packets();
  make_sounds();
  make_picture();
  make_room();
  std::ifstream file("tests/golden/offer-chromium.sdp", std::ios::binary);
  offer_text.assign(std::istreambuf_iterator<char>(file), {});
  offer = sdp::parse(offer_text).value();
}

void Stage::make_packets() {
  packet.resize(1200);
  rtp::write_header(
      packet, {.payload_type = 96, .sequence = 7, .timestamp = 9000, .ssrc = 5}, map,
      {.audio_level = rtp::AudioLevel{30, true}, .abs_send_time = 5, .transport_sequence = 6, .mid = "0"});
  std::array<std::uint8_t, 256> buffer{};
  ice::StunBuilder builder(buffer, ice::StunClass::request, {1, 2, 3});
  builder.username("w1abcdefgh:wxyz").priority(0x6e7f00ff).ice_controlling(7).use_candidate();
  const auto bytes = builder.finish("0123456789abcdef01234567");
  check.assign(bytes.begin(), bytes.end());

  report.resize(1200);
  rtp::RtcpBuilder rtcp(report);
  const std::array<rtp::ReportBlock, 2> blocks{};
  const std::array<std::uint16_t, 3> lost = {1, 5, 100};
  rtcp.sender_report(1, {}, blocks);
  rtcp.source_description(1, "cname");
  rtcp.nack(1, 2, lost);
  rtcp.remb(1, base::DataRate::kbps(500), std::array<std::uint32_t, 2>{1, 2});
  report.resize(rtcp.size());

  Buffer content = noise(8000);
  content[0] = 0x10;
  vp8_frame = encoded(frames, base::Codec::vp8, content);
  Buffer annex_b = {0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1f, 0, 0, 0, 1, 0x68, 0xce, 0, 0, 0, 1, 0x65};
  annex_b.insert(annex_b.end(), content.begin(), content.end());
  h264_frame = encoded(frames, base::Codec::h264, annex_b);
  packetized = sending.get(vp8_frame);
  CHECK(rtp::packetize_vp8(*packetized, {}));
  pacer.set_rate(base::DataRate::kbps(100'000));
}

void Stage::make_sounds() {
  for (std::size_t n = 0; n < sounds.size(); ++n) {
    for (std::size_t i = 0; i < audio::kFrameSamples; ++i)
      sounds[n].samples[i] = 0.3F * std::sin(static_cast<float>(i * (n + 3)) / 40.0F);
    sounds[n].level_dbov = -20.0F - static_cast<float>(n);
  }
}

void Stage::make_picture() {
  video::CanvasScene scene{.width = 320, .height = 180, .fps = 25};
  for (int n = 0; n < 4; ++n) {
    auto picture = pictures.get(160, 90);
    std::memset(picture->storage.get(), 40 + 40 * n, picture->capacity);
    scene.tiles.push_back({.source = static_cast<std::uint32_t>(n),
                           .x = n % 2 * 160,
                           .y = n / 2 * 90,
                           .w = 160,
                           .h = 90,
                           .label = "Member"});
    inputs.push_back({static_cast<std::uint32_t>(n), picture, false});
  }
  canvas.set_scene(scene);
}

void Stage::make_room() {
  state.id = {{3, 1}};
  state.phase = room::Phase::open;
  for (std::uint64_t n = 1; n <= 9; ++n) {
    room::Member member;
    member.id = {{1, n}};
    member.external_id = member.name = "Member " + std::to_string(n);
    member.present = member.video_on = true;
    member.leg.id = {{2, n}};
    member.join_number = n;
    state.members.push_back(member);
  }
  const auto arrangement = room::arrange(state, {});
  state.seats = arrangement.seats;
  state.tiles = arrangement.tiles;
}

Stage* stage = nullptr;

sdp::LocalTransport transport() {
  return {.ice = {.ufrag = "w1AbCdEf", .password = "0123456789abcdef01234567"},
          .fingerprint = {.algorithm = "sha-256", .value = "00:01"},
          .candidates = {"1 1 udp 2130706431 203.0.113.5 10000 typ host"}};
}

} // namespace

// Collected by name: tools/instructions.py.
extern "C" {

[[gnu::noinline]] void hot_rtp_parse() {
  for (int i = 0; i < kRounds; ++i) {
    const auto view = rtp::RtpView::parse(stage->packet);
    used += view->payload.size() + rtp::read_extensions(*view, stage->map).mid.size();
  }
}
[[gnu::noinline]] void hot_rtp_stamp() {
  for (int i = 0; i < kRounds; ++i)
    rtp::stamp(stage->packet, stage->map, static_cast<std::uint16_t>(i), static_cast<std::uint32_t>(i));
}
[[gnu::noinline]] void hot_rtcp_parse() {
  for (int i = 0; i < kRounds; ++i)
    for (rtp::RtcpReader reader(stage->report); const auto message = reader.next();)
      used += message->index();
}
[[gnu::noinline]] void hot_vp8_packetize() {
  for (int i = 0; i < kRounds; ++i) {
    const auto out = stage->sending.get(stage->vp8_frame);
    used += rtp::packetize_vp8(*out, {}) ? out->packets() : 0;
  }
}
[[gnu::noinline]] void hot_h264_packetize() {
  for (int i = 0; i < kRounds; ++i) {
    const auto out = stage->sending.get(stage->h264_frame);
    used += rtp::packetize_h264(*out, rtp::H264Mode::non_interleaved) ? out->packets() : 0;
  }
}
[[gnu::noinline]] void hot_frame_assemble() {
  std::int64_t sequence = 65536;
  for (int i = 0; i < kRounds; ++i)
    for (std::size_t n = 0; n < stage->packetized->packets(); ++n, ++sequence) {
      auto packet = stage->packets.get();
      packet->resize(stage->packetized->copy_payload(n, packet->buffer()));
      const auto payload = packet->bytes();
      const auto now = base::timestamp_us(sequence * 1000);
      stage->assembler.insert(
          now, sequence,
          {.marker = stage->packetized->slices[n].marker, .timestamp = static_cast<std::uint32_t>(i)},
          payload, std::move(packet));
      while (const auto frame = stage->assembler.pop(now))
        used += frame->size;
    }
}
[[gnu::noinline]] void hot_twcc_build() {
  std::array<std::uint8_t, 1200> out;
  std::uint16_t sequence = 0;
  for (int i = 0; i < kRounds; ++i) {
    for (int n = 0; n < 20; ++n, ++sequence)
      if (n != 7) stage->recorder.on_packet(sequence, base::timestamp_us(1'000'000 + sequence * 5000));
    used += stage->recorder.build(out, 1, 2);
  }
}
[[gnu::noinline]] void hot_nack_tracker() {
  std::array<std::uint16_t, 64> out;
  for (int i = 0; i < kRounds * 10; ++i) {
    const auto now = base::timestamp_us(1'000'000 + i * 1000);
    if (i % 20 != 7) stage->nacks.on_packet(now, 65536 + i);
    if (i % 10 == 0) used += stage->nacks.collect(now, out);
    if (i % 100 == 0) stage->nacks.forget_below(65536 + i - 50);
  }
}
[[gnu::noinline]] void hot_pacer() {
  for (int i = 0; i < kRounds * 10; ++i) {
    const auto now = base::timestamp_us(1'000'000 + i * 1000);
    stage->pacer.push(now, cc::PacketClass::video, {static_cast<std::uint32_t>(i), 1200, i == 0});
    while (const auto release = stage->pacer.pop(now))
      used += release->item.slot;
  }
}
[[gnu::noinline]] void hot_stun_check() {
  for (int i = 0; i < kRounds; ++i) {
    const auto message = ice::parse_stun(stage->check);
    used += ice::has_valid_integrity(*message, "0123456789abcdef01234567");
  }
}
[[gnu::noinline]] void hot_jitter_buffer() {
  Buffer payload(60, 0x55);
  payload[0] = 0x78; // CELT, 20 ms
  for (int i = 0; i < kRounds; ++i) {
    const auto now = base::timestamp_us(1'000'000 + i * 20'000);
    stage->jitter->put(now, {.ssrc = 1,
                             .seq = static_cast<std::uint16_t>(i),
                             .rtp_time = static_cast<std::uint32_t>(i * 960),
                             .payload = payload,
                             .level = std::uint8_t{30}});
    used += stage->jitter->pop(now, 0).samples;
  }
}
// Nine members of whom six are heard: the shared mix and six private ones.
[[gnu::noinline]] void hot_mixer_tick() {
  for (int i = 0; i < kRounds; ++i) {
    std::array<audio::MixPlan::Candidate, 9> candidates;
    for (std::size_t n = 0; n < candidates.size(); ++n)
      candidates[n] = {n, stage->sounds[n].level_dbov};
    const auto plan = stage->plan.update(candidates);
    stage->mixer.begin();
    for (const auto& heard : plan)
      stage->mixer.add(stage->sounds[heard.slot], heard.fade);
    stage->mixer.shared(stage->out);
    for (std::size_t n = 0; n < plan.size(); ++n)
      stage->mixer.without(n, stage->out);
    used += plan.size();
  }
}
[[gnu::noinline]] void hot_limiter() {
  for (int i = 0; i < kRounds; ++i) {
    auto frame = stage->sounds[static_cast<std::size_t>(i) % 9];
    stage->limiter.process(frame);
    used += frame.samples[5] > 0;
  }
}
[[gnu::noinline]] void hot_canvas_compose() {
  for (int i = 0; i < kRounds / 10; ++i) {
    stage->inputs[0].talking = i % 2 == 0; // the picture changes with every tick
    used += stage->canvas.compose(stage->inputs, base::timestamp_us(1'000'000 + i * 40'000)).changed;
  }
}
[[gnu::noinline]] void hot_scene() {
  for (int i = 0; i < kRounds; ++i)
    used += room::scene(stage->state).tiles.size() + room::arrange(stage->state, {}).tiles.size();
}
[[gnu::noinline]] void hot_sdp_parse() {
  for (int i = 0; i < kRounds / 10; ++i)
    used += sdp::parse(stage->offer_text)->sections.size();
}
[[gnu::noinline]] void hot_sdp_answer() {
  const auto capabilities = sdp::Capabilities::full();
  for (int i = 0; i < kRounds / 10; ++i)
    used += sdp::write(sdp::answer(stage->offer, capabilities, transport(), {})->local).size();
}
}

int main() {
  stage = new Stage;
  for (int warm = 0; warm < 2; ++warm) { // pools fill and buffers grow in the first; the counts are of both
    hot_rtp_parse();
    hot_rtp_stamp();
    hot_rtcp_parse();
    hot_vp8_packetize();
    hot_h264_packetize();
    hot_frame_assemble();
    hot_twcc_build();
    hot_nack_tracker();
    hot_pacer();
    hot_stun_check();
    hot_jitter_buffer();
    hot_mixer_tick();
    hot_limiter();
    hot_canvas_compose();
    hot_scene();
    hot_sdp_parse();
    hot_sdp_answer();
  }
  std::printf("%llu\n", static_cast<unsigned long long>(used));
  return 0;
}
