// PermalinkController: permalinks by API key (create, list, change, delete, hosts), and by token (look, start
// or join). Owner: Rest. Thread: core. Source: eyeson-api 3.0.10, 3.32–3.40.
#pragma once

#include "api/eyeson/auth.hpp"
#include "hub/definitions.hpp"
#include "net/form.hpp"
#include "net/router.hpp"

#include <optional>

namespace plenum::api::eyeson {

class PermalinkController {
 public:
  explicit PermalinkController(Dialect& dialect) : dialect_(dialect) {}
  void add_routes(net::Router& router);

 private:
  void create(const net::Request& request, net::Reply reply, const hub::AccountInfo& account);
  void list_or_page(const net::Request& request, net::Reply reply); // browsers follow a host's link
  void list(const net::Request& request, net::Reply reply, const hub::AccountInfo& account);
  void change(const net::Request& request, net::Reply reply, const hub::AccountInfo& account);
  void remove(const net::Request& request, net::Reply reply, const hub::AccountInfo& account);
  void add_host(const net::Request& request, net::Reply reply, const hub::AccountInfo& account);
  void remove_host(const net::Request& request, net::Reply reply, const hub::AccountInfo& account);
  void show(const net::Request& request, net::Reply reply);  // by token, or by id with the API key
  void enter(const net::Request& request, net::Reply reply); // by a host's token
  void show_by_id(const net::Request& request, net::Reply reply);

  // The permalink object; without a host: as guests see it.
  json::object view(const Bases& bases, const store::Definition& definition,
                    const std::optional<store::Host>& host) const;
  hub::Completion<store::Definition> answer_definition(net::Reply reply, const net::Request& request,
                                                       int status) const;

  Dialect& dialect_;
};

} // namespace plenum::api::eyeson
