// A server's peer in a call with somebody who has the keys: RTP, RTCP, DTLS and STUN of any content,
// descriptions, time. Whatever comes, memory returns to the pool and the peer says in which phase it is.
#include "fuzz/harness.hpp"
#include "sim/test_raw_client.hpp"

using namespace plenum;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::expectations_are_checks();
  fuzz::Input in(data, size);
  sim::Call call;
  sim::RawClient client(call);
  auto& server = call.server.party;
  const ice::PairKey pair{call.server.address, call.browser.address};
  for (int step = 0; step < 120 && !in.empty(); ++step) {
    switch (in.below(8)) {
    case 0:
    case 1:
      client.send(fuzz::copy(in.record()), false);
      break;
    case 2:
    case 3:
      client.send(fuzz::copy(in.record()), true);
      break;
    case 4:
      server.on_datagram(call.now(), pair, fuzz::copy(in.record()));
      break;
    case 5:
      client.run(std::chrono::milliseconds(in.u8()));
      break;
    case 6:
      if (in.flag()) {
        (void)server.peer().update(call.now(), in.text());
      } else {
        (void)server.peer().apply_answer(call.now(), in.text());
      }
      break;
    default:
      if (in.below(8) == 0) server.peer().make_offer(call.now(), in.flag());
      server.peer().set_video_wish(call.now(), base::DataRate::kbps(in.u16()));
    }
  }
  client.run(std::chrono::milliseconds(100));
  CHECK(!peer::to_string(server.peer().stats().phase).empty());
  return 0;
}
