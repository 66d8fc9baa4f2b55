#include "apps/plenum_load/run.hpp"

#include "base/check.hpp"
#include "net/url.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace plenum::load {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kPacketBlocks = 32'768; // 64 MB
constexpr base::Duration kJoinPatience = 60s; // after the last one began to join
constexpr base::Duration kSctpStep = 10ms;
constexpr std::uint16_t kDiscardPort = 9;

secure::Certificate make_certificate(base::WallTime now) {
  auto made = secure::Certificate::generate(now);
  CHECK(made);
  return std::move(*made);
}

base::Duration seconds(double s) {
  return base::Duration(static_cast<std::int64_t>(s * 1e6));
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto in_seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return in_seconds(usage.ru_utime) + in_seconds(usage.ru_stime);
}

// Moves the timers of every association in the process.
class SctpStepper final : public LoopClient {
 public:
  SctpStepper(Loop& loop, sctp::SctpClock& clock) : loop_(loop), clock_(clock), handle_(loop.add(-1, *this)) {
    loop_.wake_at(handle_, loop_.now());
  }
  ~SctpStepper() override { loop_.remove(handle_, -1); }

 private:
  void on_readable(base::Timestamp) override {}
  void on_deadline(base::Timestamp now) override {
    clock_.advance(now);
    loop_.wake_at(handle_, now + kSctpStep);
  }
  Loop& loop_;
  sctp::SctpClock& clock_;
  Loop::Handle handle_;
};

} // namespace

std::optional<Badness> badness(std::string_view name) {
  static const std::map<std::string_view, Badness> names = {
      {"loss", Badness::loss},           {"jitter", Badness::jitter},     {"garbage", Badness::garbage},
      {"broken", Badness::broken},       {"flapping", Badness::flapping}, {"slow", Badness::slow},
      {"keyframes", Badness::keyframes}, {"plis", Badness::plis}};
  const auto found = names.find(name);
  return found == names.end() ? std::nullopt : std::optional(found->second);
}

std::optional<Sabotage> sabotage(std::string_view name) {
  if (name == "mute") return Sabotage::mute;
  if (name == "freeze") return Sabotage::freeze;
  if (name == "vanish") return Sabotage::vanish;
  return std::nullopt;
}

Run::Run(const LoadOptions& options, const base::Env& env, std::function<void(std::string_view)> announce)
    : options_(options), env_(env), announce_(std::move(announce)), events_(env), loop_(env, events_),
      certificate_(make_certificate(env.clock.wall())), packets_(kPacketBlocks), silence_(make_silence()) {
  auto context = secure::DtlsContext::create(certificate_);
  CHECK(context);
  dtls_ = std::move(*context);
}

Run::~Run() = default;

base::Result<void> Run::find_local_address() {
  const auto url = net::parse_url(options_.url);
  if (!url) return std::unexpected(url.error());
  const auto host = url->host == "localhost" ? "127.0.0.1" : url->host;
  const auto target = ice::TransportAddress::parse(host, kDiscardPort);
  if (!target) return base::fail(base::ErrorCode::invalid, "--url needs a numeric address");
  // The address that the system would use to reach the server; nothing is sent.
  sockaddr_storage address{};
  socklen_t size = target->to_sockaddr(address);
  const int probe = ::socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const bool known = ::connect(probe, reinterpret_cast<const sockaddr*>(&address), size) == 0;
  size = sizeof address;
  ::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(probe);
  auto local =
      ice::TransportAddress::from_sockaddr(reinterpret_cast<const sockaddr&>(address), ice::Transport::udp);
  if (!known || !local) return base::fail(base::ErrorCode::unavailable, "no route to " + host);
  local->port = 0;
  world_ = std::make_unique<World>(World{options_,
                                         env_,
                                         loop_,
                                         {packets_, frames_, *dtls_, certificate_, sctp_},
                                         clips_.get(),
                                         broken_clips_.get(),
                                         silence_,
                                         *local});
  return {};
}

base::Result<void> Run::prepare() {
  if (!options_.audio_only) {
    auto clips = Clips::load(options_.clips, options_.codec);
    if (!clips) return std::unexpected(clips.error());
    clips_ = std::move(*clips);
    auto broken = Clips::load(options_.clips, options_.codec, true);
    if (!broken) return std::unexpected(broken.error());
    broken_clips_ = std::move(*broken);
  }
  if (auto found = find_local_address(); !found) return found;
  const auto talkers = std::min(options_.talkers.value_or(options_.members), options_.members);
  for (std::size_t i = 0; i < talkers; ++i)
    voices_.push_back(make_voice(i));
  const Site site(options_);
  outcome_.opened = env_.clock.now();
  for (std::size_t room = 0; room < options_.rooms; ++room)
    if (auto filled = fill_room(site, room); !filled) return filled;
  return {};
}

base::Result<void> Run::fill_room(const Site& site, std::size_t room) {
  const auto id = options_.rooms == 1 ? options_.room_id : fmt::format("{}-{}", options_.room_id, room + 1);
  auto opened = site.open_room(id, "Member 1");
  if (!opened) return std::unexpected(opened.error());
  outcome_.rooms.push_back(*opened);
  for (std::size_t index = 0; index < room_size(); ++index) {
    auto seat = index == 0 ? base::Result<Seat>(opened->host)
                           : site.take_seat(*opened, fmt::format("Member {}", index + 1));
    if (!seat) return std::unexpected(seat.error());
    const auto client_id = seat->client_id;
    outcome_.members.push_back(
        std::make_unique<Member>(*world_, std::move(*seat), role_of(room, index), voices_.size(),
                                 [this](std::string_view client) { return find(client); }));
    by_client_[client_id] = outcome_.members.back().get();
  }
  return {};
}

// Members first, then bad members, then viewers.
Role Run::role_of(std::size_t room, std::size_t index) const {
  Role role{.room = room, .index = index, .verifies = index < options_.verify};
  if (index < options_.members) {
    if (index < voices_.size()) role.voice = &voices_[index];
    if (index == 1) role.sabotage = options_.sabotage;
  } else if (index < options_.members + options_.bad.size()) {
    role.bad = options_.bad[index - options_.members];
  } else {
    role.sends = false;
  }
  return role;
}

Member* Run::find(std::string_view client_id) const {
  const auto found = by_client_.find(client_id);
  return found == by_client_.end() ? nullptr : found->second;
}

void Run::wait(double time) {
  events_.run_until([] { return false; }, seconds(time));
}

void Run::join_all() {
  const auto began = env_.clock.now();
  std::size_t joined = 0;
  for (auto& member : outcome_.members) {
    const auto due = began + seconds(static_cast<double>(joined++) / options_.join_rate);
    if (due > env_.clock.now())
      events_.run_until([&] { return env_.clock.now() >= due; }, due - env_.clock.now());
    member->join(env_.clock.now());
  }
  events_.run_until(
      [this] {
        return std::ranges::all_of(outcome_.members, [](const auto& member) {
          return member->stage() == Stage::connected || member->stage() == Stage::ended;
        });
      },
      kJoinPatience);
}

void Run::churn() {
  // Verifying members stay: they are the witnesses.
  std::vector<Member*> candidates;
  for (auto& member : outcome_.members)
    if (!member->role().verifies && member->stage() == Stage::connected) candidates.push_back(member.get());
  if (!candidates.empty()) {
    auto* member = candidates[env_.random.u32() % candidates.size()];
    member->leave();
    member->join(env_.clock.now());
    ++outcome_.churned;
  }
  churn_timer_ = events_.after(seconds(options_.churn), [this] { churn(); });
}

void Run::measure() {
  const auto began = env_.clock.now();
  const double cpu = cpu_seconds();
  for (auto& member : outcome_.members)
    member->begin_measuring(began);
  if (options_.churn > 0) churn_timer_ = events_.after(seconds(options_.churn), [this] { churn(); });
  announce_("measuring");
  wait(options_.seconds);
  announce_("measured");
  churn_timer_.reset();
  const auto ended = env_.clock.now();
  for (auto& member : outcome_.members)
    member->end_measuring(ended);
  outcome_.measured_seconds = base::to_seconds(ended - began);
  outcome_.own_cores = (cpu_seconds() - cpu) / outcome_.measured_seconds;
}

const Outcome& Run::perform() {
  const SctpStepper stepper(loop_, sctp_);
  join_all();
  wait(options_.warm_up);
  measure();
  if (!options_.keep) {
    const Site site(options_);
    for (const auto& room : outcome_.rooms)
      static_cast<void>(site.end_room(room.id));
  }
  return outcome_;
}

} // namespace plenum::load
