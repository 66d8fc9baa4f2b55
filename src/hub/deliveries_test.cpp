#include "hub/deliveries.hpp"

#include "hub/test_virtual.hpp"

#include <set>

namespace plenum::hub {
namespace {

using namespace std::chrono_literals;
using testing::Outcome;
using testing::TemporaryDirectory;
using testing::VirtualClock;
using testing::VirtualExecutor;

struct TestView final : HookView {
  std::vector<store::OutboxEvent> render(const room::Event&, const room::State&, base::WallTime) override {
    return {};
  }
  std::vector<std::pair<std::string, std::string>> headers(std::string_view body, const base::Secret& key,
                                                           const store::Delivery& delivery,
                                                           base::WallTime) override {
    return {{"Id", delivery.id.hex()},
            {"Signed", std::string(key.reveal().substr(0, 4)) + std::to_string(body.size())}};
  }
};

struct Sent {
  HookRequest request;
  base::WallTime at;
  std::string header(std::string_view name) const {
    for (const auto& [known, value] : request.headers)
      if (known == name) return value;
    return "";
  }
};

// The receiver: answers by a script of the test, later on the executor; or keeps what it was sent.
class TestSender final : public HookSender {
 public:
  TestSender(base::Executor& executor, const base::Clock& clock) : executor_(executor), clock_(clock) {}
  void send(HookRequest request, std::move_only_function<void(HookAnswer)> done) override {
    sent.push_back({request, clock_.wall()});
    auto answer = script ? script(request) : std::optional(HookAnswer{200, ""});
    if (!answer) return held.push_back(std::move(done));
    executor_.post([done = std::move(done), answer = *answer]() mutable { done(answer); });
  }
  std::vector<std::string> bodies() const {
    std::vector<std::string> out;
    for (const auto& one : sent)
      out.push_back(one.request.body);
    return out;
  }
  std::function<std::optional<HookAnswer>(const HookRequest&)> script;
  std::vector<Sent> sent;
  std::vector<std::move_only_function<void(HookAnswer)>> held;

 private:
  base::Executor& executor_;
  const base::Clock& clock_;
};

// Passes everything on; refuses to settle while told so.
struct FlakyHooks final : store::Hooks {
  explicit FlakyHooks(store::Hooks& real) : hooks(real) {}
  void set(base::AccountId account, std::string url, std::vector<std::string> types,
           store::Completion<store::Hook> done) override {
    hooks.set(account, std::move(url), std::move(types), std::move(done));
  }
  void get(base::AccountId account, store::Completion<std::optional<store::Hook>> done) override {
    hooks.get(account, std::move(done));
  }
  void remove(base::AccountId account, base::HookId id, store::Completion<void> done) override {
    hooks.remove(account, id, std::move(done));
  }
  void list(store::Completion<std::vector<store::HookStatus>> done) override { hooks.list(std::move(done)); }
  void test(base::AccountId account, store::OutboxEvent event,
            store::Completion<base::DeliveryId> done) override {
    hooks.test(account, std::move(event), std::move(done));
  }
  void progress(base::DeliveryId id, store::Completion<std::optional<Progress>> done) override {
    hooks.progress(id, std::move(done));
  }
  void claim(base::WallTime now, store::ClaimLimits limits, store::Completion<store::Claimed> done) override {
    ++calls;
    hooks.claim(now, limits, std::move(done));
  }
  void settle(base::DeliveryId id, store::Outcome outcome, store::Completion<void> done) override {
    ++calls;
    ++settles;
    if (failures-- > 0) return done(base::fail(base::ErrorCode::unavailable, "disk"));
    hooks.settle(id, std::move(outcome), std::move(done));
  }
  void on_waiting(std::move_only_function<void()> listener) override {
    hooks.on_waiting(std::move(listener));
  }
  void dead_letters(base::AccountId account, std::size_t most,
                    store::Completion<std::vector<store::DeadLetter>> done) override {
    hooks.dead_letters(account, most, std::move(done));
  }
  void replay(base::AccountId account, base::DeliveryId delivery,
              store::Completion<std::uint64_t> done) override {
    hooks.replay(account, delivery, std::move(done));
  }
  store::Hooks& hooks;
  int failures = 0, settles = 0, calls = 0;
};

struct DeliveriesTest : ::testing::Test {
  TemporaryDirectory directory;
  VirtualExecutor executor;
  VirtualClock clock{executor};
  base::SeededRandom random{3};
  base::Metrics metrics;
  base::Env env{clock, random, metrics, ""};
  std::unique_ptr<store::Store> store;
  std::unique_ptr<FlakyHooks> hooks;
  TestView view;
  TestSender sender{executor, clock};
  DeliveryOptions options;
  std::unique_ptr<Deliveries> deliveries;
  base::AccountId account, other;
  std::map<std::uint64_t, std::uint64_t> offsets; // of each room

  DeliveriesTest() {
    boot();
    account = make_account();
    other = make_account();
    set_hook(account, "https://a.example/");
  }
  void boot() {
    deliveries.reset();
    hooks.reset();
    store.reset();
    executor.run_posted();
    auto opened = store::open_store(env, executor, {directory.path, false});
    ASSERT_TRUE(opened);
    store = std::move(*opened);
    hooks = std::make_unique<FlakyHooks>(store->hooks());
    deliveries =
        std::make_unique<Deliveries>(env, executor, *hooks, store->accounts(), view, sender, options);
    deliveries->start();
  }
  base::AccountId make_account() {
    Outcome<store::NewAccount> made;
    store->accounts().create("Acme", made.completion());
    settle();
    return made.value().account.id;
  }
  void set_hook(base::AccountId of, std::string url) {
    Outcome<store::Hook> set;
    store->hooks().set(of, std::move(url), {"t"}, set.completion());
    settle();
    ASSERT_TRUE(set.ok());
  }
  // Until nothing is left to do at this instant, the store included (its answers come in order).
  void settle() {
    for (std::size_t before = 1, after = 0; before != after;) {
      before = sender.sent.size() + static_cast<std::size_t>(hooks ? hooks->calls : 0);
      executor.run_posted();
      bool back = false;
      store->room_log().load_ended_tokens(base::WallTime::max(), [&](const auto&) { back = true; });
      for (int waits = 0; !back && waits < 1000; ++waits) {
        executor.wait_for_foreign();
        executor.run_posted();
      }
      ASSERT_TRUE(back);
      after = sender.sent.size() + static_cast<std::size_t>(hooks ? hooks->calls : 0);
    }
  }
  void pass(base::Duration time) {
    const auto until = executor.now() + time;
    while (executor.run_timer(until))
      settle();
    executor.jump(until);
    settle();
  }
  // Something that is told happens in room n.
  void happen(std::uint64_t n, std::string body, base::AccountId of) {
    const base::RoomId room{{5, n}};
    auto& offset = offsets[n];
    store::Append append{room, offset + 1, clock.wall(), {}};
    if (offset == 0) {
      room::RoomOpened opened;
      opened.room = room;
      opened.account = of;
      opened.external_id = std::to_string(n);
      append.events.push_back(std::move(opened));
    }
    append.events.push_back(room::RoomLocked{});
    offset += append.events.size();
    append.outbox = {{"t", std::move(body)}};
    append.account = of;
    store->room_log().append(std::move(append), [](const base::Result<void>& done) { EXPECT_TRUE(done); });
  }
  void happen(std::uint64_t n, std::string body) { happen(n, std::move(body), account); }
  std::uint64_t attempts(const std::string& result) {
    return metrics.counter("plenum_hook_attempts_total", "result=\"" + result + "\"").value();
  }
  std::vector<store::DeadLetter> dead() {
    Outcome<std::vector<store::DeadLetter>> letters;
    store->hooks().dead_letters({}, 1000, letters.completion());
    settle();
    return letters.value();
  }
  store::Hook hook() {
    Outcome<std::optional<store::Hook>> found;
    store->hooks().get(account, found.completion());
    settle();
    return found.value().value();
  }
  using Bodies = std::vector<std::string>;
};

TEST_F(DeliveriesTest, WhatHappensIsToldAtOnceAndInOrder) {
  happen(1, "a");
  happen(1, "bb");
  happen(1, "ccc");
  settle();
  EXPECT_EQ(sender.bodies(), (Bodies{"a", "bb", "ccc"}));
  const auto& first = sender.sent.at(0);
  EXPECT_EQ(first.request.url, "https://a.example/");
  EXPECT_EQ(first.header("Content-Type"), "application/json");
  const auto key = store->accounts().signing_key(account);
  EXPECT_EQ(first.header("Signed"), std::string(key->reveal().substr(0, 4)) + "1");
  EXPECT_EQ(first.header("Id").size(), 24u);
  EXPECT_NE(first.header("Id"), sender.sent.at(1).header("Id"));
  EXPECT_EQ(attempts("delivered"), 3u);
  EXPECT_EQ(hook().last_request_sent_at, clock.wall());
  EXPECT_EQ(hook().last_response_code, 200);
}

TEST_F(DeliveriesTest, FailuresAreTriedAgainAtGrowingDistances) {
  sender.script = [](const HookRequest&) { return HookAnswer{503, ""}; };
  const auto start = clock.wall();
  happen(1, "a");
  settle();
  pass(24h);
  std::vector<std::int64_t> seconds;
  for (const auto& one : sender.sent)
    seconds.push_back(std::chrono::duration_cast<std::chrono::seconds>(one.at - start).count());
  ASSERT_GE(seconds.size(), 10u);
  seconds.resize(10);
  // 5, 30, 120, then twice as long each time, at most an hour.
  EXPECT_EQ(seconds, (std::vector<std::int64_t>{0, 5, 35, 155, 395, 875, 1835, 3755, 7355, 10955}));
  std::set<std::string> ids;
  for (const auto& one : sender.sent)
    ids.insert(one.header("Id"));
  EXPECT_EQ(ids.size(), 1u);
  EXPECT_EQ(hook().last_response_code, 503);
  sender.script = nullptr;
  pass(1h);
  EXPECT_EQ(attempts("delivered"), 1u);
}

TEST_F(DeliveriesTest, AFailureDelaysOnlyItsOwnRoom) {
  sender.script = [](const HookRequest& request) {
    return HookAnswer{request.body.starts_with("bad") ? 500 : 204, ""};
  };
  happen(1, "bad 1");
  happen(1, "behind");
  happen(2, "good 1");
  happen(3, "good of another", other);
  settle();
  happen(2, "good 2");
  settle();
  EXPECT_EQ(sender.bodies(), (Bodies{"bad 1", "good 1", "good 2"}));
  sender.script = nullptr;
  pass(5s);
  EXPECT_EQ(sender.bodies(), (Bodies{"bad 1", "good 1", "good 2", "bad 1", "behind"}));
}

TEST_F(DeliveriesTest, WhatIsNeverWantedIsParkedAtOnce) {
  const std::map<int, bool> parked{{200, false}, {204, false}, {299, false}, {301, true},
                                   {302, false}, {307, false}, {308, true},  {400, true},
                                   {401, true},  {404, true},  {408, false}, {410, true},
                                   {429, false}, {500, false}, {503, false}, {0, false}};
  sender.script = [](const HookRequest& request) { return HookAnswer{std::stoi(request.body), "no answer"}; };
  std::uint64_t room = 0;
  for (const auto& [status, expected] : parked)
    happen(++room, std::to_string(status));
  settle();
  std::set<int> found;
  for (const auto& letter : dead()) {
    EXPECT_EQ(letter.status, std::stoi(letter.body));
    EXPECT_EQ(letter.why, "HTTP " + letter.body);
    found.insert(letter.status);
  }
  for (const auto& [status, expected] : parked)
    EXPECT_EQ(found.contains(status), expected) << status;
  EXPECT_EQ(attempts("delivered"), 3u);
  EXPECT_EQ(attempts("parked"), 6u);
  EXPECT_EQ(attempts("retried"), 7u);
}

TEST_F(DeliveriesTest, AParkedOneIsSentAgainWhenItIsReplayed) {
  sender.script = [](const HookRequest&) { return HookAnswer{404, ""}; };
  happen(1, "a");
  settle();
  ASSERT_EQ(dead().size(), 1u);
  const auto id = sender.sent.at(0).header("Id");
  sender.script = nullptr;
  Outcome<std::uint64_t> replayed;
  store->hooks().replay(account, {}, replayed.completion());
  settle();
  EXPECT_EQ(replayed.value(), 1u);
  ASSERT_EQ(sender.sent.size(), 2u);
  EXPECT_EQ(sender.sent.at(1).header("Id"), id);
  EXPECT_TRUE(dead().empty());
}

TEST_F(DeliveriesTest, AfterDaysItIsGivenUpAndTheNextOneGetsItsTurn) {
  sender.script = [](const HookRequest&) { return HookAnswer{0, "no answer in time"}; };
  happen(1, "a");
  happen(1, "b");
  settle();
  pass(72h + 1s);
  const auto letters = dead();
  ASSERT_EQ(letters.size(), 2u);
  EXPECT_EQ(letters[0].body, "a");
  EXPECT_EQ(letters[0].why, "given up: no answer in time");
  EXPECT_EQ(letters[0].status, 0);
  EXPECT_GT(letters[0].attempts, 70u);
  EXPECT_EQ(letters[1].attempts, 1u); // as old, but nothing is parked untried
  EXPECT_EQ(hook().last_response_code, 0);
  const auto sent = sender.sent.size();
  pass(100h);
  EXPECT_EQ(sender.sent.size(), sent); // nothing is left to try
}

TEST_F(DeliveriesTest, ManyAreUnderWayAtOnceButNotMoreThanThat) {
  options.limits = {5, 3};
  boot();
  set_hook(other, "https://b.example/");
  sender.script = [](const HookRequest& request) -> std::optional<HookAnswer> {
    if (request.url.contains("a.example")) return std::nullopt; // silent
    return HookAnswer{200, ""};
  };
  for (std::uint64_t n = 1; n <= 10; ++n)
    happen(n, "slow");
  for (std::uint64_t n = 11; n <= 20; ++n)
    happen(n, "quick", other);
  settle();
  const auto count = [&](std::string_view body) { return std::ranges::count(sender.bodies(), body); };
  EXPECT_EQ(count("slow"), 3); // one receiver takes no more than its share
  EXPECT_EQ(count("quick"), 10);
  for (auto& answer : std::exchange(sender.held, {}))
    answer({200, ""});
  settle();
  EXPECT_EQ(count("slow"), 6);
}

TEST_F(DeliveriesTest, AnAnswerThatCannotBeStoredYetIsNotAskedForAgain) {
  hooks->failures = 3;
  happen(1, "a");
  happen(1, "b");
  settle();
  EXPECT_EQ(sender.bodies(), (Bodies{"a"}));
  pass(10s);
  EXPECT_EQ(sender.bodies(), (Bodies{"a", "b"}));
  EXPECT_EQ(hooks->settles, 5);
  EXPECT_EQ(attempts("delivered"), 2u);
}

TEST_F(DeliveriesTest, ARestartSendsAgainWhatWasUnderWay) {
  sender.script = [](const HookRequest&) -> std::optional<HookAnswer> { return std::nullopt; };
  happen(1, "a");
  happen(1, "b");
  settle();
  sender.script = nullptr;
  auto late = std::exchange(sender.held, {});
  boot();
  for (auto& answer : late) // the old one is gone: nobody hears this
    answer({500, ""});
  settle();
  EXPECT_EQ(sender.bodies(), (Bodies{"a", "a", "b"}));
  EXPECT_EQ(sender.sent.at(0).header("Id"), sender.sent.at(1).header("Id"));
}

TEST_F(DeliveriesTest, RetriesThatWaitedThroughARestartKeepTheirTime) {
  sender.script = [](const HookRequest&) { return HookAnswer{500, ""}; };
  happen(1, "a");
  settle();
  boot();
  settle();
  EXPECT_EQ(sender.sent.size(), 1u);
  pass(5s);
  EXPECT_EQ(sender.sent.size(), 2u);
}

TEST_F(DeliveriesTest, AReplacedHookIsNotToldWhatWaitedForTheOldOne) {
  sender.script = [](const HookRequest&) { return HookAnswer{500, ""}; };
  happen(1, "a");
  settle();
  set_hook(account, "https://new.example/");
  sender.script = nullptr;
  pass(2h);
  EXPECT_EQ(sender.sent.size(), 1u);
  happen(1, "b");
  settle();
  EXPECT_EQ(sender.sent.back().request.url, "https://new.example/");
}

TEST_F(DeliveriesTest, WhatWaitsIsReported) {
  sender.script = [](const HookRequest& request) {
    return HookAnswer{request.body == "bad" ? 404 : 500, ""};
  };
  happen(1, "a");
  happen(1, "b");
  happen(2, "bad");
  settle();
  pass(90s);
  EXPECT_EQ(metrics.gauge("plenum_hook_waiting").value(), 2);
  EXPECT_EQ(metrics.gauge("plenum_hook_parked").value(), 1);
  EXPECT_GE(metrics.gauge("plenum_hook_oldest_seconds").value(), 30);
}

// A receiver that is slow, broken, down; a server that dies again and again: nothing is missing, nothing out
// of order, and what comes twice says so.
TEST_F(DeliveriesTest, ThroughEveryTroubleNothingIsLostOrReordered) {
  constexpr std::uint64_t kRooms = 20, kEvents = 600;
  base::SeededRandom dice(99);
  bool down = false;
  std::map<std::string, std::string> heard; // id → body
  std::map<std::uint64_t, std::vector<std::uint64_t>> order;
  std::uint64_t twice = 0;
  sender.script = [&](const HookRequest& request) -> std::optional<HookAnswer> {
    const auto roll = dice.u32() % 10;
    if (down || roll < 2) return HookAnswer{0, "connection refused"};
    if (roll == 2) return HookAnswer{500, ""};
    std::string id;
    for (const auto& [name, value] : request.headers)
      if (name == "Id") id = value;
    // From here on the receiver has it, whatever we hear.
    if (const auto known = heard.find(id); known != heard.end()) {
      EXPECT_EQ(known->second, request.body);
      ++twice;
    } else {
      heard[id] = request.body;
      const auto slash = request.body.find('/');
      order[std::stoull(request.body.substr(0, slash))].push_back(
          std::stoull(request.body.substr(slash + 1)));
    }
    if (roll == 3) return HookAnswer{0, "no answer in time"};
    if (roll == 4) return std::nullopt; // still under way when the server dies, else answered below
    return HookAnswer{200, ""};
  };
  std::map<std::uint64_t, std::uint64_t> next;
  for (std::uint64_t i = 0; i < kEvents; ++i) {
    const auto room = 1 + dice.u32() % kRooms;
    happen(room, std::to_string(room) + "/" + std::to_string(++next[room]));
    if (i % 7 == 0) pass(std::chrono::seconds(dice.u32() % 40));
    if (i % 20 == 0) down = !down;
    if (i % 13 == 0)
      for (auto& answer : std::exchange(sender.held, {}))
        answer({200, ""});
    if (i % 30 == 0) boot();
  }
  down = false;
  for (int round = 0; round < 300 && heard.size() < kEvents; ++round) {
    for (auto& answer : std::exchange(sender.held, {}))
      answer({200, ""});
    pass(1h);
  }
  EXPECT_EQ(heard.size(), kEvents);
  EXPECT_GT(twice, 0u); // or this test proves nothing
  for (const auto& [room, numbers] : order) {
    EXPECT_TRUE(std::ranges::is_sorted(numbers)) << room;
    EXPECT_EQ(numbers.size(), next[room]);
  }
}

TEST(RetryDelay, GrowsToAnHour) {
  EXPECT_EQ(retry_delay(1), 5s);
  EXPECT_EQ(retry_delay(2), 30s);
  EXPECT_EQ(retry_delay(3), 120s);
  EXPECT_EQ(retry_delay(4), 240s);
  EXPECT_EQ(retry_delay(8), 1h);
  EXPECT_EQ(retry_delay(4'000'000'000), 1h);
}

} // namespace
} // namespace plenum::hub
