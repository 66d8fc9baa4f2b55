// Session: one connection between control and a worker, sans-IO: hello, heartbeat, framing, typed messages.
//
// The owner moves bytes: what it reads goes into `on_bytes`, `take_output()` is what it must write. Received
// messages come back from `on_bytes` in order, without hello and heartbeat. A wrong version, a malformed
// message or silence breaks the session: the owner closes the socket and connects again. Messages may
// be sent before the other side's hello; the first message out is always our hello. Owner: hub (control),
// engine/link_server (worker). Thread: one.
#pragma once

#include "base/units.hpp"
#include "link/framing.hpp"
#include "link/messages.hpp"

#include <string>
#include <type_traits>
#include <vector>

namespace plenum::link {

template <class Out, class In>
class Session {
 public:
  static constexpr base::Duration kBeat = std::chrono::milliseconds(500);
  static constexpr base::Duration kSilence = std::chrono::seconds(5);
  static constexpr base::Duration kSuspicion = std::chrono::seconds(2); // four beats are missing
  static constexpr std::size_t kOutputBytes = 32 << 20;                 // a peer that reads so slowly is dead

  Session(base::Timestamp now, std::string_view from, std::int64_t process)
      : heard_(now), next_beat_(now + kBeat) {
    send(Out(Hello{kVersion, std::string(from), process}));
  }

  void send(const Out& message) {
    output_ += frame(encode(message));
    if (output_.size() > kOutputBytes) broken_ = "output queue overflow";
  }

  std::vector<In> on_bytes(base::Timestamp now, std::string_view bytes) {
    std::vector<In> messages;
    heard_ = now;
    if (!deframer_.push(bytes)) broken_ = "oversized message";
    while (const auto text = deframer_.next()) {
      auto message = decode(*text);
      if (!message) {
        broken_ = message.error().text;
        break;
      }
      if (const auto* hello = std::get_if<Hello>(&*message)) {
        greeted_ = hello->version == kVersion;
        if (!greeted_) broken_ = "other side speaks link version " + std::to_string(hello->version);
      } else if (!greeted_) {
        broken_ = "message before hello";
      } else if (!std::holds_alternative<Heartbeat>(*message)) {
        messages.push_back(std::move(*message));
      }
      if (!broken_.empty()) break;
    }
    return messages;
  }

  base::Timestamp next_deadline() const { return std::min(next_beat_, heard_ + kSilence); }
  void on_deadline(base::Timestamp now) {
    if (now >= heard_ + kSilence && broken_.empty()) broken_ = "silent for 5 s";
    if (now < next_beat_) return;
    next_beat_ = now + kBeat;
    send(Out(Heartbeat{++beats_}));
  }

  // Bytes to write; what could not be written yet is given back with `unwritten`.
  std::string take_output() { return std::exchange(output_, {}); }
  void unwritten(std::string rest) { output_.insert(0, rest); }
  bool has_output() const { return !output_.empty(); }
  base::Timestamp heard() const { return heard_; } // something, last
  bool greeted() const { return greeted_; }
  const std::string& broken() const { return broken_; } // why, for people; empty while the session is good

 private:
  static base::Result<In> decode(std::string_view text) {
    if constexpr (std::is_same_v<In, ToWorker>) {
      return decode_to_worker(text);
    } else {
      return decode_from_worker(text);
    }
  }

  Deframer deframer_;
  std::string output_, broken_;
  base::Timestamp heard_, next_beat_;
  std::uint64_t beats_ = 0;
  bool greeted_ = false;
};

using ControlSession = Session<ToWorker, FromWorker>; // control's end
using WorkerSession = Session<FromWorker, ToWorker>;  // the worker's end

} // namespace plenum::link
