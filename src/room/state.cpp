#include "room/state.hpp"

#include <algorithm>

namespace plenum::room {

const Member* State::find(MemberId member) const {
  const auto at = std::ranges::find(members, member, &Member::id);
  return at == members.end() ? nullptr : &*at;
}

const Member* State::find_ref(std::string_view member_or_external_id) const {
  if (const auto parsed = MemberId::parse(member_or_external_id))
    if (const auto* member = find(*parsed)) return member;
  const Member* guest = nullptr;
  for (const auto& member : members) {
    if (member.external_id != member_or_external_id) continue;
    if (!member.guest) return &member;
    if (guest == nullptr) guest = &member;
  }
  return guest;
}

const Member* State::find_token(std::string_view access_token) const {
  const auto at = std::ranges::find(members, access_token, &Member::access_token);
  return at == members.end() ? nullptr : &*at;
}

std::vector<const Member*> State::present() const {
  std::vector<const Member*> seated;
  for (const auto& member : members)
    if (member.present) seated.push_back(&member);
  std::ranges::sort(seated, {}, [](const Member* m) { return m->join_number; });
  return seated;
}

const Recording* State::running_recording() const {
  const auto at = std::ranges::find(recordings, RecordingPhase::running, &Recording::phase);
  return at == recordings.end() ? nullptr : &*at;
}

const Recording* State::find(RecordingId recording) const {
  const auto at = std::ranges::find(recordings, recording, &Recording::id);
  return at == recordings.end() ? nullptr : &*at;
}

const Snapshot* State::find(SnapshotId snapshot) const {
  const auto at = std::ranges::find(snapshots, snapshot, &Snapshot::id);
  return at == snapshots.end() ? nullptr : &*at;
}

const Playback* State::find_playback(std::string_view playback) const {
  const auto at = std::ranges::find(playbacks, playback, &Playback::id);
  return at == playbacks.end() ? nullptr : &*at;
}

const Forward* State::find_forward(std::string_view forward) const {
  const auto at = std::ranges::find(forwards, forward, &Forward::id);
  return at == forwards.end() ? nullptr : &*at;
}

std::size_t State::present_count() const {
  return static_cast<std::size_t>(std::ranges::count(members, true, &Member::present));
}

} // namespace plenum::room
