#include "room/events.hpp"

#include <boost/mp11.hpp>

namespace plenum::room {

std::string_view name_of(const Event& event) {
  return std::visit([](const auto& e) { return std::decay_t<decltype(e)>::kName; }, event);
}

json::value to_json(const Event& event) {
  return std::visit([](const auto& e) { return base::to_json(e); }, event);
}

base::Result<Event> event_from_json(std::string_view name, const json::value& body) {
  base::Result<Event> result =
      base::fail(base::ErrorCode::invalid, "unknown event \"" + std::string(name) + "\"");
  boost::mp11::mp_for_each<boost::mp11::mp_transform<boost::mp11::mp_identity, Event>>([&](auto type) {
    using T = typename decltype(type)::type;
    if (T::kName != name) return;
    T event;
    if (auto read = base::from_json(body, event); !read) {
      result = std::unexpected(std::move(read.error()).context(name));
    } else {
      result = Event(std::move(event));
    }
  });
  return result;
}

} // namespace plenum::room
