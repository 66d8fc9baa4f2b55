// plenum: control process and command-line tool in one.
#include "apps/plenum/commands.hpp"
#include "apps/plenum/config.hpp"
#include "apps/plenum/hook_commands.hpp"
#include "apps/plenum/server.hpp"
#include "base/log.hpp"

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>
#include <fmt/format.h>
#include <map>
#include <string>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

namespace {

namespace app = plenum::app;
namespace log = plenum::base::log;

constexpr const char* kVersion = "plenum 0.1.0";

std::vector<std::string> environment() {
  std::vector<std::string> out;
  for (char** entry = environ; *entry != nullptr; ++entry)
    out.emplace_back(*entry);
  return out;
}

void start_log(const app::Config& config) {
  const auto level = config.log_level == "debug"   ? log::Level::debug
                     : config.log_level == "warn"  ? log::Level::warn
                     : config.log_level == "error" ? log::Level::error
                                                   : log::Level::info;
  log::start(level, config.log_format == "text" ? log::Format::text : log::Format::json, "control");
}

// Every pair of a call is a descriptor: take as many as the system lets us have.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

int serve(const app::Config& config, app::ServeOptions options) {
  start_log(config);
  std::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  ::setenv("RES_OPTIONS", "timeout:2 attempts:2",
           0); // looking up a name shall not take longer than a request
  const plenum::base::Env env;
  int status = 0;
  {
    auto server = app::Server::create(env, config, std::move(options));
    plenum::base::Result<void> ran;
    if (server) ran = (*server)->run();
    if (!server || !ran) {
      fmt::print(stderr, "plenum: {}\n", server ? ran.error().text : server.error().text);
      status = 1;
    }
  }
  log::stop();
  return status;
}

// What the command line asks for.
struct Wish {
  std::string file;                         // --config
  std::map<std::string, std::string> flags; // settings by key
  app::ServeOptions serve;
  app::RoomTarget target; // no URL: the server of these settings
  std::string team = "My team", id, name, user = "Host";
  bool widescreen = false;
  bool parked = false;
  std::string delivery, account;
};

void add_settings(CLI::App& cli, Wish& wish) {
  cli.add_option("--config", wish.file, "TOML file")->envname("PLENUM_CONFIG");
  for (const auto& setting : app::settings())
    cli.add_option_function<std::string>(
           setting.flag(), [&wish, key = setting.key](const std::string& value) { wish.flags[key] = value; },
           setting.help)
        ->group("Settings (also in the file, and as PLENUM_… variables)");
}

void add_room_options(CLI::App& room, CLI::App& create, CLI::App& end, Wish& wish) {
  room.add_option("--url", wish.target.url, "the server; else that of the settings, on this machine")
      ->envname("PLENUM_URL");
  room.add_option("--key", wish.target.api_key, "API key (else PLENUM_API_KEY)");
  create.add_option("id", wish.id, "id of the room")->required();
  create.add_option("--name", wish.name, "name of the meeting");
  create.add_option("--user", wish.user, "name of the host");
  create.add_flag("--widescreen", wish.widescreen, "1280x720 instead of 1280x960");
  end.add_option("id", wish.id, "id of the room")->required();
}

void add_hook_options(CLI::App& list, CLI::App& replay, CLI::App& test, Wish& wish) {
  list.add_flag("--parked", wish.parked, "the deliveries that were given up instead");
  replay.add_option("delivery", wish.delivery, "which one; else all of --account, else all");
  replay.add_option("--account", wish.account, "whose (plenum key ls)");
  test.add_option("--account", wish.account, "whose hook; not needed when there is only one");
}

} // namespace

int main(int argc, char** argv) {
  CLI::App cli("Plenum: a meeting-room server. One composed picture per room.");
  cli.require_subcommand(1);
  cli.fallthrough();
  Wish wish;
  wish.serve.program = argv[0];
  add_settings(cli, wish);
  auto* serve_command = cli.add_subcommand("serve", "run the server");
  serve_command->add_flag("--keep-media", wish.serve.keep_media,
                          "on shutdown leave meetings running for the next control process");
  serve_command->add_flag("--try", wish.serve.try_it, "make an API key at the first start, and a meeting");
  auto* key = cli.add_subcommand("key", "API keys")->require_subcommand(1);
  auto* key_create = key->add_subcommand("create", "make a key and print it, this once");
  key_create->add_option("--name", wish.team, "name of its team");
  auto* key_list = key->add_subcommand("ls", "accounts that have a key");
  auto* room = cli.add_subcommand("room", "meetings of a running server")->require_subcommand(1);
  auto* room_create = room->add_subcommand("create", "open a meeting and print its links");
  auto* room_list = room->add_subcommand("ls", "meetings that run");
  auto* room_end = room->add_subcommand("end", "end a meeting");
  add_room_options(*room, *room_create, *room_end, wish);
  auto* hook = cli.add_subcommand("hook", "what owners are told (webhooks)")->require_subcommand(1);
  auto* hook_list = hook->add_subcommand("ls", "hooks, and what waits for them");
  auto* hook_replay = hook->add_subcommand("replay", "send parked deliveries again");
  auto* hook_test = hook->add_subcommand("test", "send a test and say what came of it");
  add_hook_options(*hook_list, *hook_replay, *hook_test, wish);
  auto* config = cli.add_subcommand("config", "settings")->require_subcommand(1);
  auto* config_show = config->add_subcommand("show", "each value and where it came from");
  auto* config_check = config->add_subcommand("check", "exit status 0 when the settings are good");
  auto* version = cli.add_subcommand("version", "print the version");
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return cli.exit(error) == 0 ? 0 : 2; // --help is no mistake
  }

  if (version->parsed()) {
    fmt::print("{}\n", kVersion);
    return 0;
  }
  const auto loaded = app::load_config(wish.file, environment(), wish.flags);
  if (!loaded) {
    fmt::print(stderr, "plenum: {}\n", loaded.error().text);
    return 2;
  }
  if (wish.target.url.empty()) wish.target.url = app::local_url(loaded->config);
  const plenum::base::Env env;
  if (serve_command->parsed()) return serve(loaded->config, wish.serve);
  if (key_create->parsed()) return app::create_key(env, loaded->config, wish.team);
  if (key_list->parsed()) return app::list_keys(env, loaded->config);
  if (room_create->parsed())
    return app::create_room(wish.target, wish.id, wish.name, wish.user, wish.widescreen);
  if (room_list->parsed()) return app::list_rooms(wish.target);
  if (room_end->parsed()) return app::end_room(wish.target, wish.id);
  if (hook_list->parsed()) return app::list_hooks(env, loaded->config, wish.parked);
  if (hook_replay->parsed()) return app::replay_deliveries(env, loaded->config, wish.delivery, wish.account);
  if (hook_test->parsed()) return app::test_hook(env, loaded->config, wish.account);
  if (config_show->parsed()) return app::show_config(*loaded);
  if (config_check->parsed()) fmt::print("fine\n");
  return 0;
}
