#include "net/router.hpp"

#include <gtest/gtest.h>

namespace plenum::net {
namespace {

class RouterTest : public testing::Test {
 protected:
  Handler named(std::string name) {
    return [this, name](Request request, Reply reply) {
      last_ = std::move(request);
      reply.send(Response::text(200, name, "text/plain"));
    };
  }
  Response ask(std::string method, std::string_view path) {
    Request request;
    request.method = std::move(method);
    request.segments = *path_segments(path);
    Response got;
    router_.handle(std::move(request), Reply([&](Response response) { got = std::move(response); }));
    return got;
  }
  std::string hit(std::string method, std::string_view path) {
    const auto response = ask(std::move(method), path);
    return response.status == 404 ? "404" : response.body;
  }

  Router router_;
  Request last_;
};

TEST_F(RouterTest, LiteralsBeatParametersBeatRest) {
  router_.add("GET", "/*file", named("files"));
  router_.add("GET", "/rooms/:access_key", named("room"));
  router_.add("GET", "/rooms/:access_key/users/:user_id", named("user"));
  router_.add("GET", "/rooms/all", named("all"));
  router_.add("GET", "/", named("root"));
  EXPECT_EQ(hit("GET", "/"), "root");
  EXPECT_EQ(hit("GET", "/rooms/all"), "all");
  EXPECT_EQ(hit("GET", "/rooms/abc"), "room");
  EXPECT_EQ(last_.path_param("access_key"), "abc");
  EXPECT_EQ(hit("GET", "//rooms/a%2Fb/users/mike%40x/"), "user");
  EXPECT_EQ(last_.path_param("access_key"), "a/b");
  EXPECT_EQ(last_.path_param("user_id"), "mike@x");
  EXPECT_EQ(hit("GET", "/assets/app.js"), "files");
  EXPECT_EQ(last_.path_param("file"), "assets/app.js");
  EXPECT_EQ(hit("GET", "/rooms//users/u"), "files"); // an empty segment is no parameter
}

TEST_F(RouterTest, UnknownPathAndMethodAreBothJson404) {
  router_.add("POST", "/rooms", named("create"));
  EXPECT_EQ(hit("POST", "/rooms"), "create");
  for (const auto& [method, path] :
       {std::pair{"GET", "/rooms"}, {"POST", "/nothing"}, {"POST", "/rooms/x/y"}, {"post", "/rooms"}}) {
    const auto response = ask(method, path);
    EXPECT_EQ(response.status, 404);
    EXPECT_EQ(response.body, R"({"error":"not found"})");
    EXPECT_EQ(response.headers.find("content-type"), "application/json");
  }
}

TEST_F(RouterTest, HeadFallsBackToGet) {
  router_.add("GET", "/a", named("get"));
  EXPECT_EQ(hit("HEAD", "/a"), "get");
  router_.add("HEAD", "/a", named("head"));
  EXPECT_EQ(hit("HEAD", "/a"), "head");
}

TEST_F(RouterTest, CorsCoversPrefixErrorsAndPreflight) {
  router_.add("GET", "/rooms", named("rooms"));
  router_.add("GET", "/page", named("page"));
  router_.add_cors("/rooms");
  EXPECT_EQ(ask("GET", "/rooms").headers.find("access-control-allow-origin"), "*");
  EXPECT_EQ(ask("GET", "/rooms/x/unknown").headers.find("access-control-allow-origin"), "*");
  EXPECT_FALSE(ask("GET", "/page").headers.find("access-control-allow-origin"));
  EXPECT_FALSE(ask("GET", "/roomsx").headers.find("access-control-allow-origin"));
  const auto preflight = ask("OPTIONS", "/rooms/any/thing");
  EXPECT_EQ(preflight.status, 204);
  EXPECT_EQ(preflight.headers.find("access-control-allow-origin"), "*");
  EXPECT_EQ(preflight.headers.find("access-control-allow-methods"), "GET, POST, PUT, PATCH, DELETE, OPTIONS");
  EXPECT_EQ(preflight.headers.find("access-control-allow-headers"), "Authorization, Content-Type, Accept");
  EXPECT_EQ(preflight.headers.find("access-control-max-age"), "86400");
  EXPECT_EQ(ask("OPTIONS", "/page").status, 404);
}

TEST_F(RouterTest, DroppedReplyStillCarriesCors) {
  router_.add("GET", "/x", [](const Request&, const Reply&) {});
  router_.add_cors("/");
  const auto response = ask("GET", "/x");
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.headers.find("access-control-allow-origin"), "*");
}

TEST_F(RouterTest, BodyLimitsPerRoute) {
  router_.add("POST", "/layers", named("layers"), {10 << 20});
  router_.add("POST", "/rooms", named("rooms"));
  EXPECT_EQ(router_.body_limit("POST", {"layers"}), 10u << 20);
  EXPECT_FALSE(router_.body_limit("POST", {"rooms"}));
  EXPECT_FALSE(router_.body_limit("PUT", {"layers"}));
}

class RecordingTarget final : public UpgradeTarget {
 public:
  explicit RecordingTarget(int& status) : status_(status) {}
  WebSocket accept(std::string, WebSocketEvents, WebSocketOptions) override {
    status_ = 101;
    return {};
  }
  void refuse(Response response) override { status_ = response.status; }

 private:
  int& status_;
};

TEST_F(RouterTest, UpgradesHaveTheirOwnRoutes) {
  router_.add_upgrade("/rt/:id", [](const UpgradeRequest& request, Upgrade upgrade) {
    if (request.request.path_param("id") == "drop") return;
    auto socket = upgrade.accept("", {});
  });
  const auto outcome = [&](std::string_view path) {
    int status = 0;
    UpgradeRequest request;
    request.request.segments = *path_segments(path);
    {
      Upgrade upgrade(std::make_unique<RecordingTarget>(status));
      if (!router_.handle_upgrade(request, upgrade)) upgrade.refuse(404, "not found");
    }
    return status;
  };
  EXPECT_EQ(outcome("/rt/1"), 101);
  EXPECT_EQ(outcome("/rt/drop"), 500); // a decision is never forgotten
  EXPECT_EQ(outcome("/other"), 404);
  EXPECT_EQ(ask("GET", "/rt/1").status, 426);
  EXPECT_EQ(ask("POST", "/rt/1").status, 404);
}

} // namespace
} // namespace plenum::net
