// Fanout: committed events and volatile facts of a room to whoever watches it, in order.
//
// A Subscription is the right to be called; destroying it (also from inside a call) ends the calls. State
// references are valid only during the call. Subscribers queue for themselves and bound their queues; a slow
// one never slows the room. Owner: hub. Thread: core.
#pragma once

#include "room/events.hpp"
#include "room/live.hpp"

#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace plenum::hub {

class Subscriber {
 public:
  virtual ~Subscriber() = default;
  // `state` is the state after this event (events that were committed together come one by one).
  virtual void on_event(std::uint64_t offset, const room::Event& event, const room::State& state) = 0;
  virtual void on_volatile(const room::Volatile& fact, const room::State& state) = 0;
  // Only for a subscription with a member: the data channel of its leg.
  virtual void on_data(std::string_view text) { static_cast<void>(text); }
  virtual void on_data_open() {}
  virtual void on_data_closed() {} // the leg goes on without it
};

class Subscription {
 public:
  struct Entry { // shared with the fan-out
    Subscriber* subscriber = nullptr;
    base::MemberId member;
  };
  Subscription() = default;
  explicit Subscription(std::shared_ptr<Entry> entry) : entry_(std::move(entry)) {}
  Subscription(Subscription&& other) noexcept = default;
  Subscription& operator=(Subscription&& other) noexcept {
    cancel();
    entry_ = std::move(other.entry_);
    return *this;
  }
  ~Subscription() { cancel(); }
  void cancel() {
    if (entry_) entry_->subscriber = nullptr;
    entry_.reset();
  }
  explicit operator bool() const { return entry_ != nullptr; }

 private:
  std::shared_ptr<Entry> entry_;
};

class Fanout {
 public:
  [[nodiscard]] Subscription subscribe(base::RoomId room, Subscriber& subscriber, base::MemberId member = {});
  void publish(std::uint64_t offset, const room::Event& event, const room::State& state);
  void publish(const room::Volatile& fact, const room::State& state);
  void data(base::RoomId room, base::MemberId member, std::string_view text);
  void data_open(base::RoomId room, base::MemberId member);
  void data_closed(base::RoomId room, base::MemberId member);
  void close(base::RoomId room); // after its last event: forgets the subscribers
  std::size_t size(base::RoomId room) const;

 private:
  using Entries = std::vector<std::shared_ptr<Subscription::Entry>>;
  template <class Call>
  void each(base::RoomId room, Call&& call);
  std::unordered_map<base::RoomId, Entries> rooms_;
};

} // namespace plenum::hub
