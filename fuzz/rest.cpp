// The REST API on the real hub: requests of any path, key and body. Every answer is an answer (never a 500),
// and the room that was there before is there afterwards unless its own key ended it.
#include "api/eyeson/test_dialect.hpp"
#include "fuzz/harness.hpp"

using namespace plenum;
using namespace plenum::api::eyeson::testing;

namespace {

constexpr std::array<std::string_view, 5> kMethods = {"GET", "POST", "PUT", "PATCH", "DELETE"};

std::string target_of(fuzz::Input& in, const std::string& access, const std::string& guest) {
  switch (in.below(8)) {
  case 0:
    return "/rooms";
  case 1:
    return "/rooms/" + access;
  case 2:
    return "/rooms/" + access + "/messages";
  case 3:
    return "/rooms/" + access + "/" + std::string(in.text());
  case 4:
    return "/guests/" + guest;
  case 5:
    return "/rooms/daily/users/" + std::string(in.text());
  default:
    return "/" + std::string(in.text());
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::expectations_are_checks();
  fuzz::Input in(data, size);
  Api api;
  const auto document = api.enter("daily", "ann");
  const auto access = text_at(document, "access_key"), guest = text_at(document, "room.guest_token");
  for (int step = 0; step < 12 && !in.empty(); ++step) {
    const auto method = kMethods[in.below(kMethods.size())];
    const auto target = target_of(in, access, guest);
    const auto kind = in.u8();
    const auto question = target.find('?');
    if (!net::path_segments(target.substr(0, question)) ||
        !net::parse_query(question == std::string::npos ? "" : target.substr(question + 1)))
      continue; // request_head answers 400
    HeaderList headers;
    if ((kind & 1) != 0) headers.emplace_back("Authorization", api.key);
    std::string body;
    if ((kind & 2) != 0) body = in.text();
    const auto answer = api.ask(std::string(method), target, body, headers);
    CHECK(answer.status >= 200 && answer.status < 500);
  }
  return 0;
}
