// Run: one load test from the first request to the verdict.
//
// Rooms and seats by REST, joins at the wished rate, warm-up, one window of measurement (with churn, if
// wished), then the record of every member goes to the report. Owner: main. Thread: main.
#pragma once

#include "apps/plenum_load/member.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace plenum::load {

struct Outcome {
  std::vector<OpenRoom> rooms;
  std::vector<std::unique_ptr<Member>> members; // in order of rooms
  double measured_seconds = 0;
  double own_cores = 0; // of plenum-load, while measuring
  std::uint64_t churned = 0;
  base::Timestamp opened{}; // POST of the first room
};

class Run {
 public:
  // `announce` is told "joined" and "measured" at the beginning and end of the window.
  Run(const LoadOptions& options, const base::Env& env, std::function<void(std::string_view)> announce);
  ~Run();

  base::Result<void> prepare(); // clips, rooms, seats
  const Outcome& perform();

 private:
  base::Result<void> find_local_address();
  base::Result<void> fill_room(const Site& site, std::size_t room);
  Role role_of(std::size_t room, std::size_t index) const;
  std::size_t room_size() const { return options_.members + options_.viewers + options_.bad.size(); }
  void join_all();
  void measure();
  void churn();
  Member* find(std::string_view client_id) const;
  void wait(double seconds);

  const LoadOptions& options_;
  base::Env env_;
  std::function<void(std::string_view)> announce_;
  net::EventLoop events_;
  Loop loop_;
  secure::Certificate certificate_;
  std::unique_ptr<secure::DtlsContext> dtls_;
  sctp::SctpClock sctp_;
  rtp::PacketPool packets_;
  base::EncodedFramePool frames_;
  std::unique_ptr<Clips> clips_, broken_clips_;
  std::vector<Voice> voices_;
  Voice silence_;
  std::unique_ptr<World> world_;
  std::map<std::string, Member*, std::less<>> by_client_;
  Outcome outcome_; // members go before what they use
  base::Executor::Timer churn_timer_;
};

} // namespace plenum::load
