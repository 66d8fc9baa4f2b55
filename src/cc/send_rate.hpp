// SendRate: a first estimate of what one receiver can take, from its own reports alone.
//
// The smaller of its REMB (or SDP cap) and a loss-driven AIMD rate: more than 10 % loss multiplies by 1 −
// loss/2, less than 2 % adds 8 % a second, in between holds (the loss controller of draft-ietf-rmcat-gcc-02,
// section 6). A browser's REMB never exceeds about 1.5 × what it receives: one that is well above what we
// sent says only that we sent little (a picture that stood still), and binds nothing; otherwise a meeting
// that begins to move would starve for half a minute. The delay-based estimator replaces all this later
// behind the same `budget()`. Owner: peer. Thread: net.
#pragma once

#include "base/units.hpp"

#include <cstdint>

namespace plenum::cc {

struct SendRateLimits {
  base::DataRate start = base::DataRate::kbps(1200);
  base::DataRate least = base::DataRate::kbps(80);
  base::DataRate most = base::DataRate::kbps(4000);
};

class SendRate {
 public:
  explicit SendRate(SendRateLimits limits = {});

  // The receiver's estimate (REMB), with what was sent to it in the last second. Absent ones never expire,
  // because receivers may repeat them only on change.
  void on_remb(base::Timestamp now, base::DataRate cap, base::DataRate sent);
  // A cap by the session description; 0 removes it.
  void set_session_cap(base::DataRate cap);
  // One report block: `fraction_lost` in 1/256. Acts at most every 200 ms.
  void on_loss(base::Timestamp now, std::uint8_t fraction_lost);

  // For everything sent to this receiver.
  base::DataRate budget() const;
  double loss() const { return loss_; } // smoothed, 0–1
  // The network drops what we send (from 10 % until it is below 2 %): what waits must not be pushed after it.
  bool congested() const { return congested_; }

 private:
  SendRateLimits limits_;
  base::DataRate rate_;
  base::DataRate remb_{}; // as far as it binds
  base::Timestamp last_remb_{};
  base::DataRate session_cap_{};
  base::Timestamp last_change_{};
  bool reported_ = false;
  bool congested_ = false;
  double loss_ = 0;
};

} // namespace plenum::cc
