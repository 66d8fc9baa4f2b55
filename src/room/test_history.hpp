// Histories: commands by the dozen from a source of numbers, and what must hold after each of them. The
// property tests draw the numbers from a seed, the fuzz target from its input.
#pragma once

#include "room/test_room.hpp"

#include <functional>
#include <set>

namespace plenum::room::testing {

class Generator {
 public:
  explicit Generator(std::function<std::uint64_t()> draw) : draw_(std::move(draw)) {}

  std::uint64_t below(std::uint64_t n) { return draw_() % n; }
  MemberId someone() { return member(1 + below(14)); }
  PeerId some_leg(const State& state, MemberId id) {
    const auto* known = state.find(id);
    return known != nullptr && below(4) > 0 ? known->leg.id : leg(1 + below(50));
  }

  Command command(const State& state) {
    const auto who = someone();
    switch (below(5)) {
    case 0:
      return picture(who);
    case 1:
      return running(state, who);
    default:
      return presence(state, who);
    }
  }

 private:
  // Who is there, and how.
  Command presence(const State& state, MemberId who) {
    switch (below(16)) {
    case 0:
    case 1:
    case 2:
      return registration();
    case 3:
    case 4:
    case 5:
    case 6:
      return JoinMember{who, leg(100 + ++drawn_), "p", below(3) > 0};
    case 7:
      return LeaveRoom{who, below(2) > 0 ? PeerId{} : some_leg(state, who)};
    case 8:
      return RemoveMember{who, below(2) > 0};
    case 9:
      return ConnectLeg{who, some_leg(state, who)};
    case 10:
      return LoseLeg{who, some_leg(state, who), below(4) == 0};
    case 11:
      return LoseSignaling{who, some_leg(state, who)};
    case 12:
      return RestoreSignaling{who, some_leg(state, who)};
    case 13:
      return ExpireGrace{};
    case 14:
      return below(4) == 0 ? Command(LockRoom{who}) : Command(UnlockRoom{});
    default:
      return below(60) == 0 ? Command(EndIfIdle{}) : Command(RequestMute{who});
    }
  }
  // What is seen.
  Command picture(MemberId who) {
    switch (below(8)) {
    case 0:
    case 1:
      return SwitchVideo{who, below(2) > 0};
    case 2:
      return StartPresentation{who};
    case 3:
      return StopPresentation{};
    case 4:
      return ReconsiderTiles{};
    case 5:
      return SendMessage{{{6, below(1000)}}, who, "chat", "text"};
    case 6:
      return SetLayout{who, options()};
    default:
      return ChangeOptions{options()};
    }
  }
  // What a room has besides members, and what media says of it.
  Command running(const State& state, MemberId who) {
    const RecordingId recording = state.recordings.empty() || below(4) == 0 ? RecordingId{{7, below(1000)}}
                                                                            : state.recordings.back().id;
    const SnapshotId snapshot =
        state.snapshots.empty() ? SnapshotId{{8, below(100)}} : state.snapshots.back().id;
    const auto id = std::string(1, static_cast<char>('a' + below(4)));
    switch (below(20)) {
    case 0:
      return StartRecording{{{7, below(1000)}}, who};
    case 1:
      return StopRecording{below(2) > 0 ? RecordingId{} : recording};
    case 2:
      return FinishRecording{recording, 5, "file.webm", below(1000)};
    case 3:
      return FailRecording{recording, "disk full"};
    case 4:
      return TakeSnapshot{{{8, below(100)}}, who};
    case 5:
      return StoreSnapshot{snapshot, "file.jpg", 7};
    case 6:
      return StartBroadcast{id, who, "rtmp://live.example/key", ""};
    case 7:
      return ChangeBroadcast{below(2) > 0 ? "" : id, "https://watch.example/" + id};
    case 8:
      return below(2) > 0 ? Command(StopBroadcast{}) : Command(EndBroadcast{id});
    case 9:
    case 10:
      return SetLayer{layer(id, who)};
    case 11:
      return ClearLayer{below(2) > 0 ? kInFront : kBehind};
    case 12:
    case 13:
    case 14:
      return StartPlayback{playback(id, who)};
    case 15:
      return StopPlayback{id};
    case 16:
      return EndPlayback{id};
    case 17:
    case 18:
      return StartForward{forward(id, who)};
    default:
      return below(2) > 0 ? Command(StopForward{id}) : Command(EndForward{id});
    }
  }
  Layer layer(const std::string& id, MemberId who) {
    Layer wanted;
    wanted.id = id;
    wanted.z = static_cast<std::int32_t>(below(3)) - 1; // 0 is none
    wanted.title = below(2) > 0 ? "Title" : "";
    wanted.image_url = below(2) > 0 ? "https://cdn.example/image.png" : "";
    wanted.by = who;
    return wanted;
  }
  Playback playback(const std::string& id, MemberId who) {
    Playback wanted;
    wanted.id = id;
    wanted.url = below(4) == 0 ? "https://cdn.example/song.mp3" : "https://cdn.example/film.webm";
    if (below(2) > 0) wanted.name = "Film";
    wanted.audio = below(2) > 0;
    wanted.loops = static_cast<std::int32_t>(below(5)) - 2; // -2 is unusable
    if (below(2) > 0) wanted.replaces = someone();
    wanted.by = who;
    return wanted;
  }
  Forward forward(const std::string& id, MemberId who) {
    Forward wanted;
    wanted.id = id;
    wanted.what = static_cast<ForwardWhat>(below(3));
    if (wanted.what == ForwardWhat::source) wanted.member = who;
    if (wanted.what == ForwardWhat::playback)
      wanted.playback = std::string(1, static_cast<char>('a' + below(4)));
    wanted.audio = below(4) > 0;
    wanted.url = "https://whip.example/" + id;
    return wanted;
  }
  Command registration() {
    Identity identity;
    if (below(3) > 0) identity.external_id = "u" + std::to_string(below(10));
    identity.name = below(20) == 0 ? "" : "N" + std::to_string(below(3));
    identity.guest = below(3) == 0;
    return RegisterMember{someone(), "t" + std::to_string(++drawn_), identity};
  }
  OptionsPatch options() {
    OptionsPatch patch;
    patch.lock_available = below(2) > 0;
    patch.recording_available = below(8) > 0;
    patch.layout_available = below(8) > 0;
    patch.layout = below(2) > 0 ? LayoutMode::automatic : LayoutMode::custom;
    patch.layout_name = std::optional<std::string>();
    patch.layout_users = std::optional<std::vector<std::string>>();
    if (below(3) == 0)
      patch.layout_name = std::optional<std::string>(below(2) > 0 ? "six" : "present-upper-6");
    if (below(3) == 0) {
      std::vector<std::string> users;
      for (auto n = below(9); n > 0; --n)
        users.push_back(layout_user());
      patch.layout_users = users;
    }
    return patch;
  }
  std::string layout_user() {
    if (below(2) > 0) return "";
    return below(3) == 0 ? std::string(1, static_cast<char>('a' + below(4)))
                         : "u" + std::to_string(below(10));
  }
  std::function<std::uint64_t()> draw_;
  std::uint64_t drawn_ = 0; // legs and tokens never repeat: the hub draws them long
};

inline void check_tiles(const State& state) {
  std::set<std::pair<MemberId, std::string>> shown, seated;
  const auto canvas = canvas_size(state.options);
  for (const auto& tile : state.tiles) {
    ASSERT_TRUE(tile.rect.x >= 0 && tile.rect.y >= 0 && tile.rect.x + tile.rect.w <= canvas.width &&
                tile.rect.y + tile.rect.h <= canvas.height);
    const auto* playback = state.find_playback(tile.playback);
    ASSERT_EQ(playback != nullptr, !tile.playback.empty()) << "a playback that is over is shown";
    if (playback != nullptr) ASSERT_EQ(playback->replaces, tile.member);
    if (!tile.member && playback == nullptr) continue;
    ASSERT_TRUE(shown.insert({tile.member, tile.member ? "" : tile.playback}).second)
        << "twice in the picture";
    if (tile.member) ASSERT_TRUE(state.find(tile.member) != nullptr && state.find(tile.member)->present);
  }
  for (const auto& seat : state.seats) {
    ASSERT_TRUE(!seat.member || seat.playback.empty()) << "one seat, two sources";
    if (seat.member || !seat.playback.empty())
      ASSERT_TRUE(seated.insert({seat.member, seat.playback}).second) << "two seats";
  }
  ASSERT_LE(state.tiles.size(), kMostBoxes);
  if (state.present_count() > 0 && !state.options.layout_users) ASSERT_FALSE(shown.empty());
}

// Names are unique, and everything that runs runs on something that is there.
inline void check_running(const State& state, const Limits& limits) {
  ASSERT_LE(std::ranges::count(state.recordings, RecordingPhase::running, &Recording::phase), 1);
  std::set<RecordingId> recordings;
  for (const auto& recording : state.recordings) {
    ASSERT_TRUE(recordings.insert(recording.id).second);
    ASSERT_EQ(recording.stopped_at.has_value(), recording.phase != RecordingPhase::running);
  }
  std::set<SnapshotId> snapshots;
  for (const auto& snapshot : state.snapshots)
    ASSERT_TRUE(snapshots.insert(snapshot.id).second);
  ASSERT_LE(state.broadcasts.size(), 1u);
  ASSERT_LE(state.layers.size(), 2u);
  for (std::size_t i = 1; i < state.layers.size(); ++i)
    ASSERT_GT(state.layers[i - 1].z, state.layers[i].z);
  std::set<std::string> playbacks, forwards;
  for (const auto& playback : state.playbacks)
    ASSERT_TRUE(playbacks.insert(playback.id).second);
  ASSERT_LE(playbacks.size(), limits.playbacks);
  for (const auto& forward : state.forwards) {
    ASSERT_TRUE(forwards.insert(forward.id).second);
    if (forward.what == ForwardWhat::source) ASSERT_TRUE(state.find(forward.member)->present);
    if (forward.what == ForwardWhat::playback) ASSERT_TRUE(playbacks.contains(forward.playback));
  }
  if (state.open()) return;
  ASSERT_EQ(state.running_recording(), nullptr);
  ASSERT_TRUE(state.broadcasts.empty() && state.playbacks.empty() && state.forwards.empty());
}

inline void check_members(const State& state, const Limits& limits) {
  std::set<MemberId> ids;
  std::set<std::string> tokens, regular;
  std::set<PeerId> legs;
  std::set<std::uint64_t> numbers;
  for (const auto& m : state.members) {
    ASSERT_TRUE(ids.insert(m.id).second);
    ASSERT_TRUE(tokens.insert(m.access_token).second);
    if (!m.guest) ASSERT_TRUE(regular.insert(m.external_id).second) << m.external_id;
    ASSERT_EQ(m.present, static_cast<bool>(m.leg.id));
    if (!m.present) continue;
    ASSERT_TRUE(legs.insert(m.leg.id).second);
    ASSERT_TRUE(numbers.insert(m.join_number).second);
  }
  ASSERT_LE(state.present_count(), limits.present);
  if (state.presenter) ASSERT_NE(state.find(state.presenter), nullptr);
}

} // namespace plenum::room::testing
