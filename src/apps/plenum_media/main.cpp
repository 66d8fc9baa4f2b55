// plenum-media: the media worker. Started by `plenum`, never by hand: it inherits two listening Unix sockets
// and owns no way to open another connection.
#include "base/log.hpp"
#include "engine/worker.hpp"

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <string>

namespace {

#ifdef PLENUM_X264
#define PLENUM_GPL_PARTS "x264 (GPL-2.0-or-later) and Debian's GPL build of FFmpeg"
#else
#define PLENUM_GPL_PARTS "Debian's GPL build of FFmpeg"
#endif

constexpr const char* kLicences = R"(plenum-media is part of Plenum (Apache-2.0).
This binary links )" PLENUM_GPL_PARTS R"( and is therefore
distributed under the terms of the GNU General Public License, version 3.
It also links libvpx, libopus, openh264, libyuv, libsrtp2, usrsctp (BSD), OpenSSL (Apache-2.0),
Pango and Cairo (LGPL), libpng, libjpeg-turbo and libwebp.
)";

plenum::engine::Worker* running = nullptr;
void on_signal(int) {
  if (running != nullptr) running->stop();
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app("Plenum's media worker: one room. Started by `plenum serve`.");
  plenum::engine::WorkerOptions options;
  bool licences = false, debug = false, text = false;
  std::string id = "0";
  app.add_flag("--licences", licences, "print the licences of this binary");
  app.add_option("--link-fd", options.link_fd, "inherited listening stream socket for control");
  app.add_option("--door-fd", options.door_fd, "inherited listening seqpacket socket for the door");
  app.add_option("--id", id, "number of this worker, for logs");
  app.add_flag("--debug", debug, "log at debug level");
  app.add_flag("--log-text", text, "readable log lines instead of JSON");
  CLI11_PARSE(app, argc, argv);
  if (licences) {
    std::fputs(kLicences, stdout);
    return 0;
  }
  namespace log = plenum::base::log;
  log::start(debug ? log::Level::debug : log::Level::info, text ? log::Format::text : log::Format::json,
             "media-" + id);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGINT, SIG_IGN); // Ctrl-C in a terminal is for control, which then tells us
  const plenum::base::Env env;
  {
    plenum::engine::Worker worker(env, options);
    running = &worker;
    std::signal(SIGTERM, on_signal);
    worker.run();
    running = nullptr;
  }
  log::stop();
  return 0;
}
