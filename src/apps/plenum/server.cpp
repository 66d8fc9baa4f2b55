#include "apps/plenum/server.hpp"

#include "api/admin/admin_routes.hpp"
#include "apps/plenum/confinement.hpp"
#include "apps/plenum/paths.hpp"
#include "base/log.hpp"

#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace plenum::app {
namespace {

using base::ErrorCode;
using base::fail;
using base::Result;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr int kTryMeetingMinutes = 60;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

// The key that signs signaling tokens, kept so that tokens survive a restart. 0600.
Result<net::JwtKey> token_key(const fs::path& file) {
  if (fs::exists(file)) return net::JwtKey::es384_from_pem(read_file(file));
  auto key = net::JwtKey::es384_generate();
  if (!key) return key;
  const auto pem = key->private_pem();
  if (!pem) return std::unexpected(pem.error());
  const fs::path draft = file.string() + ".new"; // renamed when whole, so that a crash leaves no half key
  const int fd = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) return fail(ErrorCode::unavailable, "cannot write " + draft.string());
  const auto text = pem->reveal();
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  std::error_code error;
  if (::close(fd) == 0 && written) fs::rename(draft, file, error);
  if (!written || error) return fail(ErrorCode::unavailable, "cannot write " + file.string());
  return key;
}

// One server for one directory: a second one would adopt the first one's media workers. The descriptor holds
// the lock and is never passed on.
Result<int> lock_directory(const fs::path& directory) {
  const auto file = directory / "serve.lock";
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) return fail(ErrorCode::unavailable, "cannot write " + file.string());
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
  ::close(fd);
  return fail(ErrorCode::unavailable, "another server uses " + directory.string());
}

std::vector<link::MediaAddress> media_addresses(const Config& config, std::uint16_t port) {
  const auto announced = config.media_announce.empty() ? interface_addresses() : config.media_announce;
  std::vector<link::MediaAddress> out;
  for (const auto& address : announced)
    out.push_back({address, port, config.media_tcp ? port : std::uint16_t{0}});
  return out;
}

api::eyeson::RateLimit request_limit(std::uint32_t per_second) {
  return api::eyeson::RateLimit({.per_second = double(per_second), .burst = 5.0 * per_second});
}

std::string stun_url(const link::MediaAddress& at) {
  const bool v6 = at.address.contains(':');
  return "stun:" + (v6 ? "[" + at.address + "]" : at.address) + ":" + std::to_string(at.udp_port);
}

} // namespace

class Server::LoopWires final : public hub::Wires {
 public:
  explicit LoopWires(net::EventLoop& loop) : loop_(loop) {}
  std::unique_ptr<Watch> readable(int fd, Call call) override {
    class LoopWatch final : public Watch {
     public:
      explicit LoopWatch(std::unique_ptr<net::EventLoop::Watch> watch) : watch_(std::move(watch)) {}

     private:
      std::unique_ptr<net::EventLoop::Watch> watch_;
    };
    return std::make_unique<LoopWatch>(loop_.watch_readable(fd, std::move(call)));
  }

 private:
  net::EventLoop& loop_;
};

class Server::DoorAdapter final : public hub::DoorPort {
 public:
  explicit DoorAdapter(door::Door& door) : door_(door) {}
  void attach(hub::WorkerId worker, const std::string& socket_path,
              const std::string& ufrag_prefix) override {
    if (!door_.attach(worker, socket_path, ufrag_prefix))
      base::log::error("", "the door's mailbox is full", "worker", worker);
  }
  void detach(hub::WorkerId worker) override { door_.detach(worker); }

 private:
  door::Door& door_;
};

Server::Server(const base::Env& env, Config config, ServeOptions options, net::JwtKey key)
    : env_(env), config_(std::move(config)), options_(std::move(options)), token_key_(std::move(key)),
      loop_(env) {}

Server::~Server() {
  if (lock_ >= 0) ::close(lock_);
}

Result<std::unique_ptr<Server>> Server::create(const base::Env& env, Config config, ServeOptions options) {
  std::error_code error;
  const bool made = fs::create_directories(config.data_directory, error);
  if (error)
    return fail(ErrorCode::unavailable, "cannot make " + config.data_directory + ": " + error.message());
  if (made) fs::permissions(config.data_directory, fs::perms::owner_all, error); // others' stay as they are
  const auto lock = lock_directory(config.data_directory);
  if (!lock) return std::unexpected(lock.error());
  auto key = token_key(fs::path(config.data_directory) / "signaling-token.key");
  if (!key) {
    ::close(*lock);
    return std::unexpected(std::move(key).error());
  }
  std::unique_ptr<Server> server(new Server(env, std::move(config), std::move(options), std::move(*key)));
  server->lock_ = *lock;
  if (auto opened = server->open(); !opened) return std::unexpected(std::move(opened).error());
  return server;
}

Result<void> Server::open() {
  auto opened = store::open_store(env_, loop_, {.directory = config_.data_directory});
  if (!opened) return std::unexpected(std::move(opened).error());
  store_ = std::move(*opened);

  door_ = std::make_unique<door::Door>(env_, door::DoorConfig{.addresses = config_.media_listen,
                                                              .port = config_.media_port,
                                                              .tcp = config_.media_tcp,
                                                              .stun = config_.media_stun});
  if (auto started = door_->start(); !started) return started;
  door_port_ = std::make_unique<DoorAdapter>(*door_);

  hub::ProcessOptions processes;
  processes.executable = config_.workers_executable.empty() ? find_media_program(options_.program)
                                                            : fs::path(config_.workers_executable);
  if (processes.executable.empty())
    return fail(ErrorCode::unavailable, "plenum-media is not beside this program");
  processes.run_directory = fs::absolute(config_.data_directory) / "run";
  processes.spares = config_.workers_spares;
  processes.most = config_.workers_most;
  auto confinement = confinement_arguments(config_, ::geteuid() == 0);
  if (!confinement) return std::unexpected(std::move(confinement).error());
  processes.arguments = std::move(*confinement);
  if (!config_.media_sandbox) base::log::warn("", "media processes are not confined: media.sandbox is off");
  if (config_.log_format == "text") processes.arguments.emplace_back("--log-text");
  if (config_.log_level == "debug") processes.arguments.emplace_back("--debug");
  wires_ = std::make_unique<LoopWires>(loop_);
  workers_ = std::make_unique<hub::ProcessPool>(env_, loop_, *wires_, std::move(processes));

  hub::HubOptions rooms;
  rooms.rooms = config_.rooms_most;
  rooms.limits.idle = std::chrono::seconds(config_.rooms_idle_seconds);
  rooms.limits.grace = std::chrono::seconds(config_.rooms_grace_seconds);
  rooms.limits.present = config_.rooms_members;
  rooms.addresses = media_addresses(config_, door_->port());
  rooms.video_codec = config_.video_codec;
  rooms.continue_in_place = config_.continue_in_place;
  std::string own_stun;
  if (config_.media_stun && !rooms.addresses.empty()) own_stun = stun_url(rooms.addresses.front());
  hub_ = std::make_unique<hub::Hub>(env_, loop_, store_->room_log(), store_->accounts(), store_->archive(),
                                    *workers_, *door_port_, std::move(rooms));
  return open_api(std::move(own_stun));
}

Result<void> Server::open_api(std::string own_stun) {
  definitions_ = std::make_unique<hub::Definitions>(env_, *hub_, store_->definitions());
  dialect_ = std::make_unique<api::eyeson::Dialect>(api::eyeson::Dialect{
      env_,
      loop_,
      *hub_,
      *definitions_,
      store_->hooks(),
      {config_.public_api, config_.public_gui, config_.public_signaling, config_.ice_stun_servers,
       config_.ice_turn_servers, config_.ice_turn_secret, std::move(own_stun)},
      token_key_});
  auto file_key = token_key_.private_pem();
  if (!file_key) return std::unexpected(std::move(file_key).error());
  dialect_->file_key = std::move(*file_key);
  hook_view_ = std::make_unique<api::eyeson::WebhookView>(*dialect_);
  hub_->set_hook_view(*hook_view_);
  auto outgoing = Outgoing::open(env_, loop_, *store_, *hook_view_, config_);
  if (!outgoing) return std::unexpected(std::move(outgoing).error());
  outgoing_ = std::move(*outgoing);
  dialect_->urls = outgoing_->guard();
  dialect_->key_limit = request_limit(config_.limits_requests_per_key);
  dialect_->address_limit = request_limit(config_.limits_requests_per_address);
  rest_ = std::make_unique<api::eyeson::Rest>(*dialect_);
  cables_ = std::make_unique<api::eyeson::CableSessions>(*dialect_);
  calls_ = std::make_unique<api::eyeson::SeppSessions>(*dialect_);
  rest_->add_routes(router_);
  cables_->add_routes(router_);
  calls_->add_routes(router_);
  api::admin::add_routes(admin_router_, *hub_, env_.metrics, [this] { return not_ready_; });
  return add_page();
}

Result<void> Server::add_page() {
  if (config_.web_directory == "none") return {};
  const auto directory =
      config_.web_directory.empty() ? find_page(options_.program) : fs::path(config_.web_directory);
  if (directory.empty()) {
    base::log::warn("", "the meeting page is not built: API only");
    return {};
  }
  std::string csp = read_file(directory / "csp.txt");
  while (csp.ends_with('\n'))
    csp.pop_back();
  if (csp.empty())
    csp = "default-src 'self'; connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'";
  auto files = net::StaticFiles::load(directory.string(), {.csp = csp});
  if (!files) return std::unexpected(std::move(files).error().context("meeting page"));
  page_ = std::make_unique<net::StaticFiles>(std::move(*files));
  dialect_->page = [this](const net::Request& request, net::Reply reply) {
    reply.send(page_->respond(request, ""));
  };
  router_.add("GET", "/*path", [this](const net::Request& request, net::Reply reply) {
    // One page: what it shows is decided by the key or token in the query.
    const std::string path = request.path_param("path") == "permalink" ? "" : request.path_param("path");
    if (!path.empty() && !page_->contains(path)) return reply.error(404, "Not found");
    reply.send(page_->respond(request, path));
  });
  return {};
}

Result<void> Server::listen() {
  http_ = std::make_unique<net::HttpServer>(env_, loop_);
  net::ListenOptions listen{config_.http_address, config_.http_port, {}};
  if (!config_.http_certificate.empty())
    listen.tls = net::TlsFiles{config_.http_certificate, config_.http_private_key};
  const auto port = http_->listen(listen, router_);
  if (!port) return std::unexpected(port.error());
  config_.http_port = *port;
  const auto admin = http_->listen({config_.admin_address, config_.admin_port, {}}, admin_router_);
  if (!admin) return std::unexpected(admin.error());
  base::log::info("", "serving", "http", config_.http_port, "admin", *admin, "media", door_->port());
  return {};
}

Result<void> Server::run() {
  loop_.on_signal(SIGTERM, [this] { begin_shutdown(); });
  loop_.on_signal(SIGINT, [this] { begin_shutdown(); });
  loop_.on_signal(SIGHUP, [this] {
    if (http_ == nullptr) return;
    if (auto reloaded = http_->reload_certificates(); !reloaded)
      base::log::error("", "certificates not reloaded", "why", reloaded.error().text);
  });
  hub_->start([this](Result<void> loaded) { on_loaded(std::move(loaded)); });
  loop_.run();
  if (!failure_.empty()) return fail(ErrorCode::unavailable, failure_);
  return {};
}

void Server::on_loaded(Result<void> loaded) {
  if (not_ready_ == "shutting down") return;
  if (loaded) loaded = listen();
  if (!loaded) {
    failure_ = loaded.error().text;
    loop_.stop();
    return;
  }
  outgoing_->start();
  not_ready_.clear();
  if (options_.try_it) try_it();
}

void Server::begin_shutdown() {
  if (not_ready_ == "shutting down") return loop_.stop(); // a second signal: now
  not_ready_ = "shutting down";
  base::log::info("", "shutting down", "keep_media", options_.keep_media);
  hub_->shutdown(options_.keep_media, [this](const Result<void>&) {
    cables_->close_for_restart();
    calls_->close_for_restart();
    if (http_ == nullptr) return loop_.stop(); // told to end before anybody could connect
    http_->shutdown(3s, [this] { stop_after_workers(loop_.now() + 4s); });
  });
}

// Media processes that were told to end get their time to say goodbye to browsers; what is left is killed.
void Server::stop_after_workers(base::Timestamp latest) {
  if (workers_->ending() == 0 || loop_.now() >= latest) return loop_.stop();
  stop_timer_ = loop_.after(20ms, [this, latest] { stop_after_workers(latest); });
}

std::string Server::own_url() const {
  if (!config_.public_api.empty()) return config_.public_api;
  return local_url(config_);
}

void Server::try_it() {
  const auto accounts = store_->accounts().list();
  if (!accounts.empty()) return make_meeting(accounts.front(), std::nullopt);
  store_->accounts().create("My team", [this](Result<store::NewAccount> made) {
    if (!made) return base::log::error("", "no API key could be made", "why", made.error().text);
    make_meeting(made->account, std::string(made->key.reveal()));
  });
}

void Server::make_meeting(const store::Account& account, const std::optional<std::string>& key) {
  hub::OpenRequest open;
  open.account = account.id;
  open.external_id = "try";
  open.name = "Try Plenum";
  open.options.widescreen = true;
  open.identity.external_id = "host";
  open.identity.name = "Host";
  hub_->open_or_join(std::move(open), [this, key](Result<hub::Entered> entered) {
    if (!entered) return base::log::error("", "no meeting could be made", "why", entered.error().text);
    const auto* room = hub_->directory().find(entered->room);
    const auto* member = room == nullptr ? nullptr : room->find(entered->member);
    if (member == nullptr) return;
    const auto url = own_url();
    if (key) std::printf("\n  API key (shown this once):  %s\n", key->c_str());
    std::printf("\n  Your meeting, as host:      %s/?%s\n  A link for everybody else:  %s/?guest=%s\n",
                url.c_str(), member->access_token.c_str(), url.c_str(), room->guest_token.c_str());
    std::printf("\n  Make another one yourself:\n    curl -H 'Authorization: %s' -d "
                "'id=hello&user[name]=Ann' %s/rooms\n\n",
                key ? key->c_str() : "YOUR_API_KEY", url.c_str());
    std::fflush(stdout);
    keep_meeting(entered->room, kTryMeetingMinutes);
  });
}

// The printed link waits for its reader longer than an empty meeting usually lives.
void Server::keep_meeting(base::RoomId room, int minutes) {
  hub_->touch(room);
  if (minutes > 0) try_timer_ = loop_.after(1min, [this, room, minutes] { keep_meeting(room, minutes - 1); });
}

} // namespace plenum::app
