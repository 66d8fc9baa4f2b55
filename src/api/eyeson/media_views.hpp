// Media views: recordings and snapshots → this dialect's JSON, of a meeting's state or of rows of the
// archive, when the meeting may be over.
//
// Owner: functions. Thread: core. Source: eyeson-api 3.0.5, 3.0.6, 3.45.
#pragma once

#include "api/eyeson/links.hpp"
#include "room/state.hpp"

#include <string>

namespace plenum::api::eyeson {

// Who began something. Clients want an object also when it was the owner of the room.
json::object user_or_owner(const room::State& room, base::MemberId by);

json::object recording_view(const room::State& room, const room::Recording& recording, const Links& links);
json::object snapshot_view(const room::State& room, const room::Snapshot& snapshot, const Links& links);
json::array ready_snapshots(const room::State& room, const Links& links);
json::object archived_recording(const Links& links, const store::ArchiveEntry& entry);
json::object archived_snapshot(const Links& links, const store::ArchiveEntry& entry);

} // namespace plenum::api::eyeson
