// Contract: this dialect's machine-readable description, built into the program from contract/: OpenAPI 3.1,
// JSON Schemas of what observers and webhooks get, and a page that shows them without the network.
// Owner: constant. Thread: any. Source: eyeson-api 3, 5.5, 6.4.
#pragma once

#include <span>
#include <string_view>

namespace plenum::api::eyeson {

struct ContractFile {
  std::string_view path; // "/openapi.json"
  std::string_view content_type;
  std::string_view content;
};
std::span<const ContractFile> contract_files();

} // namespace plenum::api::eyeson
