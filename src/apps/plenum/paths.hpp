// Where the other parts of an installation are, seen from the running program; addresses of this machine.
// Thread: start-up.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace plenum::app {

// plenum-media: beside the program, or where the build puts it. Empty: nowhere.
std::filesystem::path find_media_program(const std::string& program);
// The built meeting page: /usr/share/plenum/web, or web/dist of the source tree. Empty: nowhere.
std::filesystem::path find_page(const std::string& program);
// Addresses of all interfaces that are up, public ones first, 127.0.0.1 last; no link-local ones.
std::vector<std::string> interface_addresses();

} // namespace plenum::app
