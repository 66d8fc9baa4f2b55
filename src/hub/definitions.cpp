#include "hub/definitions.hpp"

#include "room/texts.hpp"

namespace plenum::hub {
namespace {

using base::ErrorCode;
using base::fail;

constexpr std::size_t kMostName = 255; // bytes, as in a meeting

bool usable_name(const std::string& name) {
  return !room::blank(name) && name.size() <= kMostName && room::valid_utf8(name);
}

base::Result<room::RoomOptions> changed(room::RoomOptions options, const room::OptionsPatch& patch) {
  if (auto fine = room::check(patch); !fine) return std::unexpected(fine.error());
  options = room::apply(std::move(options), patch, room::Moment::opening);
  if (auto fine = room::check_layout(options); !fine) return std::unexpected(fine.error());
  return options;
}

} // namespace

std::string Definitions::draw_token() {
  return env_.random.alphanumeric(kTokenLength);
}

store::Host Definitions::host_of(const room::Identity& identity) {
  const auto now = env_.clock.wall();
  auto external_id = identity.external_id;
  if (external_id.empty()) external_id = base::MemberId::make(now, env_.random).hex();
  return {std::move(external_id), identity.name, identity.avatar, draw_token(), now};
}

void Definitions::create(NewDefinition wanted, Completion<store::Definition> done) {
  if (!usable_name(wanted.host.name)) return done(fail(ErrorCode::invalid, "unusable name of the host"));
  if (wanted.name.empty())
    if (const auto owner = hub_.directory().account(wanted.account)) wanted.name = owner->name;
  if (!usable_name(wanted.name)) return done(fail(ErrorCode::invalid, "unusable name of the room"));
  auto options = changed({}, wanted.options);
  if (!options) return done(std::unexpected(std::move(options.error())));
  const auto now = env_.clock.wall();
  store::Definition definition{base::DefinitionId::make(now, env_.random),
                               wanted.account,
                               std::move(wanted.name),
                               std::move(*options),
                               now,
                               wanted.expires_at,
                               draw_token(),
                               {host_of(wanted.host)}};
  store_.create(definition, [definition, done = std::move(done)](base::Result<void> stored) mutable {
    if (!stored) return done(std::unexpected(std::move(stored.error())));
    done(std::move(definition));
  });
}

void Definitions::change(base::AccountId account, base::DefinitionId id, DefinitionChange change,
                         Completion<store::Definition> done) {
  find(account, id,
       [this, change = std::move(change),
        done = std::move(done)](base::Result<store::Definition> found) mutable {
         if (!found) return done(std::move(found));
         auto& definition = *found;
         if (change.name && !usable_name(*change.name))
           return done(fail(ErrorCode::invalid, "unusable name of the room"));
         auto options = changed(definition.options, change.options);
         if (!options) return done(std::unexpected(std::move(options.error())));
         definition.options = std::move(*options);
         if (change.name) definition.name = std::move(*change.name);
         if (change.expires_at) definition.expires_at = *change.expires_at;
         store_.update(definition, [definition, done = std::move(done)](base::Result<void> stored) mutable {
           if (!stored) return done(std::unexpected(std::move(stored.error())));
           done(std::move(definition));
         });
       });
}

void Definitions::remove(base::AccountId account, base::DefinitionId id, Completion<void> done) {
  find(account, id, [this, id, done = std::move(done)](base::Result<store::Definition> found) mutable {
    if (!found) return done(std::unexpected(std::move(found.error())));
    store_.remove(id, std::move(done));
  });
}

void Definitions::find(base::AccountId account, base::DefinitionId id, Completion<store::Definition> done) {
  store_.find(id, [account, done = std::move(done)](base::Result<store::Definition> found) mutable {
    if (found && found->account != account) return done(fail(ErrorCode::not_found, "no such definition"));
    done(std::move(found));
  });
}

void Definitions::list(base::AccountId account, store::DefinitionFilter filter,
                       Completion<store::DefinitionPage> done) {
  filter.now = env_.clock.wall();
  store_.list(account, filter, std::move(done));
}

void Definitions::add_host(base::AccountId account, base::DefinitionId id, room::Identity host,
                           Completion<AddedHost> done) {
  find(account, id,
       [this, host = std::move(host), done = std::move(done)](base::Result<store::Definition> found) mutable {
         if (!found) return done(std::unexpected(std::move(found.error())));
         if (!usable_name(host.name)) return done(fail(ErrorCode::invalid, "unusable name of the host"));
         const auto definition_id = found->id;
         store_.add_host(definition_id, host_of(host),
                         [definition = std::move(*found),
                          done = std::move(done)](base::Result<store::Host> stored) mutable {
                           if (!stored) return done(std::unexpected(std::move(stored.error())));
                           done(AddedHost{std::move(definition), std::move(*stored)});
                         });
       });
}

void Definitions::remove_host(base::AccountId account, base::DefinitionId id, std::string token,
                              Completion<void> done) {
  find(account, id,
       [this, id, token = std::move(token),
        done = std::move(done)](base::Result<store::Definition> found) mutable {
         if (!found) return done(std::unexpected(std::move(found.error())));
         store_.remove_host(id, std::move(token), std::move(done));
       });
}

void Definitions::find_by_token(std::string token, Completion<store::FoundDefinition> done) {
  store_.find_by_token(std::move(token), std::move(done));
}

void Definitions::enter(std::string token, Completion<Entered> done) {
  store_.find_by_token(std::move(token),
                       [this, done = std::move(done)](base::Result<store::FoundDefinition> found) mutable {
                         if (!found) return done(std::unexpected(std::move(found.error())));
                         if (!found->host) return done(fail(ErrorCode::not_found, "not the token of a host"));
                         open(found->definition, *found->host, std::move(done));
                       });
}

void Definitions::open(const store::Definition& definition, const store::Host& host,
                       Completion<Entered> done) {
  const bool runs = running(definition) != nullptr;
  if (!runs && definition.expires_at && *definition.expires_at <= env_.clock.wall())
    return done(fail(ErrorCode::gone, "expired"));
  OpenRequest request;
  request.account = definition.account;
  request.external_id = definition.id.hex();
  request.name = definition.name;
  request.defaults = definition.options;
  request.identity.external_id = host.external_id;
  request.identity.name = host.name;
  request.identity.avatar = host.avatar;
  request.guest_token = definition.guest_token;
  hub_.open_or_join(std::move(request), std::move(done));
}

const room::State* Definitions::running(const store::Definition& definition) const {
  return hub_.directory().find(definition.account, definition.id.hex());
}

} // namespace plenum::hub
