#include "hub/process_pool.hpp"

#include "base/log.hpp"

#include <algorithm>
#include <charconv>

namespace plenum::hub {

namespace log = base::log;
using base::ErrorCode;

namespace {
constexpr base::Duration kShortLife = std::chrono::seconds(10);
constexpr base::Duration kFirstDelay = std::chrono::seconds(1);
constexpr base::Duration kLongestDelay = std::chrono::seconds(30);
} // namespace

ProcessPool::ProcessPool(const base::Env& env, base::Executor& executor, Wires& wires, ProcessOptions options)
    : env_(env.tagged("workers")), executor_(executor), wires_(wires), options_(std::move(options)),
      spawned_(env.metrics.counter("plenum_workers_spawned_total")),
      deaths_(env.metrics.counter("plenum_worker_deaths_total")),
      running_(env.metrics.gauge("plenum_workers_running")) {}

ProcessPool::~ProcessPool() {
  *alive_ = false;
  for (const auto& [id, worker] : workers_)
    if (!worker->taken || worker->released) worker->kill();
}

WorkerProcess::Files ProcessPool::files(WorkerId id) const {
  const auto stem = "w-" + std::to_string(id);
  return {options_.run_directory / (stem + ".link"), options_.run_directory / (stem + ".door"),
          options_.run_directory / (stem + ".pid")};
}

WorkerProcess* ProcessPool::find(WorkerId id) const {
  const auto found = workers_.find(id);
  return found == workers_.end() ? nullptr : found->second.get();
}

void ProcessPool::start(WorkerOwner& owner) {
  owner_ = &owner;
  std::error_code error;
  if (std::filesystem::create_directories(options_.run_directory, error))
    std::filesystem::permissions(options_.run_directory, std::filesystem::perms::owner_all, error);
  if (error) log::error(env_.log_tag, "run directory", "error", error.message());
  adopt_running();
  keep_spares();
}

void ProcessPool::adopt_running() {
  std::error_code error;
  std::vector<WorkerId> found;
  for (const auto& entry : std::filesystem::directory_iterator(options_.run_directory, error)) {
    const auto name = entry.path().stem().string();
    WorkerId id = 0;
    if (entry.path().extension() != ".link" || !name.starts_with("w-")) continue;
    const auto [end, wrong] = std::from_chars(name.data() + 2, name.data() + name.size(), id);
    if (wrong == std::errc{} && end == name.data() + name.size()) found.push_back(id);
  }
  for (const auto id : found) {
    last_id_ = std::max(last_id_, id);
    auto worker = std::make_unique<WorkerProcess>(env_, executor_, wires_, *this, id, files(id));
    if (auto adopted = worker->adopt(); !adopted) {
      worker->files().remove();
      continue;
    }
    worker->adopting = true;
    log::info(env_.log_tag, "found a running worker", "worker", id, "process", worker->process());
    workers_.emplace(id, std::move(worker));
  }
  running_.set(static_cast<std::int64_t>(workers_.size()));
}

base::Result<WorkerProcess*> ProcessPool::spawn() {
  if (workers_.size() >= options_.most)
    return base::fail(ErrorCode::unavailable, "as many media workers run as are allowed");
  const auto id = ++last_id_;
  auto worker = std::make_unique<WorkerProcess>(env_, executor_, wires_, *this, id, files(id));
  if (auto spawned = worker->spawn(options_.executable, options_.arguments); !spawned) {
    log::error(env_.log_tag, "cannot start a media worker", "error", spawned.error().text);
    return std::unexpected(spawned.error());
  }
  spawned_.add();
  auto* raw = worker.get();
  workers_.emplace(id, std::move(worker));
  running_.set(static_cast<std::int64_t>(workers_.size()));
  return raw;
}

void ProcessPool::keep_spares() {
  if (stopping_ || owner_ == nullptr) return;
  const auto spare = [](const auto& entry) {
    return !entry.second->taken && !entry.second->released && !entry.second->adopting;
  };
  auto spares = static_cast<std::size_t>(std::ranges::count_if(workers_, spare));
  while (spares < options_.spares && workers_.size() < options_.most) {
    if (!spawn()) { // the disk, the binary, a limit: not better at once
      respawn_delay_ = kLongestDelay;
      respawn_ = executor_.after(respawn_delay_, [this] { keep_spares(); });
      return;
    }
    ++spares;
  }
}

base::Result<WorkerId> ProcessPool::take() {
  if (stopping_) return base::fail(ErrorCode::unavailable, "the server is stopping");
  WorkerProcess* chosen = nullptr;
  for (const auto& [id, worker] : workers_) {
    if (worker->taken || worker->released || worker->adopting) continue;
    if (chosen == nullptr || (worker->greeted() && !chosen->greeted())) chosen = worker.get();
  }
  if (chosen == nullptr) {
    const auto spawned = spawn();
    if (!spawned) return std::unexpected(spawned.error());
    chosen = *spawned;
  }
  chosen->taken = true;
  executor_.post([this, id = chosen->id(), greeted = chosen->greeted(), alive = alive_] {
    if (!*alive) return;
    const auto* worker = find(id); // one that is greeted later reports by itself
    if (greeted && worker != nullptr && worker->greeted() && !worker->released) owner_->link_up(id);
    keep_spares();
  });
  return chosen->id();
}

void ProcessPool::send(WorkerId id, const link::ToWorker& message) {
  if (auto* worker = find(id)) worker->send(message);
}

void ProcessPool::release(WorkerId id, const std::string& why) {
  if (auto* worker = find(id); worker != nullptr && !worker->released) worker->stop(why);
}

std::string ProcessPool::door_path(WorkerId id) const {
  return files(id).door.string();
}

void ProcessPool::shutdown(bool keep_rooms) {
  stopping_ = true;
  respawn_.reset();
  for (const auto& [id, worker] : workers_) {
    if (keep_rooms && worker->taken)
      worker->disconnect();
    else if (!worker->released)
      worker->stop("the server is stopping");
  }
}

std::size_t ProcessPool::running() const {
  return workers_.size();
}

std::size_t ProcessPool::ending() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(workers_, [](const auto& entry) { return entry.second->released; }));
}

std::vector<std::int64_t> ProcessPool::process_ids() const {
  std::vector<std::int64_t> ids;
  for (const auto& [id, worker] : workers_)
    ids.push_back(worker->process());
  return ids;
}

void ProcessPool::on_greeted(WorkerProcess& worker) {
  if (worker.taken && !worker.released) owner_->link_up(worker.id());
}

void ProcessPool::on_message(WorkerProcess& worker, link::FromWorker message) {
  const auto* state = std::get_if<link::SyncState>(&message);
  if (worker.adopting && state != nullptr) identify(worker, *state);
  if (worker.taken && !worker.released) owner_->received(worker.id(), std::move(message));
}

// A worker of the control process before us says whom it serves.
void ProcessPool::identify(WorkerProcess& worker, const link::SyncState& state) {
  worker.adopting = false;
  if (!state.room || !owner_->adopted(worker.id(), state))
    return worker.stop("nobody knows this worker's room");
  worker.taken = true;
  owner_->link_up(worker.id());
}

void ProcessPool::on_exit(WorkerProcess& worker, const std::string& why) {
  const auto id = worker.id();
  const bool expected = worker.released;
  const bool taken = worker.taken;
  const bool young = executor_.now() - worker.born < kShortLife;
  bury(id);
  running_.set(static_cast<std::int64_t>(workers_.size()));
  // Signal 9 is our own: it was told to end and had not even greeted, or its time was over.
  if (expected && (why == "exit status 0" || why == "exited" || why == "signal 9")) return;
  deaths_.add();
  if (expected)
    return log::error(env_.log_tag, "media worker did not end properly", "worker", id, "why", why);
  log::error(env_.log_tag, "media worker died", "worker", id, "why", why);
  if (taken) owner_->gone(id, why);
  if (!young) respawn_delay_ = {};
  if (taken || !young) return keep_spares();
  // A spare that dies young will die again: do not spin.
  respawn_delay_ = std::clamp(respawn_delay_ * 2, kFirstDelay, kLongestDelay);
  respawn_ = executor_.after(respawn_delay_, [this] { keep_spares(); });
}

void ProcessPool::bury(WorkerId id) {
  const auto found = workers_.find(id);
  if (found == workers_.end()) return;
  buried_.push_back(std::move(found->second));
  workers_.erase(found);
  executor_.post([this, alive = alive_] {
    if (*alive) buried_.clear();
  });
}

} // namespace plenum::hub
