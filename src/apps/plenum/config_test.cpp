#include "apps/plenum/config.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <unistd.h>

namespace plenum::app {
namespace {

struct TemporaryFile {
  std::string path;
  explicit TemporaryFile(const std::string& text) {
    path = (std::filesystem::temp_directory_path() / "plenum-config-XXXXXX").string();
    ::close(::mkstemp(path.data()));
    std::ofstream(path) << text;
  }
  ~TemporaryFile() { std::filesystem::remove(path); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
};

std::string error_of(const std::string& toml, const std::vector<std::string>& environment = {},
                     const std::map<std::string, std::string>& flags = {}) {
  const TemporaryFile file(toml);
  const auto loaded = load_config(file.path, environment, flags);
  return loaded ? "" : loaded.error().text;
}

TEST(Config, flags_beat_environment_beats_file_beats_defaults) {
  const TemporaryFile file("[http]\nport = 1\naddress = \"::1\"\n[rooms]\nmost = 7\n[media]\ntcp = false\n");
  const auto loaded = load_config(file.path, {"PLENUM_HTTP_PORT=2", "PLENUM_ROOMS_MOST=8", "PATH=/bin"},
                                  {{"http.port", "3"}});
  ASSERT_TRUE(loaded.has_value()) << loaded.error().text;
  EXPECT_EQ(loaded->config.http_port, 3);
  EXPECT_EQ(loaded->config.rooms_most, 8U);
  EXPECT_EQ(loaded->config.http_address, "::1");
  EXPECT_FALSE(loaded->config.media_tcp);
  EXPECT_EQ(loaded->config.media_port, 10000);
  EXPECT_EQ(loaded->origin.at("http.port"), "flag");
  EXPECT_EQ(loaded->origin.at("rooms.most"), "environment");
  EXPECT_EQ(loaded->origin.at("http.address"), "file " + file.path);
  EXPECT_EQ(loaded->origin.at("media.port"), "default");
}

TEST(Config, networks_that_are_none_stop_the_start) {
  for (const auto* bad : {"10.0.0.0/33", "10.0.0.1/8", "localhost", "10.0.0.0/8x"})
    EXPECT_NE(error_of("", {}, {{"outbound.allowed_networks", bad}}).find(bad), std::string::npos);
  EXPECT_EQ(error_of("[outbound]\nallowed_networks = [\"127.0.0.0/8\", \"::1\"]\nplain_http = true\n"), "");
  EXPECT_NE(error_of("[hooks]\ngive_up_hours = 0\n"), "");
  EXPECT_NE(error_of("[keep]\nmeetings_days = 0\n"), "");
}

TEST(Config, mistakes_are_named) {
  EXPECT_NE(error_of("[http]\nprot = 1\n").find("unknown setting http.prot"), std::string::npos);
  EXPECT_NE(error_of("port = 1\n").find("must be a [section]"), std::string::npos);
  EXPECT_NE(error_of("[http]\nport = \n").find(":2:"), std::string::npos);
  for (const auto* malformed : {"[.http]\n", "[http..a]\n", "[.\"a\"b]\n", "a = [\n"})
    EXPECT_FALSE(error_of(malformed).empty()) << malformed;
  EXPECT_NE(error_of("", {"PLENUM_HTPP_PORT=1"}).find("PLENUM_HTPP_PORT"), std::string::npos);
  EXPECT_NE(error_of("", {}, {{"http.prot", "1"}}).find("http.prot"), std::string::npos);
  EXPECT_NE(load_config("/nonexistent.toml", {}, {}).error().text.find("/nonexistent.toml"),
            std::string::npos);
  EXPECT_NE(error_of("[data]\ndirectory = 2024-01-01\n").find("data.directory"), std::string::npos);
  EXPECT_NE(error_of("[http]\nport = 1.5\n").find("http.port"), std::string::npos);
  EXPECT_NE(error_of("[http.port]\nx = 1\n").find("http.port"), std::string::npos);
}

TEST(Config, values_are_checked) {
  for (const auto& [key, value] :
       std::vector<std::pair<std::string, std::string>>{{"http.port", "65536"},
                                                        {"http.port", "-1"},
                                                        {"http.port", ""},
                                                        {"http.port", "80x"},
                                                        {"media.tcp", "yes"},
                                                        {"video.codec", "av1"},
                                                        {"log.level", "loud"},
                                                        {"log.format", "xml"},
                                                        {"http.certificate", "/c.pem"},
                                                        {"media.announce", "example.org"},
                                                        {"public.api", "example.org"},
                                                        {"public.gui", "https://x/"},
                                                        {"public.signaling", "wss://x/call?y=1"},
                                                        {"public.signaling", "wsx://y"},
                                                        {"ice.turn_servers", "turn:t"},
                                                        {"rooms.idle_seconds", "0"},
                                                        {"rooms.grace_seconds", "0"},
                                                        {"rooms.most", "0"},
                                                        {"rooms.members", "0"},
                                                        {"workers.most", "1"}})
    EXPECT_NE(error_of("", {}, {{key, value}}), "") << key << "=" << value;
}

TEST(Config, lists_and_secrets) {
  const TemporaryFile file("[media]\nannounce = [\"192.0.2.1\", \"2001:db8::1\"]\n[ice]\nturn_servers = "
                           "[\"turn:a\"]\nturn_secret = \"hidden\"\n");
  const auto loaded = load_config(file.path, {"PLENUM_MEDIA_LISTEN= 127.0.0.1 , ::1"}, {});
  ASSERT_TRUE(loaded.has_value()) << loaded.error().text;
  EXPECT_EQ(loaded->config.media_announce, (std::vector<std::string>{"192.0.2.1", "2001:db8::1"}));
  EXPECT_EQ(loaded->config.media_listen, (std::vector<std::string>{"127.0.0.1", "::1"}));
  for (const auto& setting : settings())
    EXPECT_EQ(setting.show(loaded->config).find("hidden"), std::string::npos) << setting.key;
  EXPECT_EQ(loaded->config.ice_turn_secret.reveal(), "hidden");
}

TEST(Config, every_setting_reads_what_it_shows) {
  std::set<std::string> spellings;
  for (const auto& setting : settings()) {
    EXPECT_TRUE(spellings.insert(setting.variable()).second && spellings.insert(setting.flag()).second)
        << setting.key;
    EXPECT_FALSE(setting.help.empty());
    Config config;
    if (setting.secret) continue;
    EXPECT_TRUE(setting.read(config, setting.show(config)).has_value()) << setting.key;
    EXPECT_EQ(setting.show(config), setting.show(Config{})) << setting.key;
  }
  EXPECT_TRUE(check_config(Config{}).has_value());
}

TEST(Config, local_url) {
  Config config;
  EXPECT_EQ(local_url(config), "http://localhost:8080");
  config.http_address = "2001:db8::1";
  config.http_certificate = "c";
  EXPECT_EQ(local_url(config), "https://[2001:db8::1]:8080");
}

} // namespace
} // namespace plenum::app
