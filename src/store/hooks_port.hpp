// Hooks: where owners of rooms want to be told what happened, and the outbox of what they are still to be
// told.
//
// One hook per account. An OutboxEvent that travels in an Append (ports.hpp) becomes a delivery in the same
// transaction, when the account's hook wants its type. Deliveries of one room form a line and leave it one by
// one: the first is claimed, tried, and settled; what waits behind it stays in order. Lines do not know each
// other. A parked delivery (a dead letter) has left its line and waits for `replay`, or is forgotten
// (Retention).
//
// The id of a delivery follows from hook, room and offset: it survives retries, restarts and replays. Owner:
// Store. Thread: core.
#pragma once

#include "base/ids.hpp"
#include "store/completion.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace plenum::store {

// Rendered once, so that retries and signatures see the same bytes.
struct OutboxEvent {
  std::string type;
  std::string body;
  bool operator==(const OutboxEvent&) const = default;
};

struct Hook {
  base::HookId id;
  base::AccountId account;
  std::string url;
  std::vector<std::string> types;
  base::WallTime created_at{};
  std::optional<base::WallTime> last_request_sent_at; // of any delivery, also a failed one
  std::optional<int> last_response_code;              // 0: there was no HTTP response
  bool operator==(const Hook&) const = default;
};

struct HookStatus : Hook {
  std::uint64_t waiting = 0, parked = 0;
  std::optional<base::WallTime> oldest_waiting; // when it happened
};

struct Delivery {
  base::DeliveryId id;
  base::HookId hook;
  base::AccountId account;
  base::RoomId room;        // empty: of no meeting (a test)
  std::uint64_t offset = 0; // of the last event of its append
  std::string url, type, body;
  std::uint32_t attempts = 0; // before this one
  base::WallTime created_at{};
  base::WallTime since{}; // its age counts from here: created, or replayed
};

struct Claimed {
  std::vector<Delivery> deliveries;
  std::optional<base::WallTime> next; // when the next one is due, of those that nobody has claimed
};

struct Outcome {
  enum class Kind { delivered, retry, parked } kind = Kind::delivered;
  base::WallTime retry_at{}; // of retry
  int status = 0;            // of the HTTP response; 0: there was none
  std::string why;           // in words, of retry and parked
  base::WallTime sent_at{};
};

struct DeadLetter : Delivery {
  int status = 0;
  std::string why;
  base::WallTime parked_at{};
};

struct ClaimLimits {
  std::size_t most = 128;   // now
  std::size_t per_hook = 8; // in flight, so that a slow receiver leaves room for the others
};

class Hooks {
 public:
  virtual ~Hooks() = default;
  // Replaces the account's hook: a new id; what waits for the old one is dropped. Answers the new one.
  virtual void set(base::AccountId account, std::string url, std::vector<std::string> types,
                   Completion<Hook> done) = 0;
  virtual void get(base::AccountId account, Completion<std::optional<Hook>> done) = 0;
  virtual void remove(base::AccountId account, base::HookId id, Completion<void> done) = 0; // not_found
  virtual void list(Completion<std::vector<HookStatus>> done) = 0;                          // all accounts

  // A delivery of no meeting, whatever types the hook wants. not_found: the account has no hook.
  virtual void test(base::AccountId account, OutboxEvent event, Completion<base::DeliveryId> done) = 0;
  // Is it still on its way? nullopt: delivered, or never there.
  struct Progress {
    bool parked = false;
    std::uint32_t attempts = 0;
    int status = 0;
    std::string why;
  };
  virtual void progress(base::DeliveryId id, Completion<std::optional<Progress>> done) = 0;

  // The heads of lines that are due, oldest first; claimed until settled. The first call of a process takes
  // over what an earlier one had claimed.
  virtual void claim(base::WallTime now, ClaimLimits limits, Completion<Claimed> done) = 0;
  // An id that is gone (the hook was replaced) is fine.
  virtual void settle(base::DeliveryId id, Outcome outcome, Completion<void> done) = 0;
  // Called after every commit that may have made something due, also by another process. One listener.
  virtual void on_waiting(std::move_only_function<void()> listener) = 0;

  // Of one account, or of all (an empty id); oldest first.
  virtual void dead_letters(base::AccountId account, std::size_t most,
                            Completion<std::vector<DeadLetter>> done) = 0;
  // Back into their lines, attempts counted anew; answers how many. An empty delivery: all of the account; an
  // empty account: of everybody.
  virtual void replay(base::AccountId account, base::DeliveryId delivery, Completion<std::uint64_t> done) = 0;
};

} // namespace plenum::store
