// DocsController: /openapi.json, the schemas of events, and /docs, a page that shows them from this server
// alone. Owner: Rest. Thread: core. Source: contract.hpp.
#pragma once

#include "api/eyeson/dialect.hpp"
#include "net/router.hpp"

namespace plenum::api::eyeson {

class DocsController {
 public:
  explicit DocsController(Dialect& dialect) : dialect_(dialect) {}
  void add_routes(net::Router& router);

 private:
  Dialect& dialect_;
};

} // namespace plenum::api::eyeson
