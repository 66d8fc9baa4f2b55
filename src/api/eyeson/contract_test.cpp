// The contract files against the router and the code: nothing undocumented, nothing documented in vain.
#include "api/eyeson/queries.hpp"
#include "api/eyeson/rate_limit.hpp"
#include "api/eyeson/test_dialect.hpp"

#include <fstream>
#include <regex>
#include <sstream>

namespace plenum::api::eyeson::testing {
namespace {

const json::value& openapi() {
  return Contract::get().file("/openapi.json");
}

std::string read(const std::string& path) {
  std::ifstream in(path);
  EXPECT_TRUE(in) << path;
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

// "/rooms/:access_key" → "/rooms/{access_key}"
std::string documented_form(const std::string& pattern) {
  return std::regex_replace(pattern, std::regex(":([a-z_]+)"), "{$1}");
}

std::set<std::string> documented_operations() {
  std::set<std::string> out;
  for (const auto& [path, methods] : openapi().at("paths").get_object())
    for (const auto& [method, spec] : methods.get_object()) {
      std::string upper = method;
      std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return std::toupper(c); });
      out.insert(upper + " " + std::string(path));
    }
  return out;
}

TEST(Contract, every_route_is_documented_and_every_documented_route_is_there) {
  Api api;
  std::set<std::string> routes;
  for (const auto& [method, pattern] : api.router.routes()) {
    const bool page =
        std::ranges::find(contract_files(), pattern, &ContractFile::path) != contract_files().end();
    if (method != "UPGRADE" && !page) routes.insert(method + " " + documented_form(pattern));
  }
  EXPECT_EQ(routes, documented_operations());
}

// Every member name of an input or query parameter that the code asks for.
TEST(Contract, every_parameter_that_the_code_reads_is_documented) {
  std::set<std::string> known;
  const std::function<void(const json::value&)> collect = [&](const json::value& value) {
    if (const auto* list = value.if_array())
      for (const auto& item : *list)
        collect(item);
    const auto* object = value.if_object();
    if (object == nullptr) return;
    if (const auto* properties = base::find_object(value, "properties"))
      for (const auto& [name, schema] : *properties)
        known.insert(std::string(name));
    if (const auto name = base::find_string(value, "name")) known.insert(std::string(*name));
    for (const auto& [name, child] : *object)
      collect(child);
  };
  collect(openapi());
  const std::regex reads(
      R"re((?:params|query_value|inner)\w*[.]?(?:find|given|boolean|integer|number|text|id|list|rows|file)?\("([^"]+)")re");
  int found = 0;
  for (const auto& entry : std::filesystem::directory_iterator("src/api/eyeson")) {
    const auto file = entry.path().string();
    if (!file.ends_with(".cpp") || file.ends_with("_test.cpp")) continue;
    const auto text = read(file);
    for (std::sregex_iterator it(text.begin(), text.end(), reads), end; it != end; ++it) {
      const auto path = (*it)[1].str();
      if (file.contains("cable_") && path != "page") continue; // websocket queries are not REST
      static const std::regex kWord(R"([^\[\]]+)");
      for (std::sregex_iterator part(path.begin(), path.end(), kWord); part != end; ++part, ++found)
        EXPECT_TRUE(known.contains(part->str())) << file << " reads " << path;
    }
  }
  EXPECT_GT(found, 50);
}

TEST(Contract, is_served_with_a_page_that_needs_nothing_from_outside) {
  Api api;
  const auto got = api.ask("GET", "/openapi.json");
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(text_at(got.json, "openapi"), "3.1.0");
  EXPECT_EQ(api.ask("GET", "/schemas/observer.json").status, 200);
  EXPECT_EQ(api.ask("GET", "/schemas/webhooks.json").status, 200);
  for (const auto& file : contract_files()) {
    if (file.content_type == "application/json") continue;
    EXPECT_FALSE(std::regex_search(std::string(file.content), std::regex("(https?:)?//[a-z]+\\.[a-z]+")))
        << file.path << " names another host";
  }
}

// A host's link, /permalink?TOKEN, is the path of the list.
TEST(Contract, browsers_get_the_page_where_programs_get_the_list) {
  Api api;
  api.dialect.page = [](const net::Request&, net::Reply reply) {
    reply.send(net::Response::text(200, "<page>", "text/html"));
  };
  std::string shown;
  auto request = Api::request("GET", "/permalink?TOKEN", {}, {{"Accept", "text/html,application/xhtml+xml"}});
  api.router.handle(std::move(request),
                    net::Reply([&](const net::Response& got) { shown = std::string(got.content()); }));
  EXPECT_EQ(shown, "<page>");
  EXPECT_EQ(api.ask("GET", "/permalink?TOKEN").status, 401);
  EXPECT_EQ(api.ask("GET", "/permalink", {}, {{"Accept", "text/html"}, {"Authorization", api.key}}).status,
            200);
}

TEST(Contract, the_validator_finds_what_is_wrong) {
  const auto& contract = Contract::get();
  const auto wrong = [&](const char* frame) { return contract.check_observer(parsed(frame)); };
  EXPECT_EQ(wrong(R"({"type":"ping","message":1})"), "");
  EXPECT_NE(wrong(R"({"type":"ping","message":1,"more":2})"), "");
  EXPECT_NE(wrong(R"({"type":"ping","message":"1"})"), "");
  EXPECT_NE(wrong(R"({"type":"ping"})"), "");
  EXPECT_NE(wrong(R"({"identifier":"x","message":{"type":"lock","locked":false}})"), "");
  EXPECT_EQ(wrong(R"({"identifier":"x","message":{"type":"lock","locked":true}})"), "");
  EXPECT_NE(contract.check_webhook(parsed(R"({"timestamp":1,"type":"room_update","room":{}})")), "");
}

TEST(RateLimit, a_flood_is_told_to_wait_and_others_are_not) {
  Api api;
  api.dialect.key_limit = RateLimit({.per_second = 2, .burst = 3});
  const auto key = text_at(api.enter("r", "ann"), "access_key");
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(api.ask("GET", "/rooms/" + key).status, 200);
  const auto refused = api.ask("GET", "/rooms/" + key);
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(text_at(refused.json, "error"), "Too many requests");
  EXPECT_EQ(refused.headers.find("Retry-After").value_or(""), "1");
  EXPECT_EQ(api.owner("GET", "/rooms").status, 200) << "another key";
  api.house.pass(std::chrono::seconds(1));
  EXPECT_EQ(api.ask("GET", "/rooms/" + key).status, 200);
}

TEST(RateLimit, unknown_keys_count_too_and_the_table_is_bounded) {
  RateLimit limit({.per_second = 1, .burst = 1});
  const auto now = base::timestamp_us(5'000'000);
  for (std::size_t i = 0; i < RateLimit::kMostBuckets; ++i)
    EXPECT_FALSE(limit.take("key" + std::to_string(i), now));
  EXPECT_FALSE(limit.take("newcomer", now)) << "the shared bucket";
  EXPECT_TRUE(limit.take("another newcomer", now));
  EXPECT_EQ(limit.size(), RateLimit::kMostBuckets);
  EXPECT_FALSE(limit.take("later", now + std::chrono::seconds(3)));
  EXPECT_EQ(limit.size(), 1U);
  RateLimit off({});
  EXPECT_FALSE(off.take("anybody", now));
}

TEST(Queries, times_in_every_spelling) {
  const auto at = [](std::string_view text) {
    const auto time = parse_time(text);
    return time ? base::iso8601(time->at) + (time->whole_second ? " s" : "") : "none";
  };
  EXPECT_EQ(at("2025-10-09T08:53:20.417Z"), "2025-10-09T08:53:20.417Z");
  EXPECT_EQ(at("2025-10-09T08:53:20Z"), "2025-10-09T08:53:20.000Z s");
  EXPECT_EQ(at("2025-10-09T08:53:20+02:00"), "2025-10-09T06:53:20.000Z s");
  EXPECT_EQ(at("2025-10-09T08:53:20 02:00"), "2025-10-09T06:53:20.000Z s");
  EXPECT_EQ(at("2025-10-09T08:53:20.5-0330"), "2025-10-09T12:23:20.500Z");
  for (const auto* bad :
       {"", "now", "2025-10-09", "2025-13-09T08:53:20Z", "2025-02-30T08:53:20Z", "2025-10-09T24:00:00Z",
        "2025-10-09T08:53:20", "2025-10-09T08:53:20.Z", "2025-10-09T08:53:20Zx", "1760000000"})
    EXPECT_EQ(at(bad), "none") << bad;
}

TEST(Queries, pages) {
  const auto request = [](const std::string& query) {
    return Api::request("GET", "/rooms?" + query, {}, {});
  };
  EXPECT_EQ(page_from_zero(request("page=2")), 2U);
  for (const auto* first : {"", "page=", "page=-1", "page=x", "page=0"})
    EXPECT_EQ(page_from_zero(request(first)), 0U) << first;
  for (const auto* first : {"", "page=0", "page=1", "page=-1"})
    EXPECT_EQ(page_from_one(request(first)), 0U) << first;
  EXPECT_EQ(page_from_one(request("page=2")), 1U);
  EXPECT_EQ(limit_of(request("")), 25U);
  EXPECT_EQ(limit_of(request("limit=500")), 100U);
  EXPECT_EQ(limit_of(request("limit=0")), 1U);
  EXPECT_EQ(first_of(1, 25, 60), 25U);
  EXPECT_EQ(first_of(std::numeric_limits<std::size_t>::max(), 25, 60), 60U);
}

} // namespace
} // namespace plenum::api::eyeson::testing
