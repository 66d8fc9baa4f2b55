#include "tests/process/server.hpp"

#include "base/test_directory.hpp"

#include <gmock/gmock.h>

#include <sstream>

namespace plenum::process {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string clips_directory() {
  static const base::testing::TemporaryDirectory directory;
  static const int status =
      Program(PLENUM_CLIPS_PROGRAM, {directory.path, "--frames", "100", "--takes", "1", "--codec", "vp8"})
          .wait();
  EXPECT_EQ(status, 0);
  return directory.path;
}

struct Verdict {
  int status = 0;
  std::vector<value> members;
  value summary;
  std::vector<std::string> findings() const {
    std::vector<std::string> out;
    if (const auto* list = base::find_array(summary, "findings"))
      for (const auto& finding : *list)
        out.emplace_back(finding.get_string());
    return out;
  }
  std::int64_t number(std::string_view key) const { return base::find_int(summary, key).value_or(-1); }
};

// A call on a server of its own. Limits are those of a machine with ten times the work that it can do: it
// loses most frames and part of the sound, but not all of anything.
Verdict load(std::vector<std::string> more, std::string seconds = "8", std::string most_gap = "20000") {
  const base::testing::TemporaryDirectory data;
  const auto key = run({"key", "create", "--data-directory", data.path}).out;
  Server server(data.path);
  std::vector<std::string> arguments{"--url",
                                     server.http,
                                     "--key",
                                     key.substr(0, key.find('\n')),
                                     "--json",
                                     "--seconds",
                                     std::move(seconds),
                                     "--warm-up",
                                     "1",
                                     "--least-fps",
                                     "0.2",
                                     "--least-heard",
                                     "0.2",
                                     "--most-gap",
                                     std::move(most_gap)};
  arguments.insert(arguments.end(), more.begin(), more.end());
  Program program(PLENUM_LOAD_PROGRAM, std::move(arguments));
  Verdict out{.status = program.wait()};
  std::istringstream lines(program.out);
  for (std::string line; std::getline(lines, line);) {
    auto parsed = base::parse_json(line).value_or(nullptr);
    const auto kind = base::find_string(parsed, "load").value_or("");
    if (kind == "member") out.members.push_back(std::move(parsed));
    if (kind == "summary") out.summary = std::move(parsed);
  }
  EXPECT_EQ(server.end(), 0);
  EXPECT_FALSE(out.summary.is_null()) << program.out << program.err;
  return out;
}

TEST(Load, ThreeMembersSeeAndHearEachOther) {
  const auto verdict = load({"--members", "3", "--clips", clips_directory()});
  EXPECT_THAT(verdict.findings(), IsEmpty());
  EXPECT_EQ(verdict.status, 0);
  EXPECT_EQ(verdict.number("connected"), 3);
  EXPECT_GT(verdict.number("latency_samples"), 0);
  ASSERT_EQ(verdict.members.size(), 3U);
  for (const auto& member : verdict.members) {
    EXPECT_EQ(base::find_int(member, "width"), 1280);
    EXPECT_EQ(base::find_int(member, "height"), 720);
    EXPECT_GT(base::find_int(member, "sent_frames").value_or(0), 0);
  }
}

TEST(Load, AudioOnlyWithViewersAndTwoRooms) {
  const auto verdict =
      load({"--audio-only", "--members", "3", "--viewers", "2", "--rooms", "2", "--talkers", "2"});
  EXPECT_THAT(verdict.findings(), IsEmpty());
  EXPECT_EQ(verdict.status, 0);
  EXPECT_EQ(verdict.number("connected"), 10);
}

TEST(Load, ABadMemberChangesNobodyElsesCall) {
  const auto verdict =
      load({"--members", "2", "--bad", "garbage", "--bad", "broken", "--clips", clips_directory()});
  EXPECT_THAT(verdict.findings(), IsEmpty());
  EXPECT_EQ(verdict.status, 0);
}

TEST(Load, NoticesASilencedMember) {
  const auto verdict = load({"--members", "3", "--sabotage", "mute", "--clips", clips_directory()});
  EXPECT_EQ(verdict.status, 1);
  EXPECT_THAT(verdict.findings(), ElementsAre(HasSubstr("member 1 does not hear 2")));
}

TEST(Load, NoticesAFrozenCamera) {
  const auto verdict =
      load({"--members", "3", "--sabotage", "freeze", "--clips", clips_directory()}, "12", "6000");
  EXPECT_EQ(verdict.status, 1);
  EXPECT_THAT(verdict.findings(), ::testing::Contains(HasSubstr("pictures of room 1 member 2")));
}

TEST(Load, CannotBeginWithoutAServerOrAKey) {
  Program nobody(PLENUM_LOAD_PROGRAM, {"--url", "http://127.0.0.1:1", "--key", "k", "--audio-only"});
  EXPECT_EQ(nobody.wait(), 2);
  Program wrong(PLENUM_LOAD_PROGRAM, {"--bad", "manners"});
  EXPECT_EQ(wrong.wait(), 2);
}

} // namespace
} // namespace plenum::process
