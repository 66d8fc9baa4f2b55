#include "hub/tokens.hpp"

#include "base/log.hpp"

namespace plenum::hub {

Tokens::Tokens(const base::Env& env)
    : env_(env), forgotten_early_(env.metrics.counter("plenum_tokens_forgotten_early_total")) {}

std::string Tokens::draw() {
  return env_.random.alphanumeric(kTokenLength);
}

void Tokens::add_access(std::string token, AccessGrant grant) {
  entries_.insert_or_assign(std::move(token), Entry{Kind::access, grant, {}});
}

void Tokens::add_guest(std::string token, base::RoomId room) {
  entries_.insert_or_assign(std::move(token), Entry{Kind::guest, {room, {}}, {}});
}

void Tokens::end(const std::string& token, base::RoomId room, base::WallTime at) {
  const auto found = entries_.find(token);
  if (found == entries_.end() || found->second.ended || found->second.grant.room != room) return;
  found->second.ended = at;
  remember(token, at);
}

void Tokens::add_ended_access(std::string token, base::WallTime at) {
  entries_.insert_or_assign(token, Entry{Kind::access, {}, at});
  remember(std::move(token), at);
}

void Tokens::add_ended_guest(std::string token, base::WallTime at) {
  entries_.insert_or_assign(token, Entry{Kind::guest, {}, at});
  remember(std::move(token), at);
}

void Tokens::remember(std::string token, base::WallTime at) {
  ended_.push_back({at, std::move(token)});
  if (ended_.size() <= kMostEnded) return;
  forget(ended_.front());
  ended_.pop_front();
  forgotten_early_.add();
}

void Tokens::forget(const Ended& ended) {
  const auto found = entries_.find(ended.token);
  if (found != entries_.end() && found->second.ended == ended.at) entries_.erase(found);
}

void Tokens::prune(base::WallTime older_than) {
  while (!ended_.empty() && ended_.front().at < older_than) {
    forget(ended_.front());
    ended_.pop_front();
  }
}

const Tokens::Entry* Tokens::find(std::string_view token, Kind kind) const {
  const auto found = entries_.find(token);
  return found == entries_.end() || found->second.kind != kind ? nullptr : &found->second;
}

base::Result<AccessGrant> Tokens::access(std::string_view token) const {
  const auto* entry = find(token, Kind::access);
  if (entry == nullptr) return base::fail(base::ErrorCode::not_found, "unknown access token");
  if (entry->ended) return base::fail(base::ErrorCode::gone, "the meeting has ended");
  return entry->grant;
}

base::Result<base::RoomId> Tokens::guest(std::string_view token) const {
  const auto* entry = find(token, Kind::guest);
  if (entry == nullptr) return base::fail(base::ErrorCode::not_found, "unknown guest token");
  if (entry->ended) return base::fail(base::ErrorCode::gone, "the meeting has ended");
  return entry->grant.room;
}

} // namespace plenum::hub
