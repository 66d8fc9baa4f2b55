#include "api/eyeson/cable_room.hpp"

#include "api/eyeson/cable_resume.hpp"

#include <algorithm>

namespace plenum::api::eyeson {

CableRoom::CableRoom(Dialect& dialect, base::RoomId room) : dialect_(dialect), room_(room) {
  subscription_ = dialect_.hub.subscribe(room, *this);
}

CableSeat CableRoom::join(CableAudience audience, CableListener& listener, base::MemberId member,
                          std::uint64_t after) {
  auto entry = std::make_shared<CableSeat::Entry>(&listener, member, after);
  auto group = std::ranges::find(groups_, audience, &Group::audience);
  if (group == groups_.end()) {
    auto stream = stream_of(audience.identifier, epoch_name(room_, dialect_.hub.directory().epoch(room_)));
    group = groups_.insert(group, Group{std::move(audience), std::move(stream), {}});
  }
  auto& entries = group->entries;
  // Left seats are swept when they would make the list grow, and not in a call, which may leave or join.
  if (entries.size() == entries.capacity())
    std::erase_if(entries, [](const auto& e) { return e->listener == nullptr; });
  entries.push_back(entry);
  return {shared_from_this(), std::move(entry)};
}

void CableRoom::on_event(std::uint64_t offset, const room::Event& event, const room::State& state) {
  const auto self = shared_from_this();              // the last listener may leave
  for (std::size_t i = 0; i < groups_.size(); ++i) { // a call may bring a new audience
    const auto& group = groups_[i];
    if (std::ranges::none_of(group.entries, [](const auto& e) { return e->listener != nullptr; })) continue;
    const auto& audience = group.audience;
    const Links links(dialect_, audience.api);
    const auto news =
        audience.observers ? observer_news(event, state, links) : participant_news(event, state, links);
    tell(group, offset, news);
  }
  if (!std::holds_alternative<room::RoomEnded>(event)) return;
  for (const auto& group : groups_)
    for (std::size_t i = 0; i < group.entries.size(); ++i)
      if (auto* listener = group.entries[i]->listener) listener->meeting_over();
}

void CableRoom::tell(const Group& group, std::uint64_t offset, const CableNews& news) {
  const auto& audience = group.audience;
  for (std::size_t i = 0; i < news.messages.size(); ++i) {
    const auto text = base::write_json(news.messages[i]);
    const auto frame = std::make_shared<const std::string>(
        audience.positions ? data_frame(audience.identifier, text, group.stream, {offset, i})
                           : data_frame(audience.identifier, text));
    for (std::size_t reader = 0; reader < group.entries.size(); ++reader) {
      const auto& entry = *group.entries[reader];
      if (entry.listener != nullptr && offset > entry.after && (!news.except || entry.member != news.except))
        entry.listener->hear(frame);
    }
  }
}

std::shared_ptr<CableRoom> CableRooms::of(base::RoomId room) {
  if (const auto found = rooms_[room].lock()) return found;
  if (rooms_.size() > sweep_at_) {
    std::erase_if(rooms_, [](const auto& item) { return item.second.expired(); });
    sweep_at_ = 2 * rooms_.size() + 64;
  }
  auto made = std::make_shared<CableRoom>(dialect_, room);
  rooms_[room] = made;
  return made;
}

} // namespace plenum::api::eyeson
