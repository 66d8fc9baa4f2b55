#include "apps/plenum_load/report.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>

namespace plenum::load {
namespace {

namespace json = base::json;

constexpr double kLeaked = 0.1;   // part of the time
constexpr std::size_t kMixed = 6; // the server mixes the loudest six
constexpr double kPacketsPerSecond = 50;

double ms(base::Duration d) {
  return std::round(base::to_seconds(d) * 10'000) / 10;
}
double tenth(double value) {
  return std::round(value * 10) / 10;
}
double thousandth(double value) {
  return std::round(value * 1000) / 1000;
}

// The value below which `part` of the sorted values lie; 0 without any.
double quantile(const std::vector<float>& sorted, double part) {
  if (sorted.empty()) return 0;
  const auto at = static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1) + 0.5);
  return tenth(static_cast<double>(sorted[at]));
}

bool good(const Member& member) {
  return member.role().bad == Badness::none;
}

struct Totals {
  std::size_t connected = 0;
  std::vector<float> fps, gaps_ms, silences_ms, latency_ms, join_ms;
  std::uint64_t stalls = 0, frames_in = 0, frames_out = 0, packets_in = 0, packets_out = 0;
  std::uint64_t lost = 0, retransmitted = 0, undecodable = 0, unreadable = 0, sounds_lost = 0;
  double first_frame_ms = 0; // of the first member, from its POST
};

double fps_of(const Member& member, double seconds) {
  return static_cast<double>(member.seen().frames) / seconds;
}

Totals sum_up(const LoadOptions& options, const Outcome& outcome) {
  Totals out;
  for (const auto& member : outcome.members) {
    if (member->stage() == Stage::connected) ++out.connected;
    if (!good(*member)) continue;
    const auto& seen = member->seen();
    const auto counted = member->counted();
    if (member->connected() != base::kNever)
      out.join_ms.push_back(static_cast<float>(ms(member->connected() - member->asked())));
    if (!options.audio_only) {
      out.fps.push_back(static_cast<float>(fps_of(*member, outcome.measured_seconds)));
      out.gaps_ms.push_back(static_cast<float>(ms(seen.longest_gap)));
    }
    out.silences_ms.push_back(static_cast<float>(ms(seen.longest_silence)));
    out.latency_ms.insert(out.latency_ms.end(), seen.latency_ms.begin(), seen.latency_ms.end());
    out.stalls += seen.stalls;
    out.frames_in += seen.frames;
    out.frames_out += counted.video_out.frames;
    out.packets_in += counted.video_in.packets + counted.audio_in;
    out.packets_out += counted.video_out.packets + counted.audio_out;
    out.lost += counted.video_lost;
    out.sounds_lost += counted.audio_lost;
    out.retransmitted += counted.video_in.retransmitted;
    out.undecodable += seen.undecodable;
    out.unreadable += seen.unreadable;
  }
  for (auto* values : {&out.fps, &out.gaps_ms, &out.silences_ms, &out.latency_ms, &out.join_ms})
    std::ranges::sort(*values);
  if (!outcome.members.empty() && outcome.members.front()->first_frame() != base::kNever)
    out.first_frame_ms = ms(outcome.members.front()->first_frame() - outcome.opened);
  return out;
}

std::string name_of(const Member& member) {
  return fmt::format("room {} member {}", member.role().room + 1, member.role().index + 1);
}

void judge_video(const LoadOptions& options, const Outcome& outcome, const Member& member,
                 std::vector<std::string>& findings) {
  const auto& seen = member.seen();
  if (const auto fps = fps_of(member, outcome.measured_seconds); fps < options.least_fps)
    findings.push_back(fmt::format("{} got {:.1f} frames a second", name_of(member), fps));
  if (ms(seen.longest_gap) > options.most_gap_ms)
    findings.push_back(
        fmt::format("{} saw nothing new for {:.0f} ms", name_of(member), ms(seen.longest_gap)));
  if (seen.undecodable > 0)
    findings.push_back(fmt::format("{} could not decode {} frames", name_of(member), seen.undecodable));
}

// Every camera on the canvas must be seen moving in its tile.
void judge_pictures(const LoadOptions& options, const Outcome& outcome, const Member& witness,
                    std::vector<std::string>& findings) {
  if (options.codec != VideoCodec::vp8 || options.churn > 0) return;
  for (const auto& other : outcome.members) {
    if (other->role().room != witness.role().room || !good(*other) || !other->on_canvas() ||
        other->camera() == nullptr)
      continue;
    const auto found = witness.seen().cameras.find(other->seat().client_id);
    if (found == witness.seen().cameras.end()) {
      findings.push_back(fmt::format("{} never saw {}", name_of(witness), name_of(*other)));
      continue;
    }
    const auto& [number, pictures, renewed, longest] = found->second;
    if (static_cast<double>(pictures) < options.least_fps * outcome.measured_seconds ||
        ms(longest) > options.most_gap_ms)
      findings.push_back(fmt::format("{} saw {} pictures of {}, for {:.0f} ms nothing new", name_of(witness),
                                     pictures, name_of(*other), ms(longest)));
  }
}

void judge_sound(const LoadOptions& options, const Outcome& outcome, const Member& member,
                 std::vector<std::string>& findings) {
  if (static_cast<double>(member.seen().sounds) < 0.8 * kPacketsPerSecond * outcome.measured_seconds)
    findings.push_back(fmt::format("{} got {} packets of sound in {:.0f} s", name_of(member),
                                   member.seen().sounds, outcome.measured_seconds));
  if (ms(member.seen().longest_silence) > options.most_gap_ms)
    findings.push_back(
        fmt::format("{} got no sound for {:.0f} ms", name_of(member), ms(member.seen().longest_silence)));
}

void judge_voices(const LoadOptions& options, const Outcome& outcome, const Member& witness,
                  std::vector<std::string>& findings) {
  const auto* ear = witness.ear();
  if (ear == nullptr || ear->windows() == 0) return;
  std::vector<std::string> missing;
  std::size_t others = 0, heard = 0;
  for (const auto& other : outcome.members) {
    const auto& role = other->role();
    if (role.room != witness.role().room || role.voice == nullptr) continue;
    const double part = ear->heard(role.index);
    if (role.index == witness.role().index) {
      if (part > kLeaked) findings.push_back(fmt::format("{} hears its own voice", name_of(witness)));
      continue;
    }
    ++others;
    if (part >= options.least_heard) {
      ++heard;
    } else {
      missing.push_back(fmt::format("{} ({:.0f} %)", role.index + 1, part * 100));
    }
  }
  // Of many only the loudest are mixed, and one of them may be the witness itself.
  if (heard < std::min(others, kMixed - 1))
    findings.push_back(fmt::format("{} does not hear {}", name_of(witness), fmt::join(missing, ", ")));
}

json::object member_line(const LoadOptions& options, const Outcome& outcome, const Member& member) {
  const auto& seen = member.seen();
  const auto counted = member.counted();
  json::object out{{"load", "member"},
                   {"room", member.role().room + 1},
                   {"member", member.role().index + 1},
                   {"sends", member.role().sends},
                   {"stage", to_string(member.stage())}};
  if (!member.trouble().empty()) out["trouble"] = member.trouble();
  if (!options.audio_only) {
    out["fps"] = tenth(fps_of(member, outcome.measured_seconds));
    out["kbps"] =
        static_cast<std::int64_t>(static_cast<double>(seen.bytes) * 8 / 1000 / outcome.measured_seconds);
    out["width"] = member.width();
    out["height"] = member.height();
    out["longest_gap_ms"] = ms(seen.longest_gap);
    out["stalls"] = seen.stalls;
    out["lost"] = counted.video_lost;
    out["retransmitted"] = counted.video_in.retransmitted;
  }
  if (member.camera() != nullptr) {
    out["sent_frames"] = counted.video_out.frames;
    out["sent_width"] = member.camera()->clip().width;
    out["sent_kbps"] = static_cast<std::int64_t>(static_cast<double>(counted.video_out.bytes) * 8 / 1000 /
                                                 outcome.measured_seconds);
  }
  out["sounds"] = seen.sounds;
  out["longest_silence_ms"] = ms(seen.longest_silence);
  return out;
}

json::object summary_line(const LoadOptions& options, const Outcome& outcome,
                          const std::vector<std::string>& findings) {
  const auto sum = sum_up(options, outcome);
  json::object out{{"load", "summary"},
                   {"rooms", options.rooms},
                   {"people", outcome.members.size()},
                   {"connected", sum.connected},
                   {"seconds", tenth(outcome.measured_seconds)},
                   {"join_ms_p50", quantile(sum.join_ms, 0.5)},
                   {"join_ms_p95", quantile(sum.join_ms, 0.95)},
                   {"join_ms_most", quantile(sum.join_ms, 1)}};
  if (!outcome.rooms.empty()) out["open_ms"] = ms(outcome.rooms.front().took);
  if (!options.audio_only) {
    out["first_frame_ms"] = sum.first_frame_ms;
    out["fps_p50"] = quantile(sum.fps, 0.5);
    out["fps_least"] = quantile(sum.fps, 0);
    out["gap_ms_p50"] = quantile(sum.gaps_ms, 0.5);
    out["gap_ms_most"] = quantile(sum.gaps_ms, 1);
    out["stalls"] = sum.stalls;
    out["latency_ms_p50"] = quantile(sum.latency_ms, 0.5);
    out["latency_ms_p95"] = quantile(sum.latency_ms, 0.95);
    out["latency_ms_p99"] = quantile(sum.latency_ms, 0.99);
    out["latency_samples"] = sum.latency_ms.size();
    out["unreadable"] = sum.unreadable;
    out["undecodable"] = sum.undecodable;
    out["lost"] = sum.lost;
    out["retransmitted"] = sum.retransmitted;
  }
  out["sounds_lost"] = sum.sounds_lost;
  out["silence_ms_most"] = quantile(sum.silences_ms, 1);
  out["packets_in"] = sum.packets_in;
  out["packets_out"] = sum.packets_out;
  out["churned"] = outcome.churned;
  out["own_cores"] = thousandth(outcome.own_cores);
  json::array said;
  for (const auto& finding : findings)
    said.emplace_back(finding);
  out["findings"] = std::move(said);
  return out;
}

} // namespace

std::vector<std::string> judge(const LoadOptions& options, const Outcome& outcome) {
  std::vector<std::string> findings;
  for (const auto& member : outcome.members) {
    if (!good(*member)) continue;
    if (member->stage() != Stage::connected) {
      findings.push_back(fmt::format("{} is not connected: {} {}", name_of(*member),
                                     to_string(member->stage()), member->trouble()));
      continue;
    }
    // Who left and came again within the window missed some of it.
    if (options.churn > 0 && !member->role().verifies) continue;
    if (!options.audio_only) judge_video(options, outcome, *member, findings);
    judge_sound(options, outcome, *member, findings);
    if (!member->role().verifies) continue;
    if (!options.audio_only) judge_pictures(options, outcome, *member, findings);
    if (options.churn == 0) judge_voices(options, outcome, *member, findings);
  }
  return findings;
}

void print_table(const LoadOptions& options, const Outcome& outcome,
                 const std::vector<std::string>& findings) {
  const auto sum = sum_up(options, outcome);
  fmt::print("{} room(s), {} people, {} connected; measured {:.1f} s; plenum-load used {:.2f} core\n",
             options.rooms, outcome.members.size(), sum.connected, outcome.measured_seconds,
             outcome.own_cores);
  fmt::print("join      p50 {} ms, p95 {} ms, slowest {} ms\n", quantile(sum.join_ms, 0.5),
             quantile(sum.join_ms, 0.95), quantile(sum.join_ms, 1));
  if (!options.audio_only) {
    const auto& first = *outcome.members.front();
    fmt::print("picture   {}x{}, {} frames a second (least {}), longest gap {} ms (p50 {}), {} stalls\n",
               first.width(), first.height(), quantile(sum.fps, 0.5), quantile(sum.fps, 0),
               quantile(sum.gaps_ms, 1), quantile(sum.gaps_ms, 0.5), sum.stalls);
    fmt::print("latency   p50 {} ms, p95 {} ms, p99 {} ms ({} pictures)\n", quantile(sum.latency_ms, 0.5),
               quantile(sum.latency_ms, 0.95), quantile(sum.latency_ms, 0.99), sum.latency_ms.size());
  }
  fmt::print("sound     longest gap {} ms, {} packets lost\n", quantile(sum.silences_ms, 1), sum.sounds_lost);
  fmt::print("packets   {} in, {} out, {} lost, {} resent\n", sum.packets_in, sum.packets_out, sum.lost,
             sum.retransmitted);
  for (const auto& finding : findings)
    fmt::print("WRONG     {}\n", finding);
}

void print_json(const LoadOptions& options, const Outcome& outcome,
                const std::vector<std::string>& findings) {
  for (const auto& member : outcome.members)
    fmt::print("{}\n", base::write_json(member_line(options, outcome, *member)));
  fmt::print("{}\n", base::write_json(summary_line(options, outcome, findings)));
}

} // namespace plenum::load
