// replay: the main of every fuzz target outside preset `fuzz`: the stored corpus, then a bounded number of
// mutations of it that never change. `fuzz_stun_message fuzz/corpus/stun_message 500`; a corpus file instead
// of the folder runs it alone.
//
// The input that ended the process is written to crash-<program> in the working directory.
#include "base/random.hpp"
#include "fuzz/input.hpp"

#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <unistd.h>

namespace {

using Bytes = std::vector<std::uint8_t>;

const Bytes* running = nullptr; // for the signal handler
std::string crash_file;

void keep_input(int signal) {
  const int fd = ::open(crash_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (fd >= 0 && running != nullptr) (void)!::write(fd, running->data(), running->size());
  std::signal(signal, SIG_DFL);
  ::raise(signal);
}

void run(const Bytes& bytes) {
  running = &bytes;
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  running = nullptr;
}

std::vector<Bytes> load(const std::filesystem::path& from) {
  std::vector<std::filesystem::path> files;
  if (std::filesystem::is_directory(from)) {
    for (const auto& entry : std::filesystem::directory_iterator(from))
      files.push_back(entry.path());
    std::ranges::sort(files);
  } else {
    files.push_back(from);
  }
  std::vector<Bytes> out;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    out.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return out;
}

Bytes mutated(Bytes bytes, plenum::base::Random& random) {
  for (std::uint32_t changes = 1 + random.u32() % 6; changes > 0 && !bytes.empty(); --changes) {
    const std::size_t at = random.u32() % bytes.size();
    const auto here = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    switch (random.u32() % 6) {
    case 0:
      bytes[at] = static_cast<std::uint8_t>(random.u32());
      break;
    case 1:
      bytes[at] ^= static_cast<std::uint8_t>(1U << random.u32() % 8);
      break;
    case 2:
      bytes[at] = random.u32() % 2 == 0 ? 0xff : 0x00;
      break;
    case 3:
      bytes.resize(at);
      break;
    case 4:
      bytes.erase(here);
      break;
    default:
      bytes.insert(here, static_cast<std::uint8_t>(random.u32()));
    }
  }
  bytes.shrink_to_fit();
  return bytes;
}

} // namespace

int main(int count, char** values) {
  const std::vector<std::string> arguments(values, values + count);
  if (arguments.size() < 2) return std::fprintf(stderr, "usage: %s CORPUS [MUTATIONS]\n", values[0]), 2;
  std::uint32_t rounds = 0;
  if (arguments.size() > 2)
    std::from_chars(arguments[2].data(), arguments[2].data() + arguments[2].size(), rounds);
  crash_file = "crash-" + std::filesystem::path(arguments[0]).filename().string();
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGTRAP})
    std::signal(signal, keep_input);

  const auto corpus = load(arguments[1]);
  if (corpus.empty()) return std::fprintf(stderr, "%s: no corpus\n", values[1]), 1;
  run({});
  for (const auto& bytes : corpus)
    run(bytes);
  plenum::base::SeededRandom random(42);
  for (std::uint32_t round = 0; round < rounds; ++round)
    run(mutated(corpus[random.u32() % corpus.size()], random));
  std::printf("%zu files and %u mutations\n", corpus.size(), rounds);
  return 0;
}
