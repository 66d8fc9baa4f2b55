#include "api/eyeson/docs_controller.hpp"

#include "api/eyeson/contract.hpp"
#include "api/eyeson/routes.hpp"

namespace plenum::api::eyeson {
namespace {

constexpr std::string_view kCsp = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; "
                                  "connect-src 'self'; base-uri 'none'; form-action 'none'";

} // namespace

void DocsController::add_routes(net::Router& router) {
  Routes routes(router, dialect_);
  for (const auto& file : contract_files()) {
    const auto content = std::make_shared<const std::string>(file.content);
    routes.add("GET", file.path, [content, type = file.content_type](const net::Request&, net::Reply reply) {
      auto response = net::Response::text(200, {}, type);
      response.shared_body = content;
      if (type.starts_with("text/html")) net::add_page_security(response, kCsp);
      reply.send(std::move(response));
    });
  }
}

} // namespace plenum::api::eyeson
