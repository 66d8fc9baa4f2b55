// Events in a real store, a real receiver on loopback: what arrives, and what is learned from its answers.
#include "apps/plenum/hook_sender.hpp"

#include "base/test_directory.hpp"
#include "net/event_loop.hpp"
#include "net/http_server.hpp"
#include "store/store.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace plenum::app {
namespace {

using namespace std::chrono_literals;

// The system's clock, but a test may move the wall.
class MovedClock final : public base::Clock {
 public:
  base::Timestamp now() const override { return base::Clock::system().now(); }
  base::WallTime wall() const override { return base::Clock::system().wall() + moved; }
  base::Duration moved{0};
};

struct NamedView final : hub::HookView {
  std::vector<store::OutboxEvent> render(const room::Event&, const room::State&, base::WallTime) override {
    return {};
  }
  std::vector<std::pair<std::string, std::string>>
  headers(std::string_view, const base::Secret&, const store::Delivery& delivery, base::WallTime) override {
    return {{"X-Id", delivery.id.hex()}};
  }
};

struct HookSenderTest : ::testing::Test {
  base::testing::TemporaryDirectory directory;
  MovedClock clock;
  base::Metrics metrics;
  base::Env env{clock, base::Random::system(), metrics, "test"};
  net::EventLoop loop{env};
  std::unique_ptr<store::Store> store;
  NamedView view;
  net::Router router;
  std::optional<net::HttpServer> receiver;
  std::vector<net::Request> received;
  std::vector<int> answers; // the next statuses; then 204
  std::unique_ptr<net::Outbound> outbound;
  std::unique_ptr<NetHookSender> sender;
  std::unique_ptr<hub::Deliveries> deliveries;
  base::AccountId account;
  std::uint64_t offset = 0;

  HookSenderTest() {
    auto opened = store::open_store(env, loop, {directory.path, false});
    store = std::move(*opened);
    std::optional<base::AccountId> made;
    store->accounts().create("Acme", [&](auto got) { made = got.value().account.id; });
    loop.run_until([&] { return made.has_value(); });
    account = *made;
    router.add("POST", "/in", [this](net::Request request, net::Reply reply) {
      received.push_back(std::move(request));
      int status = 204;
      if (!answers.empty()) {
        status = answers.front();
        answers.erase(answers.begin());
      }
      reply.empty(status);
    });
    receiver.emplace(env, loop);
  }
  std::string serve() {
    const auto port = receiver->listen({}, router);
    return "http://127.0.0.1:" + std::to_string(port.value()) + "/in";
  }
  void start(net::UrlPolicy policy, std::string url) {
    const net::UrlGuard guard(std::move(policy));
    outbound = std::make_unique<net::Outbound>(env, loop, guard, net::OutboundOptions{});
    sender = std::make_unique<NetHookSender>(loop, guard, *outbound);
    deliveries = std::make_unique<hub::Deliveries>(env, loop, store->hooks(), store->accounts(), view,
                                                   *sender, hub::DeliveryOptions{});
    deliveries->start();
    bool set = false;
    store->hooks().set(account, std::move(url), {"t"}, [&](const auto&) { set = true; });
    loop.run_until([&] { return set; });
  }
  void happen(std::string body) {
    store::Append append{{{5, 1}}, offset + 1, clock.wall(), {}};
    if (offset == 0) {
      room::RoomOpened opened;
      opened.room = append.room;
      opened.account = account;
      append.events.push_back(std::move(opened));
    }
    append.events.push_back(room::RoomLocked{});
    offset += append.events.size();
    append.outbox = {{"t", std::move(body)}};
    append.account = account;
    bool done = false;
    store->room_log().append(std::move(append), [&](const auto& result) { done = result.has_value(); });
    ASSERT_TRUE(loop.run_until([&] { return done; }));
  }
  store::Hook hook() {
    std::optional<store::Hook> found;
    store->hooks().get(account, [&](auto got) { found = got.value(); });
    loop.run_until([&] { return found.has_value(); });
    return found.value();
  }
  std::uint64_t attempts(const std::string& result) {
    return metrics.counter("plenum_hook_attempts_total", "result=\"" + result + "\"").value();
  }
  static net::UrlPolicy loopback() {
    return {.plain_http = true, .allowed = {*net::IpPrefix::parse("127.0.0.0/8")}};
  }
};

TEST_F(HookSenderTest, EventsReachARealReceiverInOrderAndFailuresComeAgain) {
  start(loopback(), serve());
  happen(R"({"n":1})");
  happen(R"({"n":2})");
  ASSERT_TRUE(loop.run_until([&] { return attempts("delivered") == 2; }));
  ASSERT_EQ(received.size(), 2u);
  EXPECT_EQ(received[0].body, R"({"n":1})");
  EXPECT_EQ(received[1].body, R"({"n":2})");
  EXPECT_EQ(received[0].header("content-type"), "application/json");
  EXPECT_EQ(received[0].header("x-id")->size(), 24u);
  EXPECT_FALSE(received[0].header("authorization"));
  EXPECT_EQ(hook().last_response_code, 204);

  answers = {500};
  happen(R"({"n":3})");
  ASSERT_TRUE(loop.run_until([&] { return attempts("retried") == 1; }));
  EXPECT_EQ(hook().last_response_code, 500);
  clock.moved += 6s;
  happen(R"({"n":4})"); // wakes it up: the retry is due
  ASSERT_TRUE(loop.run_until([&] { return attempts("delivered") == 4; }));
  ASSERT_EQ(received.size(), 5u);
  EXPECT_EQ(received[3].body, R"({"n":3})");
  EXPECT_EQ(received[3].header("x-id"), received[2].header("x-id"));
  EXPECT_EQ(received[4].body, R"({"n":4})");
}

TEST_F(HookSenderTest, InnerAddressesHearNothing) {
  start({.plain_http = true}, serve()); // the default policy: public addresses
  happen("{}");
  ASSERT_TRUE(loop.run_until([&] { return attempts("retried") == 1; }));
  EXPECT_TRUE(received.empty());
  EXPECT_EQ(hook().last_response_code, 0);
}

TEST_F(HookSenderTest, NobodyThereIsNoAnswer) {
  start(loopback(), "http://127.0.0.1:65534/in");
  happen("{}");
  ASSERT_TRUE(loop.run_until([&] { return attempts("retried") == 1; }));
  EXPECT_EQ(hook().last_response_code, 0);
}

} // namespace
} // namespace plenum::app
