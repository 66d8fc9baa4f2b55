#include "net/jwt.hpp"

#include "base/random.hpp"
#include "net/base64url.hpp"

#include <gtest/gtest.h>

namespace plenum::net {
namespace {

const std::string kSecret = "an install-wide secret of at least 32 bytes, and then some";

JwtKey shared_key(const std::string& secret = kSecret) {
  return *JwtKey::hs512(base::Secret(secret));
}
JwtKey key_pair() {
  return *JwtKey::es384_generate();
}
base::json::object claims() {
  return {{"iss", "plenum"}, {"client_id", "67d2febd7a286f59a7643886"}, {"exp", 1741884621}};
}

TEST(Base64Url, KnownValuesAndStrictDecoding) {
  EXPECT_EQ(base64url_encode(""), "");
  EXPECT_EQ(base64url_encode("f"), "Zg");
  EXPECT_EQ(base64url_encode("fo"), "Zm8");
  EXPECT_EQ(base64url_encode("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64url_encode("\xff\xef\xbe"), "_---");
  EXPECT_EQ(base64url_decode("Zm9vYmFy"), "foobar");
  EXPECT_EQ(base64url_decode("Zg"), "f");
  for (const auto* bad : {"Z", "Zg==", "Zh", "Zm+v", "Zm/v", "Zg\n", "Zm9vY"})
    EXPECT_FALSE(base64url_decode(bad)) << bad;
  base::SeededRandom random(3);
  for (std::size_t size = 0; size < 100; ++size) {
    std::vector<std::uint8_t> bytes(size);
    random.fill(bytes);
    EXPECT_EQ(base64url_decode(base64url_encode(bytes)), base::as_text(bytes));
  }
}

TEST(Jwt, SignsAndVerifiesBothAlgorithms) {
  for (const auto& key : {key_pair(), shared_key()}) {
    const auto token = *key.sign(claims());
    const auto content = key.verify(token);
    ASSERT_TRUE(content);
    EXPECT_EQ(content->payload, claims());
    EXPECT_EQ(base::find_string(content->header, "alg"), key.algorithm());
    EXPECT_EQ(content->header.size(), 1u);
  }
}

// The example of RFC 7515 A.1 has another algorithm; this vector was made with an independent implementation.
TEST(Jwt, Hs512KnownVector) {
  const auto key = shared_key("0123456789abcdef0123456789abcdef");
  EXPECT_EQ(*key.sign({{"a", 1}}, {{"typ", "JWT"}}),
            "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9.eyJhIjoxfQ.qNl6hVYRVf-"
            "yRi8IUTZuuIrm8jH079prOHoX5DVHbtAXZcjvClSvpHkJP8Yamso-6kw2dcRNI8vreMcebOl-sg");
}

TEST(Jwt, ExtraHeaderCannotChangeTheAlgorithm) {
  const auto key = shared_key();
  const auto token = *key.sign(claims(), {{"typ", "JWT"}, {"alg", "none"}, {"ch", "ws://h/"}});
  const auto content = key.verify(token);
  ASSERT_TRUE(content);
  EXPECT_EQ(base::write_json(content->header), R"({"alg":"HS512","typ":"JWT","ch":"ws://h/"})");
}

TEST(Jwt, KeysTravelAsPem) {
  const auto key = key_pair();
  const auto token = *key.sign(claims());
  const auto again = JwtKey::es384_from_pem(key.private_pem()->reveal());
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->verify(token));
  const auto public_only = JwtKey::es384_from_pem(*key.public_pem());
  ASSERT_TRUE(public_only);
  EXPECT_TRUE(public_only->verify(token));
  EXPECT_FALSE(public_only->sign(claims()));
  EXPECT_FALSE(public_only->private_pem());
  EXPECT_TRUE(public_only->verify(*again->sign(claims())));
}

TEST(Jwt, OnlyP384AndLongSecrets) {
  constexpr std::string_view kP256 = "-----BEGIN PUBLIC KEY-----\n"
                                     "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEVs/o5+uQbTjL3chynL4wXgUg2R9\n"
                                     "q9UU8I5mEovUf86QZ7kOBIjJwqnzD1omageEHWwHdBO6B+dFabmdT9POxg==\n"
                                     "-----END PUBLIC KEY-----\n";
  EXPECT_FALSE(JwtKey::es384_from_pem(kP256));
  EXPECT_FALSE(JwtKey::es384_from_pem(""));
  EXPECT_FALSE(JwtKey::es384_from_pem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"));
  EXPECT_FALSE(JwtKey::hs512(base::Secret("short")));
}

std::string with_header(const std::string& token, std::string_view header) {
  return base64url_encode(header) + token.substr(token.find('.'));
}

TEST(Jwt, AlgorithmConfusionIsRefused) {
  const auto pair = key_pair();
  const auto token = *pair.sign(claims());
  const auto payload = std::string(jwt_payload_part(token));
  for (const auto* alg : {"none", "None", "NONE", "", "es384", "ES256", "HS512", "RS256"})
    EXPECT_FALSE(pair.verify(with_header(token, R"({"alg":")" + std::string(alg) + "\"}"))) << alg;
  EXPECT_FALSE(pair.verify(base64url_encode(R"({"alg":"none"})") + "." + payload + "."));
  // The classic: HMAC with the public key's PEM as the secret.
  const auto confused = *JwtKey::hs512(base::Secret(*pair.public_pem()))->sign(claims());
  EXPECT_FALSE(pair.verify(confused));
  EXPECT_FALSE(shared_key().verify(token));
  for (const auto* header : {"{}", "[]", "null", R"({"alg":1})", R"({"alg":["ES384"]})", ""})
    EXPECT_FALSE(pair.verify(with_header(token, header))) << header;
}

// Made elsewhere with the right secret and the right MAC, under headers that name another algorithm.
TEST(Jwt, RightSignatureUnderAWrongAlgorithmIsRefused) {
  const auto key = shared_key("0123456789abcdef0123456789abcdef");
  EXPECT_TRUE(key.verify("eyJhbGciOiJIUzUxMiJ9.eyJhIjoxfQ.CsTQ99kQg5AjyXOkSoVrxi34MGf9ExaHcJS0_"
                         "SPSps0Kj6TxmBM7E_PaG1tSkqlvhsBCpc_1e_d37b9mDC0BgQ"));
  for (const auto* token : {
           "eyJhbGciOiJub25lIn0.eyJhIjoxfQ.VnACEtZr_se2TOg6_kJAREfmKI7DtYT65Bu_OlM_jW7l6ssrxZdtX_4yQ5EKGR-"
           "94BxPtL26XxJLEX2zjdyu6g",
           "eyJhbGciOiJFUzM4NCJ9.eyJhIjoxfQ.Mwrst47OEC2ZGC_sxU3znjH1zGvy9zR3LfkgIzGk40CheY8JtZ7aQo_KKNiKX-"
           "zvEql0gX_Sf_MMRkDAiS7jqg",
           "eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.Agi0BCMe9vu-giCP-"
           "I1zsmVw3aYkd0Mo3a4HxYWR8oi30g6YSLWjpLrQGntJDAYFx3xBtGaqAF3PB5N-_LUv-w",
           "eyJhbGciOiJoczUxMiJ9.eyJhIjoxfQ.EC3woPcJTANJpPc_Z9L83APG4wLxGNP-"
           "sY1ArADvN64JM2IulgIkVyD4oMXgk9Ljs6BZwNKddN2bvvIOVvuKQg",
           "e30.eyJhIjoxfQ.vSBsHPSbqWQbFr9Dk7jB1AXnkd2Qo7PczSH2vWZFkjXHxo2XPBcLfsXld3QyqRB25IrqY7x-"
           "21qu4T8LjtNy4w",
           "eyJhbGciOm51bGx9.eyJhIjoxfQ."
           "t3a0jva8zRZRYSS3YqGLouqWQGEZIXIg0A3ITcQZeY69OLl4jetMPjbNGTeFZ0OlR4b0UyEAhpU5rVU8_sCmvg",
       })
    EXPECT_FALSE(key.verify(token)) << token;
}

// Both are signed by the right key: only the content is wrong.
TEST(Jwt, SignedButUnacceptableContentIsRefused) {
  const auto key = shared_key();
  EXPECT_FALSE(key.verify(*key.sign(claims(), {{"crit", base::json::array{"exp"}}})));
  base::json::object huge;
  huge["x"] = std::string(9000, 'x');
  EXPECT_FALSE(key.verify(*key.sign(huge)));
}

TEST(Jwt, ForeignKeysAreRefused) {
  EXPECT_FALSE(key_pair().verify(*key_pair().sign(claims())));
  EXPECT_FALSE(shared_key(std::string(40, 'b')).verify(*shared_key(std::string(40, 'a')).sign(claims())));
}

TEST(Jwt, ShapesThatAreNoToken) {
  const auto key = shared_key();
  const auto token = *key.sign(claims());
  for (const std::string& bad : {std::string(), std::string("."), std::string(".."), std::string("a.b"),
                                 token + ".", "." + token, token + "=", token + "A", " " + token,
                                 token.substr(0, token.rfind('.')), token.substr(0, token.rfind('.') + 1)})
    EXPECT_FALSE(key.verify(bad)) << bad;
}

TEST(Jwt, ErrorsSayNothingAndAreUnauthorized) {
  const auto error = shared_key().verify("a.b.c").error();
  EXPECT_EQ(error.code, base::ErrorCode::unauthorized);
  EXPECT_EQ(error.text, "token is not valid");
}

TEST(JwtMutation, EveryChangedTokenIsRefused) {
  for (const auto& key : {key_pair(), shared_key()}) {
    const auto token = *key.sign(claims());
    for (std::size_t cut = 0; cut < token.size(); ++cut)
      EXPECT_FALSE(key.verify(token.substr(0, cut)));
    for (std::size_t at = 0; at < token.size(); ++at) {
      auto changed = token;
      changed[at] = changed[at] == 'A' ? 'B' : 'A';
      EXPECT_FALSE(key.verify(changed)) << at;
      changed = token;
      changed[at] = static_cast<char>(changed[at] ^ 0x80);
      EXPECT_FALSE(key.verify(changed)) << at;
    }
  }
}

// The browser decodes the payload with atob: neither `-` nor `_` may appear (eyeson-sepp 3.2).
TEST(Jwt, HarmlessClaimsEncodeWithoutUrlCharacters) {
  const auto key = shared_key();
  base::SeededRandom random(5);
  for (int i = 0; i < 500; ++i) {
    base::json::object payload{{"iss", "plenum-api"},
                               {"client_id", random.hex(12)},
                               {"exp", random.u32()},
                               {"conf_id", random.hex(12)},
                               {"aud", "plenum-sepp"}};
    const auto token = *key.sign(payload);
    EXPECT_EQ(jwt_payload_part(token).find_first_of("-_"), std::string_view::npos);
  }
}

} // namespace
} // namespace plenum::net
