#include "api/eyeson/cable_resume.hpp"

#include "api/eyeson/cable_feed.hpp"

#include <fmt/format.h>

namespace plenum::api::eyeson {

std::string epoch_name(base::RoomId room, std::uint64_t epoch) {
  return fmt::format("{}-{}", room.hex(), epoch);
}

std::optional<CableMark> mark_in(const json::value& history, std::string_view stream) {
  const auto* streams = base::find(history, "streams");
  const auto* mark = streams == nullptr ? nullptr : base::find(*streams, stream);
  if (mark == nullptr) return std::nullopt;
  const auto epoch = base::find_string(*mark, "epoch");
  const auto offset = base::find_int(*mark, "offset");
  if (!epoch || !offset || *offset < 0) return std::nullopt;
  const auto room = base::RoomId::parse(epoch->substr(0, epoch->find('-')));
  if (!room) return std::nullopt;
  return CableMark{*room, std::string(*epoch), CablePosition::at(static_cast<std::uint64_t>(*offset))};
}

CableResume::CableResume(Dialect& dialect, base::AccountId account, std::string external_id, std::string api,
                         CableMark mark, Calls calls)
    : dialect_(dialect), account_(account), external_id_(std::move(external_id)), api_(std::move(api)),
      mark_(std::move(mark)), calls_(std::move(calls)), moved_(dialect.executor.now()) {
  load();
}

void CableResume::load() {
  // The event of which the reader may have heard only a part is told again, without that part.
  const auto& [event, frame] = mark_.position;
  const auto after = event > 0 && frame + 1 < CablePosition::kFrames ? event - 1 : event;
  dialect_.hub.replay(mark_.room, after, [this, alive = alive_](const base::Result<hub::Replay>& replay) {
    if (!*alive) return;
    if (!replay) return finish(End::refused);
    take(*replay);
  });
}

void CableResume::take(const hub::Replay& replay) {
  const auto owned = [&](const room::State& room) {
    return room.account == account_ && room.external_id == external_id_;
  };
  // Before its first event a meeting has no owner yet.
  bool ours = owned(replay.before);
  replay.each([&](std::uint64_t event, const room::Event& what, const room::State& after) {
    if (!ours) ours = owned(after);
    const auto news = observer_news(what, after, Links(dialect_, api_));
    for (std::size_t frame = 0; frame < news.messages.size(); ++frame)
      if (const CablePosition position{event, frame}; position.offset() > mark_.position.offset())
        missed_.emplace_back(base::write_json(news.messages[frame]), position);
  });
  if (!ours || epoch_name(mark_.room, replay.epoch) != mark_.epoch) return finish(End::refused);
  last_ = replay.last();
  ended_ = replay.ended;
  pump();
}

void CableResume::pump() {
  const auto now = dialect_.executor.now();
  for (; !missed_.empty(); missed_.pop_front()) {
    if (!calls_.ready()) {
      if (now - moved_ > kPatience) return finish(End::too_slow);
      pause_ = dialect_.executor.after(kPause, [this] { pump(); });
      return;
    }
    moved_ = now;
    calls_.missed(missed_.front().message, missed_.front().position);
  }
  if (ended_) return finish(End::over);
  const auto* room = dialect_.hub.directory().find(mark_.room);
  if (room != nullptr && room->revision <= last_) return finish(End::live);
  mark_.position = {.event = last_}; // more has happened meanwhile
  load();
}

void CableResume::finish(End end) {
  auto done = std::move(calls_.done);
  done(end, last_);
}

} // namespace plenum::api::eyeson
