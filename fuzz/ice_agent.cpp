// The ICE agent, both roles: datagrams of strangers and of somebody who knows the password, time, lost
// sockets, restarts. Never more than eight pairs, never an answer to noise, never a selected pair that was
// not validated.
#include "base/random.hpp"
#include "fuzz/input.hpp"
#include "ice/agent.hpp"

using namespace plenum;

namespace {

constexpr std::string_view kPassword = "0123456789abcdef01234567";

struct Sink final : ice::AgentSink {
  std::size_t sent_bytes = 0;
  std::vector<std::uint8_t> last; // what the agent sent last, to answer it
  void transmit_stun(const ice::PairKey&, base::Bytes message) override {
    CHECK(!message.empty() && message.size() <= ice::kStunMaxBytes);
    sent_bytes += message.size();
    last = fuzz::copy(message);
  }
  void on_pair_selected(const ice::PairKey& pair) override { CHECK(pair.remote.valid()); }
  void on_pair_closed(const ice::PairKey&) override {}
  void on_ice_state(ice::State) override {}
};

ice::PairKey pair_of(std::uint32_t n) {
  return {*ice::TransportAddress::parse("192.0.2.1", 10000),
          *ice::TransportAddress::parse("198.51.100.7", static_cast<std::uint16_t>(5000 + n))};
}

// A check or an answer that holds: mutated seeds alone would never pass the integrity.
void send_sound(fuzz::Input& in, ice::Agent& agent, const Sink& sink, base::Timestamp now) {
  std::array<std::uint8_t, 600> buffer;
  ice::TransactionId transaction{};
  const auto kind = in.u8();
  const bool answer = (kind & 1) != 0 && sink.last.size() >= ice::kStunHeaderBytes;
  if (answer) std::copy_n(sink.last.begin() + 8, transaction.size(), transaction.begin());
  ice::StunBuilder builder(buffer,
                           answer ? ((kind & 2) != 0 ? ice::StunClass::error : ice::StunClass::success)
                                  : ice::StunClass::request,
                           transaction);
  const auto pair = pair_of(in.below(12));
  if (answer && (kind & 2) != 0) {
    builder.error((kind & 4) != 0 ? 487 : 400, "no");
  } else if (answer) {
    builder.xor_mapped(pair.local);
  } else {
    builder.username((kind & 2) != 0 ? "local:remote" : "LOCAL:remote").priority(in.u32());
    if ((kind & 4) != 0) builder.use_candidate();
    if ((kind & 8) != 0) builder.ice_controlled(in.u32());
    if ((kind & 16) != 0) builder.ice_controlling(in.u32());
    const std::array<std::uint16_t, 1> unknown = {in.u16()};
    if ((kind & 32) != 0) builder.unknown_attributes(unknown);
  }
  const auto message = builder.finish(kPassword);
  const auto before = sink.sent_bytes;
  agent.on_stun(now, pair, fuzz::copy(message));
  CHECK(sink.sent_bytes - before <= 1000);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input in(data, size);
  base::SeededRandom random(1);
  base::Metrics metrics;
  const base::Env env{base::Clock::system(), random, metrics, ""};
  Sink sink;
  ice::AgentOptions options{.role = in.flag() ? ice::Role::full : ice::Role::lite,
                            .local = {"local", base::Secret(std::string(kPassword))}};
  ice::Agent agent(env, options, sink);
  auto now = base::timestamp_us(1'000'000);
  agent.start(now);
  for (int step = 0; step < 200 && !in.empty(); ++step) {
    switch (in.below(9)) {
    case 0:
      agent.set_remote_credentials({"remote", base::Secret(std::string(kPassword))});
      break;
    case 1:
      agent.add_local_address(now, pair_of(0).local);
      break;
    case 2:
      if (const auto candidate = ice::parse_candidate(in.text())) agent.add_remote_candidate(now, *candidate);
      break;
    case 3: {
      const auto before = sink.sent_bytes;
      const auto pair = pair_of(in.below(12));
      const auto noise = fuzz::copy(in.record());
      if (!ice::looks_like_stun(noise)) break;
      agent.on_stun(now, pair, noise);
      CHECK(sink.sent_bytes - before <= std::max<std::size_t>(noise.size(), 200)); // no amplification
      break;
    }
    case 4:
      agent.on_pair_lost(now, pair_of(in.below(12)));
      break;
    case 5:
      now += std::chrono::milliseconds(in.u16());
      if (agent.next_deadline() <= now) agent.on_deadline(now);
      break;
    case 6:
      agent.restart(now, {in.flag() ? "LOCAL" : "local", base::Secret(std::string(kPassword))});
      break;
    case 7:
      agent.on_authentic_traffic(now, pair_of(in.below(12)));
      break;
    default:
      send_sound(in, agent, sink, now);
    }
    const auto view = agent.view();
    CHECK(view.state != ice::State::connected || view.selected);
    std::size_t validated = 0;
    for (std::uint32_t n = 0; n < 12; ++n)
      validated += agent.is_validated(pair_of(n));
    CHECK(validated <= ice::Agent::kMaxPairs);
  }
  return 0;
}
