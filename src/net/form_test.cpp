#include "net/form.hpp"

#include "base/random.hpp"
#include "net/multipart.hpp"

#include <gtest/gtest.h>

namespace plenum::net {
namespace {

std::string form(std::string_view text) {
  const auto params = params_from_form(text);
  return params ? base::write_json(params->root()) : "error: " + std::string(to_string(params.error().code));
}
std::string from_json(std::string_view text) {
  const auto params = params_from_json(text);
  return params ? base::write_json(params->root()) : "error: " + std::string(to_string(params.error().code));
}

TEST(Form, BracketTable) {
  EXPECT_EQ(form(""), "{}");
  EXPECT_EQ(form("user[name]=Joe&user%5Bid%5D=7"), R"({"user":{"name":"Joe","id":"7"}})");
  EXPECT_EQ(form("options[custom_fields][logo]=x"), R"({"options":{"custom_fields":{"logo":"x"}}})");
  EXPECT_EQ(form("user[id]&user[name]=Bob"), R"({"user":{"id":null,"name":"Bob"}})");
  EXPECT_EQ(form("users[]=a&users[]=b"), R"({"users":["a","b"]})");
  EXPECT_EQ(form("users[0]=a&users[1]=b"), R"({"users":["a","b"]})");
  EXPECT_EQ(form("users[1]=b&users[7]=a&users[]=c"), R"({"users":["b","a","c"]})");
  EXPECT_EQ(form("a=1&a=2"), R"({"a":"2"})");
  EXPECT_EQ(form("map[][]=0&map[][]=640"), R"({"map":["0","640"]})");
  EXPECT_EQ(form("map[0][0]=1&map[0][1]=2&map[1][0]=3"), R"({"map":[["1","2"],["3"]]})");
  EXPECT_EQ(form("map[0][]=1&map[0][]=2&map[1][]=3"), R"({"map":[["1","2"],["3"]]})");
  EXPECT_EQ(form("p[][a]=1&p[][b]=2&p[][a]=3"), R"({"p":[{"a":"1","b":"2"},{"a":"3"}]})");
  EXPECT_EQ(form("audio_insert_position[x]=5&audio_insert_position[y]=6"),
            R"({"audio_insert_position":{"x":"5","y":"6"}})");
  EXPECT_EQ(form("a[b]=1&a=2"), R"({"a":"2"})");
  EXPECT_EQ(form("a=2&a[b]=1"), R"({"a":{"b":"1"}})");
  EXPECT_EQ(form("=x&a=1"), R"({"a":"1"})");
  EXPECT_EQ(form("a[=1&b]=2&[c]=3&d[e]x=4"), R"({"a[":"1","b]":"2","[c]":"3","d[e]x":"4"})");
  EXPECT_EQ(form("name=A+B%20C%2B&full=%E2%82%AC"), R"({"name":"A B C+","full":"€"})");
}

TEST(Form, Limits) {
  EXPECT_EQ(form("a[b][c][d][e][f][g][h][i]=1").substr(0, 5), R"({"a":)");
  EXPECT_EQ(form("a[b][c][d][e][f][g][h][i][j]=1"), "error: too_large");
  EXPECT_EQ(form(std::string(257, 'k') + "=1"), "error: too_large");
  std::string many;
  for (int i = 0; i < 1001; ++i)
    many += "&k" + std::to_string(i);
  EXPECT_EQ(form(many), "error: too_large");
  EXPECT_EQ(form("a=%ff"), "error: invalid");
}

TEST(Form, JsonWithAndWithoutBrackets) {
  EXPECT_EQ(from_json(R"({"user":{"name":"Joe"},"n":1})"), R"({"user":{"name":"Joe"},"n":1})");
  EXPECT_EQ(from_json(R"({"user[name]":"Joe","users[]":["a","b"]})"),
            R"({"user":{"name":"Joe"},"users":["a","b"]})");
  EXPECT_EQ(from_json(R"({"users[]":[]})"), R"({"users":[]})");
  EXPECT_EQ(from_json(R"({"users[]":"a"})"), R"({"users":["a"]})");
  EXPECT_EQ(from_json(R"({"options":{"custom_fields":{"a[b]":true}}})"),
            R"({"options":{"custom_fields":{"a[b]":true}}})");
  EXPECT_EQ(from_json(" \n"), "{}");
  EXPECT_EQ(from_json("null"), "{}");
  for (const auto* bad : {"{", "[]", "1", "\"x\"", "{\"a\":}", "{\"a\":\"\xff\"}"})
    EXPECT_EQ(from_json(bad), "error: invalid") << bad;
  EXPECT_EQ(from_json("{\"a\":" + std::string(40, '[') + std::string(40, ']') + "}"), "error: invalid");
}

TEST(Form, CoercionTable) {
  const auto params = *params_from_json(
      R"({"t":true,"ts":"true","one":"1","zero":"0","yes":"yes","n1":1,"null":null,"i":5,"f":5.5,"w":5.0,"s":"-1",)"
      R"("big":"99999999999999999999","e":"1e3","pad":" 1","empty":"","o":{},"list":["a",1,null],"csv":"a, b,,c"})");
  EXPECT_EQ(params.boolean("t"), true);
  EXPECT_EQ(params.boolean("ts"), true);
  EXPECT_EQ(params.boolean("one"), true);
  EXPECT_EQ(params.boolean("zero"), false);
  for (const auto* none : {"yes", "n1", "null", "missing", "o"})
    EXPECT_FALSE(params.boolean(none)) << none;
  EXPECT_EQ(params.integer("i"), 5);
  EXPECT_EQ(params.integer("w"), 5);
  EXPECT_EQ(params.integer("s"), -1);
  for (const auto* none : {"f", "big", "e", "pad", "empty", "t", "null"})
    EXPECT_FALSE(params.integer(none)) << none;
  EXPECT_EQ(params.number("f"), 5.5);
  EXPECT_EQ(params.number("s"), -1.0);
  EXPECT_FALSE(params.number("pad"));
  EXPECT_EQ(params.text("i"), "5");
  EXPECT_EQ(params.text("f"), "5.5");
  EXPECT_EQ(params.text("t"), "true");
  EXPECT_EQ(params.text("empty"), "");
  EXPECT_FALSE(params.id("empty"));
  EXPECT_FALSE(params.text("null"));
  EXPECT_FALSE(params.text("o"));
  EXPECT_FALSE(params.given("null"));
  EXPECT_NE(params.find("null"), nullptr);
  using List = std::vector<std::string>;
  EXPECT_EQ(params.list("list"), (List{"a", "1"}));
  EXPECT_EQ(params.list("csv", true), (List{"a", "b", "c"}));
  EXPECT_EQ(params.list("csv"), (List{"a, b,,c"}));
  EXPECT_EQ(params.list("i"), (List{"5"}));
  EXPECT_FALSE(params.list("null"));
  EXPECT_FALSE(params.find("t[x]"));
}

TEST(Form, LayoutRows) {
  const auto rows = [](std::string_view text) {
    const auto found = params_from_form(text)->rows("map");
    return found ? base::write_json(*found) : "none";
  };
  EXPECT_EQ(rows("map[][]=0&map[][]=0&map[][]=640&map[][]=480&map[][]=640&map[][]=0&map[][]=640&map[][]=480"),
            "[[0,0,640,480],[640,0,640,480]]");
  EXPECT_EQ(rows("map[][]=0&map[][]=0&map[][]=1&map[][]=2&map[][]=contain&map[][]=3&map[][]=4&map[][]=5&map[]"
                 "[]=6"),
            R"([[0,0,1,2,"contain"],[3,4,5,6]])");
  EXPECT_EQ(rows("map[][]=0&map[][]=0&map[][]=640"), "none");
  EXPECT_EQ(rows("map[][]=cover"), "none");
  EXPECT_EQ(rows("map=1"), "none");
  EXPECT_EQ(base::write_json(*params_from_json(R"({"map":[[0,"1",2,3,"auto"],[4,5,6,7]]})")->rows("map")),
            R"([[0,1,2,3,"auto"],[4,5,6,7]])");
}

Request request_with(std::string_view type, std::string body, std::string query = "") {
  Request request;
  request.method = "POST";
  if (!type.empty()) request.headers.add("Content-Type", type);
  request.body = std::move(body);
  request.raw_query = std::move(query);
  return request;
}

std::string params(const Request& request) {
  const auto parsed = parse_params(request);
  return parsed ? base::write_json(parsed->root()) : "error: " + std::string(to_string(parsed.error().code));
}

TEST(Form, EveryEncodingGivesTheSameTree) {
  const std::string expected = R"({"user":{"name":"Joe B"}})";
  EXPECT_EQ(params(request_with("application/json; charset=utf-8", R"({"user":{"name":"Joe B"}})")),
            expected);
  EXPECT_EQ(params(request_with("application/x-www-form-urlencoded", "user[name]=Joe+B")), expected);
  EXPECT_EQ(params(request_with("", "user%5Bname%5D=Joe%20B")), expected);
  EXPECT_EQ(params(request_with("", R"({"user":{"name":"Joe B"}})")), expected);
  EXPECT_EQ(params(request_with(
                "multipart/form-data; boundary=b",
                "--b\r\nContent-Disposition: form-data; name=\"user[name]\"\r\n\r\nJoe B\r\n--b--\r\n")),
            expected);
  EXPECT_EQ(params(request_with("", "", "user[name]=Joe+B")), expected);
  EXPECT_EQ(params(request_with("application/json", R"({"a":2})", "a=1&b=3")), R"({"a":2,"b":"3"})");
}

TEST(Form, BadBodies) {
  EXPECT_EQ(params(request_with("application/json", "{")), "error: invalid");
  EXPECT_EQ(params(request_with("multipart/form-data", "--b--")), "error: invalid");
  EXPECT_EQ(params(request_with("application/json", "")), "{}");
  EXPECT_EQ(params(request_with("image/png", "\x89PNG")), "{}");
}

TEST(Multipart, OnlyTheClosingBoundaryMeansNoParameters) {
  EXPECT_EQ(params(request_with("multipart/form-data; boundary=----x", "------x--\r\n")), "{}");
  EXPECT_EQ(params(request_with("multipart/form-data; boundary=----x", "------x--")), "{}");
}

TEST(Multipart, FilesValuesAndOddParts) {
  const std::string body = "preamble\r\n--B\r\n"
                           "content-disposition: form-data; name=\"email\"\r\n\r\nundefined\r\n--B\r\n"
                           "Content-Disposition: form-data; name=\"file\"; filename=\"blob\"\r\n"
                           "Content-Type: application/octet-stream\r\n\r\n\x89PNG\r\n\xff--B\r\n--B \r\n"
                           "Content-Disposition: form-data; name=empty\r\n\r\n\r\n--B\r\n"
                           "Content-Disposition: form-data; name=\"users[]\"\r\n\r\na\r\n--B\r\n"
                           "Content-Disposition: form-data; name=\"users[]\"\r\n\r\nb\r\n--B--\r\nepilogue";
  const auto parsed = parse_params(request_with("multipart/form-data; charset=x; boundary=\"B\"", body));
  ASSERT_TRUE(parsed) << parsed.error().text;
  EXPECT_EQ(base::write_json(parsed->root()), R"({"email":"undefined","empty":"","users":["a","b"]})");
  const auto* file = parsed->file("file");
  ASSERT_NE(file, nullptr);
  EXPECT_EQ(file->filename, "blob");
  EXPECT_EQ(file->content_type, "application/octet-stream");
  EXPECT_EQ(file->data, "\x89PNG\r\n\xff--B");
  EXPECT_EQ(parsed->file("other"), nullptr);
}

TEST(Multipart, QuotingOfNames) {
  const auto name = [](std::string_view disposition) {
    const auto parts = parse_multipart(
        "--b\r\nContent-Disposition: " + std::string(disposition) + "\r\n\r\nv\r\n--b--", "b");
    return parts ? parts->front().name + "|" + parts->front().filename.value_or("-") : "error";
  };
  EXPECT_EQ(name(R"(form-data; name="a;b=c")"), "a;b=c|-");
  EXPECT_EQ(name(R"(form-data; filename="C:\dir\x.png"; name="f")"), R"(f|C:\dir\x.png)");
  EXPECT_EQ(name(R"(form-data; name="a\"b%22c")"), "a\"b\"c|-");
  EXPECT_EQ(name("form-data; name=plain; filename=f"), "plain|f");
  for (const auto* bad :
       {"form-data", "attachment; name=\"a\"", "form-data; name=\"open", "form-data; filename=\"x\""})
    EXPECT_EQ(name(bad), "error") << bad;
}

TEST(Multipart, Malformed) {
  for (const auto* bad :
       {"", "x", "--b", "--b\r\n", "--b\r\n\r\nv\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=a\r\n\r\nv", "--b\r\nno colon\r\n\r\nv\r\n--b--",
        "--bx\r\n", "--b\r\nContent-Type: a\r\n\r\nv\r\n--b--"})
    EXPECT_FALSE(parse_multipart(bad, "b")) << bad;
  EXPECT_FALSE(multipart_boundary("multipart/form-data"));
  EXPECT_FALSE(multipart_boundary("multipart/form-data; boundary="));
  EXPECT_FALSE(multipart_boundary("multipart/form-data; boundary=\"a\r\nb\""));
  EXPECT_FALSE(multipart_boundary("multipart/form-data; boundary=" + std::string(71, 'a')));
  std::string many;
  for (int i = 0; i < 300; ++i)
    many += "--b\r\nContent-Disposition: form-data; name=a\r\n\r\nv\r\n";
  const auto too_many = parse_multipart(many + "--b--", "b");
  ASSERT_FALSE(too_many);
  EXPECT_EQ(too_many.error().code, base::ErrorCode::too_large);
  const auto huge =
      "--b\r\nX: " + std::string(9000, 'x') + "\r\nContent-Disposition: form-data; name=a\r\n\r\nv\r\n--b--";
  EXPECT_FALSE(parse_multipart(huge, "b"));
}

// Whatever arrives, the outcome is an error or a tree that can be written as JSON again.
void expect_sane(const Request& request) {
  const auto parsed = parse_params(request);
  if (!parsed) return;
  const auto written = base::write_json(parsed->root());
  EXPECT_TRUE(base::parse_json(written, {1 << 22, 64})) << written;
  EXPECT_TRUE(valid_utf8(written));
}

TEST(FormMutation, TruncatedAndFlippedBodiesAreHarmless) {
  const std::string multipart =
      "--b\r\nContent-Disposition: form-data; name=\"user[name]\"\r\n\r\nJoe\r\n--b\r\n"
      "Content-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n\x01\x02\r\n--b--\r\n";
  const std::vector<std::pair<std::string, std::string>> seeds{
      {"multipart/form-data; boundary=b", multipart},
      {"application/x-www-form-urlencoded", "a[b][]=1&a[b][]=%E2%82%AC&c[0][x]=2&d&map[][]=1"},
      {"application/json", R"({"user[name]":"Joe","a":[1,2,{"b":null}],"users[]":["x"]})"}};
  base::SeededRandom random(7);
  for (const auto& [type, seed] : seeds) {
    for (std::size_t cut = 0; cut <= seed.size(); ++cut)
      expect_sane(request_with(type, seed.substr(0, cut)));
    for (int round = 0; round < 5000; ++round) {
      auto body = seed;
      for (auto flips = 1 + random.u32() % 4; flips > 0; --flips) {
        const auto at = random.u32() % body.size();
        switch (random.u32() % 3) {
        case 0:
          body[at] = static_cast<char>(random.u32());
          break;
        case 1:
          body.erase(at, 1 + random.u32() % 3);
          break;
        default:
          body.insert(at, body.substr(random.u32() % body.size(), random.u32() % 12));
          break;
        }
        if (body.empty()) body = "&";
      }
      expect_sane(request_with(type, body));
    }
  }
}

} // namespace
} // namespace plenum::net
