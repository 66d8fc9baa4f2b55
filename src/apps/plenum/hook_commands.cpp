#include "apps/plenum/hook_commands.hpp"

#include "base/clock.hpp"
#include "base/json.hpp"
#include "net/event_loop.hpp"
#include "store/store.hpp"

#include <cstdio>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <optional>

namespace plenum::app {
namespace {

using namespace std::chrono_literals;
using base::Result;

constexpr std::size_t kMostListed = 1000;
constexpr base::Duration kTestWaits = 15s, kTestLooks = 200ms;

int complain(const std::string& text) {
  fmt::print(stderr, "plenum: {}\n", text);
  return 1;
}

// A store of our own beside the server's, and calls that wait for their answer.
class Desk {
 public:
  Desk(const base::Env& env, const Config& config)
      : loop_(env), store_(store::open_store(env, loop_, {.directory = config.data_directory})) {}

  Result<void> ready() const { return store_ ? Result<void>{} : std::unexpected(store_.error()); }
  store::Hooks& hooks() { return (*store_)->hooks(); }
  std::string name_of(base::AccountId account) const {
    const auto found = (*store_)->accounts().find(account);
    return found ? found->name : "?";
  }

  template <class T, class Call>
  Result<T> wait(Call call) {
    std::optional<Result<T>> result;
    call([&](Result<T> got) { result = std::move(got); });
    loop_.run_until([&] { return result.has_value(); });
    return std::move(result).value_or(base::fail(base::ErrorCode::timeout, "the database does not answer"));
  }
  void pass(base::Duration time) {
    loop_.run_until([] { return false; }, time);
  }
  Result<std::vector<store::HookStatus>> list() {
    return wait<std::vector<store::HookStatus>>([&](auto done) { hooks().list(std::move(done)); });
  }

 private:
  net::EventLoop loop_;
  Result<std::unique_ptr<store::Store>> store_;
};

void print_hook(const Desk& desk, const store::HookStatus& hook) {
  const auto last =
      hook.last_request_sent_at
          ? fmt::format("{} ({})", base::iso8601(*hook.last_request_sent_at),
                        hook.last_response_code.value_or(0) == 0 ? "no answer"
                                                                 : std::to_string(*hook.last_response_code))
          : "never";
  fmt::print("{}  {}\n  account  {}  {}\n  types    {}\n  waiting  {}{}\n  parked   {}\n  last     {}\n",
             hook.id.hex(), hook.url, hook.account.hex(), desk.name_of(hook.account),
             fmt::join(hook.types, ","), hook.waiting,
             hook.oldest_waiting ? fmt::format(", oldest of {}", base::iso8601(*hook.oldest_waiting)) : "",
             hook.parked, last);
}

int print_parked(Desk& desk) {
  const auto letters = desk.wait<std::vector<store::DeadLetter>>(
      [&](auto done) { desk.hooks().dead_letters({}, kMostListed, std::move(done)); });
  if (!letters) return complain(letters.error().text);
  for (const auto& letter : *letters)
    fmt::print("{}  {}  account {}  room {}  {}  attempts {}  {}\n", letter.id.hex(),
               base::iso8601(letter.parked_at), letter.account.hex(), letter.room.hex(), letter.type,
               letter.attempts, letter.why);
  if (letters->size() == kMostListed) fmt::print("and more\n");
  return 0;
}

// Whose hook is meant.
Result<base::AccountId> choose_account(Desk& desk, const std::string& account) {
  if (!account.empty()) {
    const auto id = base::AccountId::parse(account);
    if (!id) return base::fail(base::ErrorCode::invalid, "not an account: 24 digits, see plenum key ls");
    return *id;
  }
  const auto hooks = desk.list();
  if (!hooks) return std::unexpected(hooks.error());
  if (hooks->size() != 1)
    return base::fail(base::ErrorCode::invalid,
                      fmt::format("{} hooks are registered: say whose, --account", hooks->size()));
  return hooks->front().account;
}

int await_test(Desk& desk, base::AccountId account, base::DeliveryId id) {
  using Progress = std::optional<store::Hooks::Progress>;
  Progress progress;
  for (auto waited = base::Duration{0}; waited < kTestWaits; waited += kTestLooks) {
    desk.pass(kTestLooks);
    const auto now = desk.wait<Progress>([&](auto done) { desk.hooks().progress(id, std::move(done)); });
    if (!now) return complain(now.error().text);
    progress = *now;
    if (!progress || progress->parked || progress->attempts > 0) break;
  }
  if (progress && progress->attempts == 0)
    return complain("not sent yet: is the server running? It will be sent when it does");
  if (progress)
    return complain(fmt::format("{}: {}", progress->parked ? "refused" : "not delivered, will be tried again",
                                progress->why));
  const auto hook =
      desk.wait<std::optional<store::Hook>>([&](auto done) { desk.hooks().get(account, std::move(done)); });
  if (!hook || !*hook) return complain("the hook was removed meanwhile");
  fmt::print("delivered: HTTP {}\n", (*hook)->last_response_code.value_or(0));
  return 0;
}

} // namespace

int list_hooks(const base::Env& env, const Config& config, bool parked) {
  Desk desk(env, config);
  if (const auto ready = desk.ready(); !ready) return complain(ready.error().text);
  if (parked) return print_parked(desk);
  const auto hooks = desk.list();
  if (!hooks) return complain(hooks.error().text);
  for (const auto& hook : *hooks)
    print_hook(desk, hook);
  return 0;
}

int replay_deliveries(const base::Env& env, const Config& config, const std::string& delivery,
                      const std::string& account) {
  const auto id = base::DeliveryId::parse(delivery);
  if (!delivery.empty() && !id) return complain("not a delivery: 24 digits, see plenum hook ls --parked");
  const auto whose = base::AccountId::parse(account);
  if (!account.empty() && !whose) return complain("not an account: 24 digits, see plenum key ls");
  Desk desk(env, config);
  if (const auto ready = desk.ready(); !ready) return complain(ready.error().text);
  const auto replayed = desk.wait<std::uint64_t>([&](auto done) {
    desk.hooks().replay(whose.value_or(base::AccountId{}), id.value_or(base::DeliveryId{}), std::move(done));
  });
  if (!replayed) return complain(replayed.error().text);
  if (*replayed == 0) return complain("nothing is parked");
  fmt::print("{} will be sent again\n", *replayed);
  return 0;
}

int test_hook(const base::Env& env, const Config& config, const std::string& account) {
  Desk desk(env, config);
  if (const auto ready = desk.ready(); !ready) return complain(ready.error().text);
  const auto whose = choose_account(desk, account);
  if (!whose) return complain(whose.error().text);
  const base::json::object body{{"timestamp", base::unix_seconds(env.clock.wall())}, {"type", "test"}};
  const auto id = desk.wait<base::DeliveryId>(
      [&](auto done) { desk.hooks().test(*whose, {"test", base::write_json(body)}, std::move(done)); });
  if (!id) return complain(id.error().text);
  return await_test(desk, *whose, *id);
}

} // namespace plenum::app
