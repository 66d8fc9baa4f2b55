#include "net/http.hpp"

#include "net/request_head.hpp"

#include <gtest/gtest.h>

namespace plenum::net {
namespace {

TEST(Headers, NamesIgnoreCaseAndKeepOrder) {
  Headers headers;
  headers.add("X-A", "1");
  headers.add("x-a", "2");
  headers.add("B", "3");
  EXPECT_EQ(headers.find("X-a"), "1");
  EXPECT_EQ(headers.count("x-A"), 2u);
  headers.set("X-A", "9");
  EXPECT_EQ(headers.count("x-a"), 1u);
  EXPECT_EQ(headers.find("x-a"), "9");
  EXPECT_FALSE(headers.find("C"));
}

TEST(Headers, TokensOfCommaLists) {
  Headers headers;
  headers.add("Connection", "keep-alive , Upgrade");
  headers.add("Connection", "x");
  EXPECT_TRUE(headers.has_token("connection", "upgrade"));
  EXPECT_TRUE(headers.has_token("connection", "X"));
  EXPECT_FALSE(headers.has_token("connection", "keep"));
}

TEST(HeadersDeathTest, ResponseSplittingIsABug) {
  Headers headers;
  EXPECT_DEATH(headers.add("A", "x\r\nSet-Cookie: y"), "");
}

TEST(Reply, DroppedUnansweredSends500) {
  int status = 0;
  {
    const Reply reply([&](const Response& response) { status = response.status; });
  }
  EXPECT_EQ(status, 500);
}

TEST(Reply, MovedAndAnsweredOnce) {
  std::vector<int> statuses;
  {
    Reply first([&](const Response& response) { statuses.push_back(response.status); });
    Reply second(std::move(first));
    EXPECT_FALSE(second.answered());
    second.empty(204);
    EXPECT_TRUE(second.answered());
  }
  EXPECT_EQ(statuses, std::vector<int>{204});
}

TEST(Response, EmptyBodyNeverCarriesAContentType) {
  const auto head = response_head(Response::json_text(200, ""), true, {});
  EXPECT_EQ(head.find("Content-Type"), std::string::npos);
  EXPECT_NE(head.find("Content-Length: 0\r\n"), std::string::npos);
  const auto full = response_head(Response::error(404, "not found"), false, {});
  EXPECT_NE(full.find("HTTP/1.1 404 Not Found\r\n"), std::string::npos);
  EXPECT_NE(full.find("Content-Type: application/json\r\n"), std::string::npos);
  EXPECT_NE(full.find("Connection: close\r\n"), std::string::npos);
  EXPECT_NE(full.find("Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"), std::string::npos);
  EXPECT_EQ(response_head(Response::empty(204), true, {}).find("Content-Length"), std::string::npos);
}

TEST(Response, ErrorTextIsEscaped) {
  EXPECT_EQ(Response::error(400, "a \"b\"\n").body, R"({"error":"a \"b\"\n"})");
}

TEST(Request, QueryAndContentType) {
  Request request;
  request.query = {{"a", "1"}, {"a", "2"}, {"n", std::nullopt}};
  request.headers.add("Content-Type", " Application/JSON ; charset=utf-8");
  EXPECT_EQ(request.query_value("a"), "2");
  EXPECT_FALSE(request.query_value("n"));
  EXPECT_EQ(request.content_type(), "application/json");
  EXPECT_EQ(request.path_param("nothing"), "");
}

class RequestHead : public testing::Test {
 protected:
  RequestHead() {
    router_.add_upgrade("/rt", [](UpgradeRequest, Upgrade) {});
    router_.add("GET", "/rooms", [](Request, Reply) {});
  }
  static Request upgrade() {
    Request request;
    request.method = "GET";
    request.target = "/rt";
    request.headers.add("Host", "h");
    request.headers.add("Connection", "Upgrade");
    request.headers.add("Upgrade", "WebSocket");
    request.headers.add("Sec-WebSocket-Version", "13");
    request.headers.add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
    return request;
  }
  std::optional<int> problem(Request request, int version = 11, bool relaxed = false) {
    const auto found = check_head(request, version, relaxed, router_);
    return found ? std::optional(found->status) : std::nullopt;
  }
  Router router_;
};

TEST_F(RequestHead, RelaxesOnlyTheQueryOfUpgradeRoutes) {
  const auto relax = [&](std::string line) {
    line += "\r\nHost: a b\r\n\r\n";
    const bool did = relax_request_line(line, router_);
    return did ? line.substr(0, line.find("\r\n")) : "";
  };
  EXPECT_EQ(relax("GET /rt?room_id=standup meeting HTTP/1.1"), "GET /rt?room_id=standup%20meeting HTTP/1.1");
  EXPECT_EQ(relax("GET //rt?room_id=a b  c HTTP/1.1"), "GET //rt?room_id=a%20b%20%20c HTTP/1.1");
  EXPECT_EQ(relax("GET /rt?x=a HTTP/1.1 HTTP/1.1"), "GET /rt?x=a%20HTTP/1.1 HTTP/1.1");
  for (const auto* strict : {"GET /rt?a=b HTTP/1.1", "GET /rooms?a=b c HTTP/1.1", "GET /r t?a HTTP/1.1",
                             "GET /rt ?a=b HTTP/1.1", "POST /rt?a=b c HTTP/1.1", "GET /rt?a b HTTP/1.0",
                             "GET /rt?a b", "GET  HTTP/1.1", "GET HTTP/1.1", ""})
    EXPECT_EQ(relax(strict), "") << strict;
}

TEST_F(RequestHead, RelaxedLineMustBeAnUpgrade) {
  EXPECT_FALSE(problem(upgrade(), 11, true));
  auto plain = upgrade();
  plain.headers.remove("Upgrade");
  EXPECT_EQ(problem(plain, 11, true), 400);
  EXPECT_FALSE(problem(plain, 11, false));
}

TEST_F(RequestHead, FramingThatTwoParsersMayReadDifferently) {
  Request request;
  request.method = "POST";
  request.target = "/rooms";
  EXPECT_EQ(problem(request), 400); // no Host
  EXPECT_FALSE(problem(request, 10));
  request.headers.add("Host", "h");
  EXPECT_FALSE(problem(request));
  auto chunked = request;
  chunked.headers.add("Transfer-Encoding", "chunked");
  EXPECT_FALSE(problem(chunked));
  EXPECT_EQ(problem(chunked, 10), 400);
  chunked.headers.add("Content-Length", "3");
  EXPECT_EQ(problem(chunked), 400);
  for (const auto* encoding : {"gzip", "chunked, chunked", "gzip, chunked", "xchunked", ""}) {
    auto odd = request;
    odd.headers.add("Transfer-Encoding", encoding);
    EXPECT_EQ(problem(odd), 400) << encoding;
  }
  auto two_hosts = request;
  two_hosts.headers.add("host", "i");
  EXPECT_EQ(problem(two_hosts), 400);
  auto odd_expect = request;
  odd_expect.headers.add("Expect", "200-ok");
  EXPECT_EQ(problem(odd_expect), 417);
}

TEST_F(RequestHead, Targets) {
  Request request;
  request.method = "GET";
  request.headers.add("Host", "h");
  for (const auto* bad : {"rooms", "/%", "/%00", "/%ff", "/x?%ff", "mailto:x", "*"}) {
    request.target = bad;
    EXPECT_EQ(problem(request), 400) << bad;
  }
  request.target = "http://other.example/rooms?a=1";
  EXPECT_FALSE(check_head(request, 11, false, router_));
  EXPECT_EQ(request.segments, (std::vector<std::string>{"rooms"}));
  EXPECT_EQ(request.raw_query, "a=1");
}

TEST_F(RequestHead, UpgradeNeedsRfc6455) {
  EXPECT_EQ(problem(upgrade(), 10), 400);
  const auto with = [](std::string_view name, std::string_view value) {
    auto request = upgrade();
    request.headers.set(name, value);
    return request;
  };
  EXPECT_EQ(problem(with("Sec-WebSocket-Version", "8")), 426);
  EXPECT_EQ(problem(with("Sec-WebSocket-Key", "short")), 400);
  EXPECT_EQ(problem(with("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZ!==")), 400);
  EXPECT_EQ(problem(with("Content-Length", "5")), 400);
  EXPECT_FALSE(problem(with("Content-Length", "0")));
}

} // namespace
} // namespace plenum::net
