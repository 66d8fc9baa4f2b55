// Libraries: what they open lazily is opened before the worker is confined.
//
// Fonts and their configuration, the crypto modules of NSS below libsrtp, OpenSSL's configuration. Starts no
// thread and reads nothing that comes from people. Owner: main. Thread: main.
#pragma once

#include <string>
#include <vector>

namespace plenum::media {

void open_libraries();

// What may still be read afterwards: fonts of scripts that the first name with them asks for, the number of
// CPUs, the system's random numbers.
std::vector<std::string> paths_read_later();

} // namespace plenum::media
