// Tokens: of a stranger never accepted, ours accepted only unchanged.
#include "net/jwt.hpp"
#include "fuzz/input.hpp"
#include "net/base64url.hpp"

using namespace plenum;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto shared =
      *net::JwtKey::hs512(base::Secret("a secret of the fuzz target, 32 bytes and more"));
  static const auto pair = *net::JwtKey::es384_generate();
  fuzz::Input in(data, size);
  const auto kind = in.below(4);
  const auto text = in.rest_text();
  if (kind == 0) { // a whole token
    CHECK(!shared.verify(text) && !pair.verify(text));
    (void)net::jwt_payload_part(text);
    return 0;
  }
  if (kind == 1) { // a key file
    if (const auto key = net::JwtKey::es384_from_pem(text)) (void)key->public_pem();
    return 0;
  }
  // Header and payload of the stranger's choice under a signature of ours over something else.
  const auto& key = kind == 2 ? shared : pair;
  const auto honest = *key.sign({{"sub", "x"}});
  const auto dot = text.find('.');
  const auto header = net::base64url_encode(text.substr(0, dot));
  const auto payload = net::base64url_encode(dot == std::string_view::npos ? "" : text.substr(dot + 1));
  const auto forged = header + "." + payload + honest.substr(honest.rfind('.'));
  CHECK(!key.verify(forged) || honest.starts_with(header + "." + payload + "."));
  CHECK(key.verify(honest));
  return 0;
}
