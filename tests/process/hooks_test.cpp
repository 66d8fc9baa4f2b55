// Webhooks with the real program: registered, signed, tested from the command line, and not lost with the
// server.
#include "base/mailbox.hpp"
#include "net/http_server.hpp"
#include "net/signature.hpp"
#include "tests/process/client.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

namespace plenum::process {
namespace {

using ::testing::HasSubstr;

// The owner's receiver, on a thread of its own: commands of the test may wait for it.
class Receiver {
 public:
  Receiver() {
    router_.add("POST", "/in", [this](net::Request request, net::Reply reply) {
      const int answer = status; // before the test hears of it
      received_.post(std::move(request));
      reply.empty(answer);
    });
    thread_ = std::thread([this] {
      net::HttpServer server(env_, loop_);
      port_ = server.listen({}, router_).value(); // throws and ends the test when it cannot
      loop_.run();
    });
    while (port_ == 0)
      std::this_thread::yield();
  }
  ~Receiver() {
    loop_.stop();
    thread_.join();
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/in"; }
  // Until so many have come in all.
  const std::vector<net::Request>& wait_for(std::size_t count) {
    const auto latest = std::chrono::steady_clock::now() + kPatience;
    while (all_.size() < count && std::chrono::steady_clock::now() < latest) {
      pollfd waiting{received_.event_fd(), POLLIN, 0};
      ::poll(&waiting, 1, 1000);
      received_.drain([this](net::Request& request) { all_.push_back(std::move(request)); });
    }
    EXPECT_GE(all_.size(), count);
    return all_;
  }
  std::atomic<int> status{204};

 private:
  base::Env env_;
  net::EventLoop loop_{env_};
  net::Router router_;
  base::Mailbox<net::Request> received_{1000, base::Metrics::process(), "receiver"};
  std::vector<net::Request> all_;
  std::atomic<std::uint16_t> port_{0};
  std::thread thread_;
};

struct Hooks : Process {
  Receiver receiver;
  const std::vector<std::string> inner{"--outbound-plain-http", "true", "--outbound-allowed-networks",
                                       "127.0.0.0/8"};
  int set_hook(const Server& server, const std::string& url) {
    return ask("POST", server.http + "/webhooks", "types=room_update&url=" + net::percent_encode(url)).status;
  }
  Ran hook(std::vector<std::string> words) {
    words.insert(words.begin(), "hook");
    words.insert(words.end(), {"--data-directory", data()});
    return run(std::move(words));
  }
};

TEST_F(Hooks, inner_addresses_are_refused_unless_they_are_allowed) {
  make_key();
  Server server(data());
  EXPECT_EQ(set_hook(server, receiver.url()), 400);
  EXPECT_EQ(set_hook(server, "https://169.254.169.254/latest"), 400);
  EXPECT_EQ(set_hook(server, "https://hooks.example.com/in"), 201);
  EXPECT_EQ(server.end(), 0);
  EXPECT_EQ(run({"serve", "--outbound-allowed-networks", "10.0.0.1/8", "--data-directory", data()}).status,
            2);
}

TEST_F(Hooks, events_arrive_signed_and_survive_the_server) {
  make_key();
  auto server = std::make_unique<Server>(data(), inner);
  ASSERT_EQ(set_hook(*server, receiver.url()), 201);
  const auto tested = hook({"test"});
  EXPECT_EQ(tested.status, 0) << tested.err;
  EXPECT_EQ(tested.out, "delivered: HTTP 204\n");
  open(*server, "daily", "ann");
  const auto& first = receiver.wait_for(2);
  EXPECT_THAT(first[0].body, HasSubstr(R"("type":"test")"));
  EXPECT_THAT(first[1].body, HasSubstr(R"("type":"room_update")"));
  const auto header = [](const net::Request& request, std::string_view name) {
    return std::string(request.header(name).value_or(""));
  };
  EXPECT_EQ(header(first[1], "x-eyeson-signature"), net::hmac_sha256_hex(base::Secret(key), first[1].body));
  const auto ours = header(first[1], "x-plenum-signature");
  const auto comma = ours.find(",v1=");
  ASSERT_NE(comma, std::string::npos);
  EXPECT_EQ(ours.substr(comma + 4),
            net::hmac_sha256_hex(base::Secret(key), header(first[1], "x-plenum-delivery") + "." +
                                                        ours.substr(2, comma - 2) + "." + first[1].body));

  receiver.status = 404; // parked at once
  EXPECT_EQ(ask("DELETE", server->http + "/rooms/daily").status, 204);
  receiver.wait_for(3);
  const auto latest = std::chrono::steady_clock::now() + kPatience;
  std::string parked;
  while (!parked.contains("HTTP 404") && std::chrono::steady_clock::now() < latest)
    parked = hook({"ls", "--parked"}).out;
  ASSERT_THAT(parked, HasSubstr("HTTP 404"));
  receiver.status = 503; // to be tried again
  open(*server, "weekly", "bob");
  const auto before = receiver.wait_for(4);
  server->signal(SIGKILL);
  server->wait();
  EXPECT_THAT(hook({"ls"}).out, HasSubstr(receiver.url()));

  receiver.status = 204;
  server = std::make_unique<Server>(data(), inner);
  EXPECT_EQ(hook({"replay"}).out, "1 will be sent again\n");
  const auto after = receiver.wait_for(6);
  std::set<std::string> again{header(after[4], "x-plenum-delivery"), header(after[5], "x-plenum-delivery")};
  EXPECT_EQ(again, (std::set<std::string>{header(before[2], "x-plenum-delivery"),
                                          header(before[3], "x-plenum-delivery")}));
  EXPECT_EQ(server->end(), 0);
}

} // namespace
} // namespace plenum::process
