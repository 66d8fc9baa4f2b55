#include "hub/janitor.hpp"

#include "base/log.hpp"

namespace plenum::hub {

namespace log = base::log;

namespace {
constexpr base::Duration kBreath = std::chrono::milliseconds(50); // between pieces
}

Janitor::Janitor(const base::Env& env, base::Executor& executor, store::Retention& retention,
                 store::Archive& archive, JanitorOptions options)
    : env_(env), executor_(executor), retention_(retention), archive_(archive), options_(std::move(options)) {
}

Janitor::~Janitor() {
  *alive_ = false;
}

void Janitor::start() {
  forget();
}

void Janitor::again_in(base::Duration delay, void (Janitor::*what)()) {
  timer_ = executor_.after(delay, [this, what] { (this->*what)(); });
}

void Janitor::forget() {
  const auto now = env_.clock.wall();
  const store::Keep keep{now - options_.meetings, now - options_.meetings, now - options_.dead_letters};
  retention_.forget(keep, [this, alive = alive_](const base::Result<store::Forgotten>& forgotten) {
    if (!*alive) return;
    if (!forgotten) {
      log::error("store", "nothing forgotten", "error", forgotten.error().text);
      return again_in(options_.every, &Janitor::forget);
    }
    if (forgotten->rooms + forgotten->events + forgotten->dead_letters > 0)
      log::info("store", "forgotten", "meetings", forgotten->rooms, "events", forgotten->events,
                "dead_letters", forgotten->dead_letters);
    if (forgotten->more) return again_in(kBreath, &Janitor::forget);
    expire();
  });
}

void Janitor::expire() {
  archive_.expire(env_.clock.wall() - options_.files,
                  [this, alive = alive_](const base::Result<std::vector<store::ArchiveEntry>>& expired) {
                    if (!*alive) return;
                    const bool some = expired && !expired->empty();
                    if (!expired) log::error("store", "archive not expired", "error", expired.error().text);
                    if (some) {
                      log::info("store", "archive expired", "entries", expired->size());
                      for (const auto& entry : *expired)
                        if (options_.remove_file && !entry.file.empty()) options_.remove_file(entry);
                    }
                    again_in(some ? kBreath : options_.every, some ? &Janitor::expire : &Janitor::forget);
                  });
}

} // namespace plenum::hub
