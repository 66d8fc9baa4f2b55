// A peer that is opened with a stranger's offer and updated with more of them, without a single datagram.
#include "fuzz/input.hpp"
#include "sctp/test_wall_clock.hpp"
#include "sim/world.hpp"

using namespace plenum;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input in(data, size);
  static sim::VirtualClock clock;
  static base::SeededRandom random(1);
  static base::Metrics metrics;
  static const base::Env env{clock, random, metrics, ""};
  static sctp::SctpClock sctp;
  static sim::Kit kit(env, sctp);
  struct Nowhere final : sim::Carrier {
    void carry(const ice::PairKey&, base::Bytes) override {}
  } nowhere;
  sim::Party party(env, kit, nowhere);
  peer::PeerOptions options;
  options.candidates = {"1 1 udp 2130706431 192.0.2.1 10000 typ host"};
  auto now = clock.now();
  if (!party.open(now, in.text(), options)) return 0;
  for (int step = 0; step < 8 && !in.empty(); ++step) {
    const auto kind = in.u8();
    if (kind % 4 == 0) (void)party.peer().make_offer(now, (kind & 4) != 0);
    if (kind % 4 == 1) (void)party.peer().apply_answer(now, in.text());
    if (kind % 4 >= 2) (void)party.peer().update(now, in.text());
    now += std::chrono::milliseconds(in.u16());
    if (party.next_deadline() <= now) party.on_deadline(now);
    CHECK(!party.peer().local_description().empty());
  }
  party.peer().close();
  return 0;
}
