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

std::size_t State::present_count() const {
  return static_cast<std::size_t>(std::ranges::count(members, true, &Member::present));
}

} // namespace plenum::room
