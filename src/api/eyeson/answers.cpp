#include "api/eyeson/answers.hpp"

#include "api/eyeson/views.hpp"

namespace plenum::api::eyeson {

using base::ErrorCode;

hub::Completion<hub::Entered> answer_entered(const Dialect& dialect, net::Reply reply,
                                             const net::Request& request) {
  return [&dialect, reply = std::move(reply),
          bases = bases_for(dialect, request)](base::Result<hub::Entered> entered) mutable {
    if (!entered) return answer_error(reply, entered.error());
    const auto& directory = dialect.hub.directory();
    const auto* room = directory.find(entered->room);
    const auto* member = room == nullptr ? nullptr : room->find(entered->member);
    if (member == nullptr) return reply.error(410, "Access key expired");
    const auto team = directory.account(room->account);
    reply.json(201, room_response(dialect, bases, *room, *member, team ? team->name : ""));
  };
}

void dispatch(const Dialect& dialect, net::Reply reply, const Access& access, room::Command command,
              int success, int conflict) {
  dialect.hub.dispatch(
      access.room->id, std::move(command), hub::Principal::of(access.member->id),
      [reply = std::move(reply), success, conflict](base::Result<hub::Committed> done) mutable {
        if (done) return reply.empty(success);
        const auto& error = done.error();
        if (error.code == ErrorCode::gone)
          return reply.error(410, "Access key expired"); // ended in this very moment
        if (error.code == ErrorCode::conflict) return reply.error(conflict, error.text);
        answer_error(reply, error);
      });
}

} // namespace plenum::api::eyeson
