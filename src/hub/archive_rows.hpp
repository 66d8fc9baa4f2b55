// What an event leaves in the archive, which outlives the meeting: recordings in every phase, and still
// pictures once they are taken. Pure. Thread: any.
#pragma once

#include "room/events.hpp"
#include "store/archive_port.hpp"

#include <optional>

namespace plenum::hub {

// `after`: the state right after the event.
std::optional<store::ArchiveRow> archive_row(const room::Event& event, const room::State& after);

} // namespace plenum::hub
