// Routes: puts a controller's routes into the router, each behind the rate limits and its kind of key.
//
// The caller's key is the Authorization header or, without one, the credential in the path (second segment).
// Too much is 429 with Retry-After, before anything is looked up. Owner: function scope. Thread: start-up;
// handlers: core. Source: eyeson-api 0.6, 2.
#pragma once

#include "api/eyeson/auth.hpp"
#include "net/router.hpp"

#include <string_view>
#include <utility>

namespace plenum::api::eyeson {

class Routes {
 public:
  Routes(net::Router& router, Dialect& dialect) : router_(router), dialect_(dialect) {}

  void add(std::string_view method, std::string_view pattern, net::Handler handler,
           net::RouteOptions options = {});

  template <class Controller>
  using Plain = void (Controller::*)(const net::Request&, net::Reply);
  template <class Controller>
  void add(std::string_view method, std::string_view pattern, Controller* self, Plain<Controller> handler) {
    add(method, pattern, [self, handler](const net::Request& request, net::Reply reply) {
      (self->*handler)(request, std::move(reply));
    });
  }

  // The path has an `:access_key`: unknown 404, of an ended meeting 410.
  template <class Controller>
  using WithAccess = void (Controller::*)(const net::Request&, net::Reply, const Access&);
  template <class Controller>
  void add_access(std::string_view method, std::string_view pattern, Controller* self,
                  WithAccess<Controller> handler, net::RouteOptions options = {}) {
    add(
        method, pattern,
        [&dialect = dialect_, self, handler](const net::Request& request, net::Reply reply) {
          const auto access = access_of(dialect, request.path_param("access_key"));
          if (!access) return answer_error(reply, access.error());
          (self->*handler)(request, std::move(reply), *access);
        },
        options);
  }

  // The API key is in the header: missing or wrong is `refused` (eyeson-api 8, C-3).
  template <class Controller>
  using WithAccount = void (Controller::*)(const net::Request&, net::Reply, const hub::AccountInfo&);
  template <class Controller>
  void add_account(std::string_view method, std::string_view pattern, Controller* self,
                   WithAccount<Controller> handler, int refused = 403) {
    add(method, pattern,
        [&dialect = dialect_, self, handler, refused](const net::Request& request, net::Reply reply) {
          const auto account = account_of(dialect, request);
          if (!account) return reply.error(refused, "Invalid API key");
          (self->*handler)(request, std::move(reply), *account);
        });
  }

 private:
  net::Router& router_;
  Dialect& dialect_;
};

} // namespace plenum::api::eyeson
