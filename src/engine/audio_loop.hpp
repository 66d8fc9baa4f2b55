// AudioLoop: the audio thread of a room: every 20 ms it decodes, mixes without oneself, encodes, and hands
// packets to net.
//
// Who is heard and who listens arrives through a mailbox (cold); packets through a ring per member; mixes
// leave through one ring in EncodedFrames that carry their receivers behind the payload, so that nothing is
// allocated. Ticks are absolute: a late one is run at once, never skipped, because the RTP time line moves
// 960 samples per tick; more than a second behind, the line jumps. In a room without speakers
// and listeners the thread sleeps. Owner: Worker. Thread: audio (everything
// but the constructor and `post`).
#pragma once

#include "audio/room_audio.hpp"
#include "base/encoded_frame.hpp"
#include "base/env.hpp"
#include "base/mailbox.hpp"
#include "base/spsc_ring.hpp"
#include "engine/audio_input.hpp"
#include "engine/video_source.hpp"

#include <memory>
#include <optional>
#include <stop_token>
#include <thread>
#include <variant>
#include <vector>

namespace plenum::engine {

struct AddSpeaker {
  std::shared_ptr<AudioInput> input;
  std::shared_ptr<VideoSource> video; // told the delay of the sound and who talks
};
struct RemoveSpeaker {
  std::uint32_t source = 0;
};
struct SetVolume {
  std::uint32_t source = 0;
  float linear = 1;
};
struct AddListener {
  std::uint32_t receiver = 0;
  std::optional<std::uint32_t> own; // must not hear itself
};
struct RemoveListener {
  std::uint32_t receiver = 0;
};
using AudioCommand =
    std::variant<std::monostate, AddSpeaker, RemoveSpeaker, SetVolume, AddListener, RemoveListener>;

// One mix packet on its way to net: `payload` bytes of Opus, then `receivers` handles of 4 bytes.
struct MixOut {
  base::EncodedFrameRef frame; // size: of the payload
  std::uint32_t receivers = 0;
  std::uint32_t rtp_time = 0;
  std::uint8_t level = 127;
};

struct TalkingOut {
  std::uint32_t source = 0;
  bool on = false;
};
struct DominantOut {
  std::optional<std::uint32_t> source;
};
using AudioNews = std::variant<std::monostate, TalkingOut, DominantOut>;

class AudioLoop final : private audio::RoomAudioListener {
 public:
  // `wake_net` is an eventfd, written once per tick that has something for net.
  AudioLoop(const base::Env& env, base::EncodedFramePool& frames, int wake_net);
  ~AudioLoop() override;

  bool post(AudioCommand command) { return commands_.post(std::move(command)); } // Thread: any
  base::SpscRing<MixOut>& mixes() { return mixes_; }                             // consumer: net
  base::SpscRing<AudioNews>& news() { return news_; }                            // consumer: net

 private:
  struct Speaker {
    std::shared_ptr<AudioInput> input;
    std::shared_ptr<VideoSource> video;
  };
  void run(const std::stop_token& stop);
  void tick(base::Timestamp now);
  void apply(AudioCommand& command);
  void rest(); // until somebody posts
  Speaker* speaker(std::uint32_t source);

  void on_talking(audio::SourceHandle source, bool talking) override;
  void on_dominant_speaker(std::optional<audio::SourceHandle> source) override;
  void on_levels(std::span<const audio::SourceLevel>) override {}
  void on_mix(const audio::MixPacket& packet) override;

  base::Env env_;
  base::EncodedFramePool& frames_;
  int wake_net_;
  audio::RoomAudio room_;
  std::vector<Speaker> speakers_;
  base::Mailbox<AudioCommand> commands_;
  base::SpscRing<MixOut> mixes_;
  base::SpscRing<AudioNews> news_;
  base::Timestamp tick_time_{};
  bool told_net_ = false;
  bool nobody_ = true; // neither speaks nor listens
  base::Counter& late_ticks_;
  base::Counter& late_jumps_;
  base::Gauge& worst_late_us_;
  std::jthread thread_; // last: it uses everything above
};

} // namespace plenum::engine
