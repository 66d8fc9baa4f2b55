#include "store/seal.hpp"

#include "base/check.hpp"

#include <openssl/evp.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

namespace plenum::store {

namespace {

constexpr std::size_t kKey = 32, kNonce = 12, kTag = 16;

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

const std::uint8_t* bytes(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

struct File {
  int fd;
  ~File() {
    if (fd >= 0) ::close(fd);
  }
};

std::unexpected<base::Error> file_error(const std::filesystem::path& file, const char* what) {
  return base::fail(base::ErrorCode::internal, file.string() + ": " + what + ": " + std::strerror(errno));
}

base::Result<void> create_key(const std::filesystem::path& file, base::Random& random) {
  const File out{::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  if (out.fd < 0) return file_error(file, "cannot create");
  std::array<std::uint8_t, kKey> key{};
  random.fill(key);
  if (::write(out.fd, key.data(), key.size()) != static_cast<ssize_t>(key.size()) || ::fsync(out.fd) != 0)
    return file_error(file, "cannot write");
  return {};
}

} // namespace

Digest sha256(std::string_view text) {
  Digest digest{};
  unsigned size = 0;
  CHECK(EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1);
  return digest;
}

base::Result<Sealer> Sealer::open(const std::filesystem::path& file, base::Random& random) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) {
    if (errno != ENOENT) return file_error(file, "cannot look at");
    if (auto made = create_key(file, random); !made && errno != EEXIST) return std::unexpected(made.error());
    if (::stat(file.c_str(), &status) != 0) return file_error(file, "cannot look at");
  }
  if ((status.st_mode & 077) != 0)
    return base::fail(base::ErrorCode::invalid, file.string() + ": others may read it; chmod 600");
  const File in{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
  if (in.fd < 0) return file_error(file, "cannot open");
  std::string key(kKey + 1, '\0');
  const auto got = ::read(in.fd, key.data(), key.size());
  if (got != static_cast<ssize_t>(kKey))
    return base::fail(base::ErrorCode::invalid, file.string() + ": not an install key");
  key.resize(kKey);
  return Sealer(base::Secret(std::move(key)));
}

std::vector<std::uint8_t> Sealer::seal(const base::Secret& secret, std::string_view bound_to,
                                       base::Random& random) const {
  const auto text = secret.reveal();
  std::vector<std::uint8_t> out(kNonce + text.size() + kTag);
  random.fill(std::span(out).first(kNonce));
  const Cipher cipher(EVP_CIPHER_CTX_new());
  int size = 0;
  const bool done =
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes(key_.reveal()), out.data()) == 1 &&
      EVP_EncryptUpdate(cipher.get(), nullptr, &size, bytes(bound_to), static_cast<int>(bound_to.size())) ==
          1 &&
      EVP_EncryptUpdate(cipher.get(), out.data() + kNonce, &size, bytes(text),
                        static_cast<int>(text.size())) == 1 &&
      EVP_EncryptFinal_ex(cipher.get(), out.data() + kNonce + text.size(), &size) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(kTag),
                          out.data() + kNonce + text.size()) == 1;
  CHECK(done);
  return out;
}

base::Result<base::Secret> Sealer::unseal(base::Bytes sealed, std::string_view bound_to) const {
  const auto broken = [] {
    return base::fail(base::ErrorCode::internal, "a sealed key does not open: is this its install key?");
  };
  if (sealed.size() < kNonce + kTag) return broken();
  const auto body = sealed.subspan(kNonce, sealed.size() - kNonce - kTag);
  std::array<std::uint8_t, kTag> tag{};
  std::memcpy(tag.data(), sealed.last(kTag).data(), kTag);
  std::string text(body.size(), '\0');
  auto* out = reinterpret_cast<std::uint8_t*>(text.data());
  const Cipher cipher(EVP_CIPHER_CTX_new());
  int size = 0;
  const bool done =
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes(key_.reveal()), sealed.data()) ==
          1 &&
      EVP_DecryptUpdate(cipher.get(), nullptr, &size, bytes(bound_to), static_cast<int>(bound_to.size())) ==
          1 &&
      EVP_DecryptUpdate(cipher.get(), out, &size, body.data(), static_cast<int>(body.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(kTag), tag.data()) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), out + body.size(), &size) == 1;
  base::Secret secret(std::move(text));
  if (!done) return broken();
  return secret;
}

} // namespace plenum::store
