// SEPP messages, and the same commands on the data channel.
#include "api/eyeson/sepp_messages.hpp"
#include "fuzz/input.hpp"

using namespace plenum;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = base::as_text({data, size});
  (void)api::eyeson::parse_data_channel(text);
  const auto message = api::eyeson::parse_sepp(text, "67d2febd7a286f59a7643886");
  if (!message) {
    CHECK(!message.error().text.empty());
    return 0;
  }
  if (const auto* start = std::get_if<api::eyeson::CallStart>(&*message))
    CHECK(start->sdp.size() <= api::eyeson::kMostSdpBytes);
  return 0;
}
