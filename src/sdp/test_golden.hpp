// Test data: the offers in tests/golden, fixed inputs for answers, and small edits of offer text. Tests only.
#pragma once

#include "sdp/negotiate.hpp"
#include "sdp/parse.hpp"
#include "sdp/write.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace plenum::sdp::golden {

inline std::string path(const std::string& name) {
  return std::string(PLENUM_GOLDEN_DIR) + "/" + name;
}

inline std::string read(const std::string& name) {
  std::ifstream file(path(name), std::ios::binary);
  EXPECT_TRUE(file.good()) << path(name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

inline SessionDescription parsed(const std::string& text) {
  auto result = parse(text);
  EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().text);
  return result ? *result : SessionDescription{};
}

inline SessionDescription offer(const std::string& name) {
  return parsed(read("offer-" + name + ".sdp"));
}

// Replaces every occurrence; fails the test when there is none.
inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
  std::size_t count = 0;
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()), ++count)
    text.replace(at, from.size(), to);
  EXPECT_GT(count, 0u) << from;
  return text;
}

inline LocalTransport transport() {
  return {.ice = {.ufrag = "w1AbCdEf", .password = "0123456789abcdef01234567"},
          .fingerprint = {.algorithm = "sha-256",
                          .value = "00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:"
                                   "10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F"},
          .candidates = {"a=candidate:1 1 udp 2130706431 203.0.113.5 10000 typ host",
                         "2 1 tcp 1518280447 203.0.113.5 10000 typ host tcptype passive"}};
}

inline AnswerOptions options() {
  return {.session_attributes = {"a=eyeson-datachan-keepalive", "a=eyeson-sepp-messaging", "sfu-mode:off"},
          .receive_cap_attribute = "eyeson-recv-constraints",
          .media = {.session_id = 4242,
                    .cname = "room",
                    .stream_id = "mcu",
                    .audio_ssrc = 1001,
                    .video_ssrc = 1002,
                    .video_rtx_ssrc = 1003}};
}

inline Negotiated answered(const SessionDescription& from, const AnswerOptions& with = options(),
                           const Negotiated* previous = nullptr) {
  auto result = answer(from, Capabilities::full(), transport(), with, previous);
  EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().text);
  return result ? *result : Negotiated{};
}

} // namespace plenum::sdp::golden
