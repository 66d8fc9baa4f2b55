#include "hub/fanout.hpp"

#include <algorithm>

namespace plenum::hub {

Subscription Fanout::subscribe(base::RoomId room, Subscriber& subscriber, base::MemberId member) {
  auto entry = std::make_shared<Subscription::Entry>();
  entry->subscriber = &subscriber;
  entry->member = member;
  auto& entries = rooms_[room];
  // Cancelled entries are swept here and not in `each`, because a call may cancel or subscribe.
  std::erase_if(entries, [](const auto& e) { return e->subscriber == nullptr; });
  entries.push_back(entry);
  return Subscription(std::move(entry));
}

template <class Call>
void Fanout::each(base::RoomId room, Call&& call) {
  const auto found = rooms_.find(room);
  if (found == rooms_.end()) return;
  const Entries entries = found->second; // whoever subscribes inside a call hears from the next one on
  for (const auto& entry : entries)
    if (entry->subscriber != nullptr) call(*entry);
}

void Fanout::publish(std::uint64_t offset, const room::Event& event, const room::State& state) {
  each(state.id, [&](const auto& entry) { entry.subscriber->on_event(offset, event, state); });
}

void Fanout::publish(const room::Volatile& fact, const room::State& state) {
  each(state.id, [&](const auto& entry) { entry.subscriber->on_volatile(fact, state); });
}

void Fanout::data(base::RoomId room, base::MemberId member, std::string_view text) {
  each(room, [&](const auto& entry) {
    if (entry.member == member) entry.subscriber->on_data(text);
  });
}

void Fanout::data_open(base::RoomId room, base::MemberId member) {
  each(room, [&](const auto& entry) {
    if (entry.member == member) entry.subscriber->on_data_open();
  });
}

void Fanout::data_closed(base::RoomId room, base::MemberId member) {
  each(room, [&](const auto& entry) {
    if (entry.member == member) entry.subscriber->on_data_closed();
  });
}

void Fanout::close(base::RoomId room) {
  rooms_.erase(room);
}

std::size_t Fanout::size(base::RoomId room) const {
  const auto found = rooms_.find(room);
  if (found == rooms_.end()) return 0;
  return static_cast<std::size_t>(
      std::ranges::count_if(found->second, [](const auto& e) { return e->subscriber != nullptr; }));
}

} // namespace plenum::hub
