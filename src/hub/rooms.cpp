#include "hub/rooms.hpp"

#include "hub/replay.hpp"

namespace plenum::hub {

Room& Rooms::add(base::RoomId id) {
  auto& room = rooms_[id];
  room = std::make_unique<Room>();
  return *room;
}

void Rooms::index(const room::State& decided) {
  names_[{decided.account, decided.external_id}] = decided.id;
}

void Rooms::unindex(const room::State& decided) {
  const auto found = names_.find({decided.account, decided.external_id});
  if (found != names_.end() && found->second == decided.id) names_.erase(found);
}

void Rooms::remove(base::RoomId id) {
  rooms_.erase(id);
}

Room* Rooms::find(base::RoomId id) {
  const auto found = rooms_.find(id);
  return found == rooms_.end() ? nullptr : found->second.get();
}

const Room* Rooms::find(base::RoomId id) const {
  const auto found = rooms_.find(id);
  return found == rooms_.end() ? nullptr : found->second.get();
}

Room* Rooms::find(base::AccountId account, std::string_view external_id) {
  const auto found = names_.find({account, std::string(external_id)});
  return found == names_.end() ? nullptr : find(found->second);
}

const Room* Rooms::find(base::AccountId account, std::string_view external_id) const {
  const auto found = names_.find({account, std::string(external_id)});
  return found == names_.end() ? nullptr : find(found->second);
}

std::vector<base::RoomId> Rooms::ids() const {
  std::vector<base::RoomId> ids;
  for (const auto& [id, room] : rooms_)
    ids.push_back(id);
  return ids;
}

Room* Rooms::restore(store::LoadedRoom loaded) {
  const auto epoch = loaded.epoch;
  const auto snapshot_offset = loaded.snapshot ? loaded.snapshot->revision : 0;
  auto state = replayed(std::move(loaded));
  if (!state.open()) return nullptr;
  auto& room = add(state.id);
  room.epoch = epoch;
  room.snapshot_offset = snapshot_offset;
  room.decided = room.published = std::move(state);
  index(room.decided);
  return &room;
}

} // namespace plenum::hub
