#include "net/static_files.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

namespace plenum::net {
namespace {

namespace fs = std::filesystem;

class StaticFilesTest : public testing::Test {
 protected:
  StaticFilesTest() {
    std::string name = (fs::temp_directory_path() / "static_files_test_XXXXXX").string();
    root_ = ::mkdtemp(name.data());
    write("www/index.html", "<!doctype html>");
    write("www/assets/app-1a2b.js", "0123456789");
    write("www/.secret", "hidden");
    write("www/.git/config", "hidden");
    write("outside.txt", "outside");
    fs::create_symlink(root_ / "outside.txt", root_ / "www/link.txt");
    fs::create_directory_symlink(root_, root_ / "www/up");
  }
  ~StaticFilesTest() override { fs::remove_all(root_); }

  void write(const std::string& name, std::string_view content) {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name, std::ios::binary) << content;
  }
  StaticFiles load(StaticFilesOptions options = {}) {
    return std::move(*StaticFiles::load((root_ / "www").string(), std::move(options)));
  }
  static Request get(std::string_view header = "", std::string_view value = "") {
    Request request;
    request.method = "GET";
    if (!header.empty()) request.headers.add(header, value);
    return request;
  }
  fs::path root_;
};

TEST_F(StaticFilesTest, ServesWhatIsThereWithTypeAndCaching) {
  const auto files = load();
  EXPECT_EQ(files.size(), 2u);
  const auto page = files.respond(get(), "");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.content(), "<!doctype html>");
  EXPECT_EQ(page.headers.find("content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(page.headers.find("cache-control"), "no-cache");
  EXPECT_EQ(page.headers.find("x-content-type-options"), "nosniff");
  const auto script = files.respond(get(), "assets/app-1a2b.js");
  EXPECT_EQ(script.headers.find("content-type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(script.headers.find("cache-control"), "public, max-age=31536000, immutable");
}

TEST_F(StaticFilesTest, NothingOutsideIsReachable) {
  const auto files = load({.fallback_to_index = false});
  for (const auto* path :
       {"../outside.txt", "/etc/passwd", "assets/../../outside.txt", ".secret", ".git/config", "link.txt",
        "up/outside.txt", "assets", "assets/", "index.html/", "..", "./index.html", "assets\\app-1a2b.js"}) {
    const auto response = files.respond(get(), path);
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_EQ(response.content(), R"({"error":"not found"})");
  }
}

TEST_F(StaticFilesTest, FallbackIsForPagesOnly) {
  const auto files = load({.fallback_to_index = true});
  EXPECT_EQ(files.respond(get(), "guest/abc").content(), "<!doctype html>");
  EXPECT_EQ(files.respond(get(), "assets/missing.js").status, 404);
}

TEST_F(StaticFilesTest, PagesCarryTheirPolicy) {
  const auto files = load({.csp = "default-src 'self'"});
  const auto page = files.respond(get(), "index.html");
  EXPECT_EQ(page.headers.find("content-security-policy"), "default-src 'self'");
  EXPECT_EQ(page.headers.find("referrer-policy"), "no-referrer");
  EXPECT_FALSE(files.respond(get(), "assets/app-1a2b.js").headers.find("content-security-policy"));
}

TEST_F(StaticFilesTest, ConditionalRequests) {
  const auto files = load();
  const auto etag = std::string(*files.respond(get(), "index.html").headers.find("etag"));
  EXPECT_NE(etag, *files.respond(get(), "assets/app-1a2b.js").headers.find("etag"));
  for (const auto& known : {etag, "W/" + etag, "\"x\", " + etag, std::string("*")}) {
    const auto response = files.respond(get("If-None-Match", known), "index.html");
    EXPECT_EQ(response.status, 304) << known;
    EXPECT_EQ(response.content(), "");
    EXPECT_EQ(response.headers.find("etag"), etag);
  }
  EXPECT_EQ(files.respond(get("If-None-Match", "\"x\""), "index.html").status, 200);
}

TEST_F(StaticFilesTest, ByteRanges) {
  const auto files = load();
  const auto part = [&](std::string_view range) {
    const auto response = files.respond(get("Range", range), "assets/app-1a2b.js");
    return std::to_string(response.status) + " " +
           (response.status == 416 ? "" : std::string(response.content())) + " " +
           std::string(response.headers.find("content-range").value_or("-"));
  };
  EXPECT_EQ(part("bytes=0-0"), "206 0 bytes 0-0/10");
  EXPECT_EQ(part("bytes=2-4"), "206 234 bytes 2-4/10");
  EXPECT_EQ(part("bytes=7-"), "206 789 bytes 7-9/10");
  EXPECT_EQ(part("bytes=7-99999999999"), "206 789 bytes 7-9/10");
  EXPECT_EQ(part("bytes=-3"), "206 789 bytes 7-9/10");
  EXPECT_EQ(part("bytes=-30"), "206 0123456789 bytes 0-9/10");
  EXPECT_EQ(part("bytes=10-"), "416  bytes */10");
  EXPECT_EQ(part("bytes=-0"), "416  bytes */10");
  for (const auto* whole : {"bytes=4-2", "bytes=a-b", "bytes=", "bytes=-", "items=0-1", "bytes=0-1,3-4",
                            "bytes=99999999999999999999-"})
    EXPECT_EQ(part(whole), "200 0123456789 -") << whole;
  auto request = get("Range", "bytes=0-0");
  request.headers.add("If-Range", "\"other\"");
  EXPECT_EQ(files.respond(request, "assets/app-1a2b.js").status, 200);
}

TEST_F(StaticFilesTest, LimitsAndMissingDirectory) {
  EXPECT_FALSE(StaticFiles::load((root_ / "www").string(), {.file_bytes = 12}));
  EXPECT_FALSE(StaticFiles::load((root_ / "www").string(), {.total_bytes = 20}));
  EXPECT_FALSE(StaticFiles::load((root_ / "www").string(), {.files = 1}));
  EXPECT_FALSE(StaticFiles::load((root_ / "nothing").string()));
}

TEST_F(StaticFilesTest, EmptyFile) {
  write("www/empty.txt", "");
  const auto files = load();
  EXPECT_EQ(files.respond(get(), "empty.txt").status, 200);
  EXPECT_EQ(files.respond(get("Range", "bytes=0-"), "empty.txt").status, 416);
}

} // namespace
} // namespace plenum::net
