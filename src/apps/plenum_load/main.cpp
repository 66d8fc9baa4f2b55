// plenum-load: joins synthetic members into rooms of a running Plenum and checks what they get.
#include "apps/plenum_load/report.hpp"
#include "base/log.hpp"

#include <CLI/CLI.hpp>
#include <csignal>
#include <fmt/format.h>
#include <sys/resource.h>

namespace {

namespace load = plenum::load;

struct Wish {
  load::LoadOptions options;
  std::string codec = "vp8", sabotage;
  std::vector<std::string> bad;
  std::size_t talkers = 0;
};

void add_options(CLI::App& cli, Wish& wish) {
  auto& o = wish.options;
  cli.add_option("--url", o.url, "the server's API")->envname("PLENUM_URL")->capture_default_str();
  cli.add_option("--key", o.api_key, "API key")->envname("PLENUM_API_KEY");
  cli.add_option("--room", o.room_id, "id of the room (with --rooms: and a number)")->capture_default_str();
  cli.add_option("--rooms", o.rooms, "how many rooms")->capture_default_str();
  cli.add_option("--members", o.members, "who send, in each room")->capture_default_str();
  cli.add_option("--viewers", o.viewers, "who only receive, in each room")->capture_default_str();
  cli.add_option("--verify", o.verify, "members of each room that decode what they get")
      ->capture_default_str();
  cli.add_option("--talkers", wish.talkers, "members of each room that speak (default: all)");
  cli.add_flag("--audio-only", o.audio_only, "no picture");
  cli.add_option("--clips", o.clips, "directory of pre-encoded pictures; plenum-clips makes them");
  cli.add_option("--codec", wish.codec, "vp8 or h264")->capture_default_str();
  cli.add_flag("--shape", o.shape, "send pictures of the size that the server asks for");
  cli.add_option("--picture-kbps", o.picture_kbps, "what each says that it can receive (REMB)")
      ->capture_default_str();
  cli.add_option("--seconds", o.seconds, "how long to measure")->capture_default_str();
  cli.add_option("--warm-up", o.warm_up, "seconds between the last join and the measurement")
      ->capture_default_str();
  cli.add_option("--join-rate", o.join_rate, "joins a second")->capture_default_str();
  cli.add_option("--churn", o.churn, "a member leaves and comes again every so many seconds");
  cli.add_option(
      "--bad", wish.bad,
      "one more member in each room who misbehaves (repeatable): loss (30 %), jitter (500 ms), garbage, "
      "broken (frames), flapping (sizes), slow (1 fps), keyframes (every frame), plis (20 a second)");
  cli.add_option("--least-fps", o.least_fps, "fewer frames a second are wrong")->capture_default_str();
  cli.add_option("--least-heard", o.least_heard, "voices heard a smaller part of the time are wrong")
      ->capture_default_str();
  cli.add_option("--most-gap", o.most_gap_ms, "longer gaps (ms) are wrong")->capture_default_str();
  cli.add_flag("--keep", o.keep, "leave the rooms open");
  cli.add_flag("--json", o.json, "one JSON object a line: each member, then the summary");
  cli.add_option("--sabotage", wish.sabotage,
                 "member 2 fails during the measurement, to see that it is noticed: mute, freeze or vanish");
}

// False: said why on stderr.
bool complete(Wish& wish, bool talkers_given) {
  const auto complain = [](const std::string& text) {
    fmt::print(stderr, "plenum-load: {}\n", text);
    return false;
  };
  auto& o = wish.options;
  if (wish.codec != "vp8" && wish.codec != "h264") return complain("--codec is vp8 or h264");
  o.codec = wish.codec == "vp8" ? load::VideoCodec::vp8 : load::VideoCodec::h264;
  if (talkers_given) o.talkers = wish.talkers;
  for (const auto& name : wish.bad) {
    const auto bad = load::badness(name);
    if (!bad) return complain("--bad does not know '" + name + "'");
    o.bad.push_back(*bad);
  }
  if (!wish.sabotage.empty()) {
    const auto sabotage = load::sabotage(wish.sabotage);
    if (!sabotage) return complain("--sabotage does not know '" + wish.sabotage + "'");
    o.sabotage = *sabotage;
  }
  if (o.members == 0) o.keep = true; // rooms without people are what is wished for
  if (o.join_rate <= 0 || o.seconds < 0) return complain("rates and times are positive");
  return true;
}

// Every member is two descriptors.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

int run(const load::LoadOptions& options) {
  const plenum::base::Env env;
  load::Run run(options, env, [&](std::string_view event) {
    if (!options.json) return;
    fmt::print("{{\"load\":\"{}\"}}\n", event);
    std::fflush(stdout);
  });
  if (auto prepared = run.prepare(); !prepared) {
    fmt::print(stderr, "plenum-load: {}\n", prepared.error().text);
    return 2;
  }
  const auto& outcome = run.perform();
  const auto findings = load::judge(options, outcome);
  (options.json ? load::print_json : load::print_table)(options, outcome, findings);
  std::fflush(stdout);
  return findings.empty() ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
  CLI::App cli("plenum-load: synthetic members with real signaling, ICE, DTLS and SRTP.\n"
               "Exit status 0: all arrived that had to; 1: something did not (said); 2: it could not begin.");
  Wish wish;
  add_options(cli, wish);
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return cli.exit(error) == 0 ? 0 : 2;
  }
  if (!complete(wish, cli.count("--talkers") > 0)) return 2;
  std::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  plenum::base::log::start(plenum::base::log::Level::warn, plenum::base::log::Format::text, "load");
  const int status = run(wish.options);
  plenum::base::log::stop();
  return status;
}
