// plenum-media: the media worker. Started by `plenum`, never by hand: it inherits two listening Unix sockets
// and, confined, owns no way to open another connection.
#include "apps/plenum_media/libraries.hpp"
#include "apps/plenum_media/sandbox.hpp"
#include "base/log.hpp"
#include "engine/worker.hpp"

#include <CLI/CLI.hpp>
#include <array>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <new>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

#ifdef PLENUM_X264
#define PLENUM_GPL_PARTS "x264 (GPL-2.0-or-later) and Debian's GPL build of FFmpeg"
#else
#define PLENUM_GPL_PARTS "Debian's GPL build of FFmpeg"
#endif

namespace log = plenum::base::log;
namespace media = plenum::media;

constexpr const char* kLicences = R"(plenum-media is part of Plenum (Apache-2.0).
This binary links )" PLENUM_GPL_PARTS R"( and is therefore
distributed under the terms of the GNU General Public License, version 3.
It also links libvpx, libopus, openh264, libyuv, libsrtp2, usrsctp (BSD), OpenSSL (Apache-2.0),
Pango and Cairo (LGPL), libseccomp (LGPL), fontconfig, libpng, libjpeg-turbo and libwebp.
)";

struct Options {
  plenum::engine::WorkerOptions worker;
  media::Sandbox sandbox;
  std::uint64_t id = 0;
  bool licences = false, debug = false, text = false, unconfined = false, own_user = false;
  std::vector<std::uint32_t> user{}; // uid and gid, or nothing
};

plenum::engine::Worker* running = nullptr;
void on_signal(int) {
  if (running != nullptr) running->stop();
}

// The last words of a worker that has no memory left, written without any: the log cannot be asked for it.
std::array<char, 64> own_name{};
bool last_words_as_text = false;
[[noreturn]] void out_of_memory() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::array<char, 32> time{};
  std::strftime(time.data(), time.size(), "%Y-%m-%dT%H:%M:%S.000Z", &utc);
  std::array<char, 256> line{};
  const int size = std::snprintf(
      line.data(), line.size(),
      last_words_as_text ? "%s error %s out of memory\n"
                         : R"({"time":"%s","level":"error","process":"%s","message":"out of memory"})"
                           "\n",
      time.data(), own_name.data());
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), static_cast<std::size_t>(size));
  std::abort();
}

void add_options(CLI::App& app, Options& options) {
  app.add_flag("--licences", options.licences, "print the licences of this binary");
  app.add_option("--link-fd", options.worker.link_fd, "inherited listening stream socket for control");
  app.add_option("--door-fd", options.worker.door_fd, "inherited listening seqpacket socket for the door");
  app.add_option("--id", options.id, "number of this worker, for logs and its own user id");
  app.add_flag("--debug", options.debug, "log at debug level");
  app.add_flag("--log-text", options.text, "readable log lines instead of JSON");
  app.add_flag("--no-sandbox", options.unconfined, "run with all rights of the user, for debugging");
  app.add_option("--memory-mb", options.sandbox.memory_mb, "private memory of the process; 0: no limit");
  app.add_flag("--dumps", options.sandbox.dumps, "allow core dumps and debuggers");
  auto* own = app.add_flag("--own-user", options.own_user, "as root: become a user that no other worker is");
  app.add_option("--user", options.user, "as root: become this user and group, by number")
      ->expected(2)
      ->excludes(own);
}

// Before the first thread, the log's included: Landlock binds threads one by one.
plenum::base::Result<media::Confinement> confine(Options& options) {
  if (options.unconfined) return {};
  auto& sandbox = options.sandbox;
  if (options.own_user) sandbox.user = media::own_user(options.id);
  if (!options.user.empty()) sandbox.user = media::User{.uid = options.user[0], .gid = options.user[1]};
  media::open_libraries();
  sandbox.readable = media::paths_read_later();
  return media::confine(sandbox);
}

void report(const Options& options, const media::Confinement& done) {
  if (options.unconfined) return log::warn("", "this worker is not confined");
  for (const auto& missing : done.missing)
    log::warn("", "confined, but not by this kernel", "missing", missing);
  log::info("", "confined", "user", ::getuid(), "landlock", done.landlock, "memory_mb",
            options.sandbox.memory_mb, "dumps", options.sandbox.dumps);
}

int serve(const Options& options) {
  const plenum::base::Env env;
  plenum::engine::Worker worker(env, options.worker);
  running = &worker;
  std::signal(SIGTERM, on_signal);
  worker.run();
  running = nullptr;
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app("Plenum's media worker: one room. Started by `plenum serve`.");
  Options options;
  add_options(app, options);
  CLI11_PARSE(app, argc, argv);
  if (options.licences) {
    std::fputs(kLicences, stdout);
    return 0;
  }
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGINT, SIG_IGN); // Ctrl-C in a terminal is for control, which then tells us
  const auto name = "media-" + std::to_string(options.id);
  name.copy(own_name.data(), own_name.size() - 1);
  last_words_as_text = options.text;
  std::set_new_handler(out_of_memory);
  const auto confined = confine(options);
  log::start(options.debug ? log::Level::debug : log::Level::info,
             options.text ? log::Format::text : log::Format::json, name);
  int status = 1; // half confined is not confined
  if (confined) {
    report(options, *confined);
    status = serve(options);
  } else {
    log::error("", "cannot be confined, so it ends (media.sandbox)", "why", confined.error().text);
  }
  log::stop();
  return status;
}
