// Runs every tests/scripts/*.json as a test of its own, Script.<name>.
#include "api/eyeson/test_script.hpp"

namespace plenum::api::eyeson::testing {
namespace {

class OneScript : public ::testing::Test {
 public:
  explicit OneScript(std::filesystem::path file) : file_(std::move(file)) {}
  void TestBody() override {
    std::ifstream in(file_);
    std::stringstream text;
    text << in.rdbuf();
    const auto script = base::parse_json(text.str());
    ASSERT_TRUE(script.has_value()) << script.error().text;
    Script(*script).run();
  }

 private:
  std::filesystem::path file_;
};

const bool kRegistered = [] {
  std::vector<std::filesystem::path> files;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator("tests/scripts", none))
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  std::ranges::sort(files);
  for (const auto& file : files)
    ::testing::RegisterTest("Script", file.stem().c_str(), nullptr, nullptr, __FILE__, __LINE__,
                            [file]() -> ::testing::Test* { return new OneScript(file); });
  return true;
}();

TEST(Scripts, are_found) {
  EXPECT_TRUE(kRegistered);
  EXPECT_TRUE(std::filesystem::exists("tests/scripts/rooms.json")) << "run from the top of the tree";
}

TEST(Scripts, an_expectation_finds_what_is_wrong) {
  std::map<std::string, std::string> kept{{"ann", "KEY"}};
  Expectation expectation(kept);
  const auto check = [&](const char* expected, const char* real) {
    return expectation.check(parsed(expected), parsed(real));
  };
  EXPECT_EQ(check(R"({"a":"{ann}","b":["<int>",null]})", R"({"a":"KEY","b":[1,null],"c":2})"), "");
  EXPECT_EQ(check(R"({"a":"=new"})", R"({"a":"x"})"), "");
  EXPECT_EQ(kept.at("new"), "x");
  EXPECT_NE(check(R"({"a":1})", R"({"b":1})"), "");
  EXPECT_NE(check(R"([1])", R"([1,2])"), "");
  EXPECT_NE(check(R"({"a":"<id>"})", R"({"a":"68e778b13f1c2a0012ab45"})"), "");
  EXPECT_NE(check(R"("1")", "1"), "") << "types count";
  EXPECT_NE(check("null", "0"), "");
}

} // namespace
} // namespace plenum::api::eyeson::testing
