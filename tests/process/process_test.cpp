#include "tests/process/client.hpp"

#include <gmock/gmock.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace plenum::process {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kSubscribe = R"({"command":"subscribe","identifier":"{\"channel\":\"RoomChannel\"}"})";

TEST_F(Process, version_and_help) {
  EXPECT_THAT(run({"version"}).out, HasSubstr("plenum "));
  const auto help = run({"--help"});
  EXPECT_EQ(help.status, 0);
  EXPECT_THAT(help.out, HasSubstr("serve"));
  EXPECT_EQ(run({}).status, 2);
  EXPECT_EQ(run({"nonsense"}).status, 2);
}

TEST_F(Process, config_show_tells_origins_and_hides_secrets) {
  std::ofstream(directory / "plenum.toml") << "[http]\nport = 1234\n[ice]\nturn_secret = \"hidden\"\n";
  const auto shown = run({"config", "show", "--config", directory / "plenum.toml", "--video-codec", "h264"},
                         {"PLENUM_ROOMS_MOST=9"});
  EXPECT_EQ(shown.status, 0) << shown.err;
  EXPECT_THAT(shown.out, ::testing::ContainsRegex("http.port *= 1234 *# file .*plenum.toml"));
  EXPECT_THAT(shown.out, ::testing::ContainsRegex("rooms.most *= 9 *# environment"));
  EXPECT_THAT(shown.out, ::testing::ContainsRegex("video.codec *= h264 *# flag"));
  EXPECT_THAT(shown.out, ::testing::ContainsRegex("media.port *= 10000 *# default"));
  EXPECT_THAT(shown.out, Not(HasSubstr("hidden")));
  EXPECT_EQ(run({"config", "check"}, {"PLENUM_CONFIG=" + (directory / "plenum.toml").string()}).status, 0);
}

TEST_F(Process, wrong_configuration_is_status_2) {
  std::ofstream(directory / "bad.toml") << "[http]\nprot = 1\n";
  const auto check = [&](std::vector<std::string> arguments, std::vector<std::string> environment,
                         const std::string& says) {
    const auto got = run(std::move(arguments), std::move(environment));
    EXPECT_EQ(got.status, 2);
    EXPECT_THAT(got.out + got.err, HasSubstr(says));
  };
  check({"config", "check", "--config", directory / "bad.toml"}, {}, "http.prot");
  check({"serve", "--config", directory / "bad.toml"}, {}, "http.prot");
  check({"serve", "--config", directory / "none.toml"}, {}, "none.toml");
  check({"serve"}, {"PLENUM_HTTP_PROT=1"}, "PLENUM_HTTP_PROT");
  check({"serve", "--http-port", "many"}, {}, "http.port");
  check({"serve", "--http-prot", "1"}, {}, "--http-prot");
}

TEST_F(Process, keys_are_made_once_and_listed_without_the_secret) {
  make_key();
  const auto first = key;
  make_key();
  EXPECT_NE(key, first);
  const auto listed = run({"key", "ls", "--data-directory", data()});
  EXPECT_EQ(std::ranges::count(listed.out, '\n'), 2);
  EXPECT_THAT(listed.out, HasSubstr("Acme"));
  for (const auto& file : fs::recursive_directory_iterator(data())) {
    if (!file.is_regular_file()) continue;
    std::stringstream all;
    all << std::ifstream(file.path()).rdbuf();
    EXPECT_THAT(all.str(), Not(HasSubstr(key))) << file.path();
    EXPECT_EQ(fs::status(file.path()).permissions() & (fs::perms::group_all | fs::perms::others_all),
              fs::perms::none)
        << file.path();
  }
}

TEST_F(Process, port_in_use_is_status_1) {
  const int taken = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
  socklen_t size = sizeof at;
  ASSERT_EQ(::bind(taken, reinterpret_cast<sockaddr*>(&at), size), 0);
  ASSERT_EQ(::listen(taken, 1), 0);
  ::getsockname(taken, reinterpret_cast<sockaddr*>(&at), &size);
  const auto port = std::to_string(ntohs(at.sin_port));
  for (const std::string flag : {"--http-port", "--admin-port", "--media-port"}) {
    auto arguments = Server::arguments(data(), {});
    *(std::ranges::find(arguments, flag) + 1) = port;
    const auto got = run(arguments);
    EXPECT_EQ(got.status, 1) << flag;
    EXPECT_THAT(got.err, HasSubstr(port)) << flag;
    EXPECT_THAT(got.err, HasSubstr("plenum: ")) << flag;
  }
  ::close(taken);
}

TEST_F(Process, one_server_for_one_directory) {
  Server server(data());
  const auto second = run(Server::arguments(data(), {}));
  EXPECT_EQ(second.status, 1);
  EXPECT_THAT(second.err, HasSubstr("another server uses"));
  EXPECT_EQ(server.end(), 0);
}

TEST_F(Process, rooms_from_the_command_line) {
  make_key();
  Server server(data());
  const std::vector<std::string> environment{"PLENUM_API_KEY=" + key, "PLENUM_URL=" + server.http};
  const auto made =
      run({"room", "create", "daily sync", "--name", "Daily", "--user", "Ann", "--widescreen"}, environment);
  EXPECT_EQ(made.status, 0) << made.err;
  EXPECT_THAT(made.out, HasSubstr(server.http + "/?"));
  EXPECT_THAT(made.out, HasSubstr(server.http + "/?guest="));
  EXPECT_THAT(run({"room", "ls"}, environment).out, HasSubstr("daily sync"));
  EXPECT_EQ(run({"room", "end", "daily sync"}, environment).status, 0);
  EXPECT_EQ(run({"room", "ls"}, environment).out, "");
  EXPECT_EQ(run({"room", "end", "daily sync"}, environment).status, 1);
  EXPECT_THAT(run({"room", "ls", "--key", "wrong"}, environment).err, HasSubstr("403"));
  EXPECT_THAT(run({"room", "ls"}).err, HasSubstr("PLENUM_API_KEY"));
  EXPECT_EQ(server.end(), 0);
}

TEST_F(Process, health_readiness_and_metrics) {
  make_key();
  Server server(data());
  EXPECT_EQ(ask("GET", server.admin + "/healthz").status, 200);
  EXPECT_EQ(ask("GET", server.admin + "/readyz").status, 200);
  open(server, "r", "ann");
  const auto metrics = ask("GET", server.admin + "/metrics");
  EXPECT_EQ(metrics.status, 200);
  EXPECT_THAT(metrics.body, HasSubstr("plenum_rooms_open 1\n"));
  EXPECT_THAT(metrics.body, HasSubstr("# TYPE plenum_commands_total counter"));
  EXPECT_EQ(ask("GET", server.http + "/metrics").status, 404) << "only on the admin port";
  EXPECT_EQ(ask("GET", server.admin + "/rooms").status, 404);
  EXPECT_EQ(ask("GET", server.http + "//rooms").status, 200); // a base URL with a slash at its end
  EXPECT_EQ(server.end(), 0);
}

// One client never calls when both lists are empty.
TEST_F(Process, clients_are_told_our_own_stun_server) {
  make_key();
  Server server(data());
  const auto options = *base::find(*base::find(open(server, "r", "ann"), "signaling"), "options");
  const auto media = text_at(*server.find("serving"), {"media"});
  EXPECT_EQ(text_at(options, {"stun_servers"}), R"(["stun:127.0.0.1:)" + media + R"("])");
  EXPECT_EQ(text_at(options, {"turn_servers"}), "[]");
  EXPECT_EQ(server.end(), 0);
}

TEST_F(Process, the_worker_tells_its_licences) {
  Program program(PLENUM_MEDIA_PROGRAM, {"--licences"});
  EXPECT_EQ(program.wait(), 0);
  EXPECT_THAT(program.out, HasSubstr("GNU General Public License, version 3"));
#ifdef PLENUM_X264
  EXPECT_THAT(program.out, HasSubstr("links x264"));
#else
  EXPECT_THAT(program.out, Not(HasSubstr("x264")));
#endif
}

TEST_F(Process, a_key_made_while_serving_works) {
  Server server(data());
  make_key();
  const auto until =
      std::chrono::steady_clock::now() + kPatience; // the server looks at its store now and then
  int status = 0;
  while (status != 200 && std::chrono::steady_clock::now() < until)
    status = ask("GET", server.http + "/rooms").status;
  EXPECT_EQ(status, 200);
  EXPECT_EQ(server.end(), 0);
}

TEST_F(Process, restart_restores_rooms_with_their_keys) {
  make_key();
  value ann;
  {
    Server server(data(), {"--keep-media"});
    ann = open(server, "daily", "ann");
    EXPECT_EQ(server.end(), 0);
  }
  Server server(data());
  const auto again = ask("GET", server.http + "/rooms/" + text_at(ann, {"access_key"}));
  EXPECT_EQ(again.status, 200);
  for (const auto& path : std::vector<std::vector<std::string_view>>{
           {"room", "guest_token"}, {"room", "started_at"}, {"user", "id"}}) {
    const auto part = [&](const value& in) { return text_at(in, {path[0], path[1]}); };
    EXPECT_EQ(part(again.json), part(ann));
  }
  EXPECT_EQ(text_at(again.json, {"signaling", "options", "client_id"}),
            text_at(ann, {"signaling", "options", "client_id"}));
  EXPECT_EQ(text_at(again.json, {"signaling", "options", "conf_id"}),
            text_at(ann, {"signaling", "options", "conf_id"}));
  // The signaling token of before is still good.
  auto socket = call(server, ann);
  EXPECT_EQ(text_at(socket->wait_for("call_accepted"), {"data", "sdp", "type"}), "answer");
  EXPECT_EQ(ask("POST", server.http + "/guests/" + text_at(ann, {"room", "guest_token"}), "name=Gus").status,
            201);
  EXPECT_EQ(text_at(open(server, "daily", "ann"), {"access_key"}), text_at(ann, {"access_key"}));
  EXPECT_EQ(server.end(), 0);
}

TEST_F(Process, sigkill_loses_nothing) {
  make_key();
  value ann;
  {
    Server server(data());
    ann = open(server, "daily", "ann");
    server.signal(SIGKILL);
    EXPECT_EQ(server.wait(), -SIGKILL);
  }
  Server server(data());
  EXPECT_EQ(ask("GET", server.http + "/rooms/" + text_at(ann, {"access_key"})).status, 200);
  EXPECT_EQ(server.end(), 0);
}

TEST_F(Process, sigterm_ends_meetings) {
  make_key();
  value ann;
  {
    Server server(data());
    ann = open(server, "daily", "ann");
    auto socket = call(server, ann);
    socket->wait_for("call_accepted");
    Socket cable(env, loop, server.http + "/rt?access_key=" + text_at(ann, {"access_key"}),
                 {"actioncable-v1-json"});
    cable.wait_for("welcome");
    cable.socket.send_text(kSubscribe);
    cable.wait_for("room_ready");
    const auto workers = children_of(server.pid());
    EXPECT_FALSE(workers.empty());
    server.signal(SIGTERM);
    EXPECT_EQ(text_at(socket->wait_for("call_terminated"), {"data", "term_code"}), "200");
    EXPECT_EQ(text_at(cable.wait_for("room_update"), {"message", "content", "shutdown"}), "true");
    EXPECT_EQ(text_at(cable.wait_for("disconnect"), {"reconnect"}), "false");
    EXPECT_TRUE(socket->wait_closed());
    EXPECT_TRUE(cable.wait_closed());
    EXPECT_EQ(server.wait(), 0);
    for (const auto worker : workers)
      EXPECT_TRUE(wait_end(worker));
  }
  Server server(data());
  EXPECT_EQ(ask("GET", server.http + "/rooms/" + text_at(ann, {"access_key"})).status, 410);
  EXPECT_EQ(server.end(), 0);
}

TEST_F(Process, keep_media_leaves_the_worker_to_the_next_server) {
  make_key();
  value ann;
  pid_t kept = 0;
  {
    Server server(data(), {"--keep-media"});
    ann = open(server, "daily", "ann");
    auto socket = call(server, ann);
    socket->wait_for("call_accepted");
    const auto before = children_of(server.pid());
    server.signal(SIGTERM);
    EXPECT_TRUE(socket->wait_closed());
    EXPECT_NE(socket->closed->code, 1000);
    EXPECT_EQ(server.wait(), 0);
    for (const auto pid : before) // spares end, the room's worker goes on; it is ours now
      if (children_of(::getpid()).contains(pid)) kept = pid;
    ASSERT_NE(kept, 0);
  }
  Server server(data());
  EXPECT_EQ(text_at(server.wait_for("found a running worker"), {"process"}), std::to_string(kept));
  server.wait_for("room has a worker");
  const auto room = ask("GET", server.http + "/rooms/" + text_at(ann, {"access_key"}));
  EXPECT_EQ(room.status, 200);
  EXPECT_TRUE(children_of(::getpid()).contains(kept)) << "the same process goes on";
  // It is really in use: it answers the next call of the room.
  auto socket = call(server, room.json);
  socket->wait_for("call_accepted");
  EXPECT_EQ(server.end(), 0);
  EXPECT_TRUE(wait_end(kept));
}

TEST_F(Process, logs_hold_no_secrets) {
  make_key();
  Server server(data());
  const auto ann = open(server, "daily", "ann");
  const auto access = text_at(ann, {"access_key"});
  auto socket = call(server, ann);
  socket->wait_for("call_accepted");
  Socket cable(env, loop, server.http + "/rt?access_key=" + access, {"actioncable-v1-json"});
  Socket observer(env, loop, server.http + "/rt?room_id=daily&api_key=" + key);
  cable.wait_for("welcome"), observer.wait_for("welcome");
  cable.socket.send_text(kSubscribe);
  cable.wait_for("room_ready");
  const auto guest =
      ask("POST", server.http + "/guests/" + text_at(ann, {"room", "guest_token"}), "name=Gus");
  ask("GET", server.http + "/rooms/" + access + "/nothing?access_key=" + access);
  ask("POST", server.http + "/rooms/" + access + "/messages", "type=chat&content=our-private-words");
  ask("POST", server.http + "/rooms", "{" + access);
  Socket wrong(env, loop,
               server.http + "/call?auth_token=" + text_at(ann, {"signaling", "options", "auth_token"}) +
                   "x");
  wrong.wait_closed();
  ask("DELETE", server.http + "/rooms/" + access);
  EXPECT_EQ(server.end(), 0);
  const auto log = server.out + server.err;
  EXPECT_THAT(log, HasSubstr("meeting ended")) << "there is a log at all";
  for (const auto& secret :
       {key, access, text_at(guest.json, {"access_key"}), text_at(ann, {"room", "guest_token"}),
        text_at(ann, {"signaling", "options", "auth_token"}), std::string("our-private-words")}) {
    ASSERT_GE(secret.size(), 16U);
    EXPECT_EQ(log.find(secret), std::string::npos) << secret;
  }
}

} // namespace
} // namespace plenum::process
