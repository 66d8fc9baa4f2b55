// Agent: ICE for one peer connection, without I/O.
//
// Role `lite` (the server's: controlled, answers checks, learns addresses from them) and role `full` (starts
// as controlling, host candidates only: forwards, trunks, load tests, simulations). Bytes come in through
// on_stun(), leave through AgentSink; time is a parameter. At most eight pairs; the one longest silent makes
// room. A restart keeps the old pair flowing until a pair of the new credentials is nominated. Without proof
// of life on the selected pair the agent says `disconnected` after 5 s and `failed` (consent lost) after 30
// s; only restart() leaves `failed`. Owner: peer. Thread: net. RFC 8445, RFC 7675 (consent), RFC 8839
// (credentials).
#pragma once

#include "base/bytes.hpp"
#include "base/env.hpp"
#include "base/secret.hpp"
#include "base/units.hpp"
#include "ice/address.hpp"
#include "ice/candidate.hpp"
#include "ice/stun_message.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plenum::ice {

struct Credentials {
  std::string ufrag;     // 4…256 ice-chars
  base::Secret password; // 22…256 ice-chars

  bool operator==(const Credentials&) const = default;
};

// `prefix` + 8 characters; the password has 24 (more than 128 bits).
Credentials make_credentials(base::Random& random, std::string_view prefix = {});

enum class Role : std::uint8_t { lite, full };
enum class State : std::uint8_t { fresh, checking, connected, disconnected, failed };
std::string_view to_string(State state); // "new", "checking", …

// Calls come from inside the agent's methods. The sink may send and read the agent, but must not destroy it,
// restart it or feed it from inside a call.
class AgentSink {
 public:
  virtual ~AgentSink() = default;
  virtual void transmit_stun(const PairKey& pair, base::Bytes message) = 0;
  // Send everything on this pair from now on. Also called with the same pair when a restart completes on it.
  virtual void on_pair_selected(const PairKey& pair) = 0;
  // Forgotten: close its socket. Never the selected pair, except when the agent fails.
  virtual void on_pair_closed(const PairKey& pair) = 0;
  virtual void on_ice_state(State state) = 0;
};

struct AgentOptions {
  Role role = Role::lite;
  Credentials local;
  base::Duration connect_timeout = std::chrono::seconds(30); // start() or restart() to a selected pair
  base::Duration disconnect_after = std::chrono::seconds(5);
  base::Duration consent_timeout = std::chrono::seconds(30);
};

struct AgentCounters {
  std::uint64_t checks_received = 0; // valid ones
  std::uint64_t checks_sent = 0;
  std::uint64_t responses_received = 0; // valid ones
  std::uint64_t malformed = 0;
  std::uint64_t unknown_username = 0;
  std::uint64_t bad_integrity = 0;
  std::uint64_t unexpected = 0; // indications, responses to nothing, other methods
  std::uint64_t role_conflicts = 0;
  std::uint64_t unknown_attributes = 0; // answered with 420
  std::uint64_t pairs_evicted = 0;
};

class Agent {
 public:
  static constexpr std::size_t kMaxPairs = 8;

  Agent(const base::Env& env, AgentOptions options, AgentSink& sink);

  // Starts the connect timeout, and the checks of a full agent.
  void start(base::Timestamp now);
  // New local credentials. The remote ones follow by set_remote_credentials (and candidates again, if full).
  void restart(base::Timestamp now, Credentials local);
  // Needed by a full agent before it can check; a lite one works without.
  void set_remote_credentials(Credentials remote);
  // Full agent only (a lite one ignores both): pairs are formed per family, UDP.
  void add_local_address(base::Timestamp now, const TransportAddress& base);
  void add_remote_candidate(base::Timestamp now, const Candidate& candidate);

  // A datagram for which looks_like_stun() holds. `pair.remote` is the datagram's true source.
  void on_stun(base::Timestamp now, const PairKey& pair, base::Bytes datagram);
  // Lite only, instead of start(): another agent had these credentials and this pair, and is no more.
  void go_on_with(base::Timestamp now, Credentials remote, const PairKey& pair, std::uint32_t priority);
  std::uint32_t selected_priority() const;
  // Something authentic (SRTP, DTLS after the handshake) arrived on this pair: proof of life.
  void on_authentic_traffic(base::Timestamp now, const PairKey& pair);
  // Its socket is gone (an ICE-TCP connection closed). When it was selected, the next nomination decides
  // anew.
  void on_pair_lost(base::Timestamp now, const PairKey& pair);
  void on_deadline(base::Timestamp now);
  base::Timestamp next_deadline() const; // kNever when idle

  // A valid check came in on this pair: DTLS and media from it may be read.
  bool is_validated(const PairKey& pair) const;

  struct View {
    State state = State::fresh;
    std::optional<PairKey> selected;
    bool controlling = false;
    bool restarting = false; // the selected pair still belongs to the credentials before restart()
    AgentCounters counters;
  };
  View view() const;

 private:
  // Credentials of one run of ICE; a restart begins the next.
  struct Session {
    Credentials local;
    Credentials remote;
    std::uint32_t generation = 0;
  };
  struct Pair {
    PairKey key;
    std::uint32_t generation = 0;
    std::uint32_t priority = 0; // of the remote candidate
    bool validated = false;     // traffic from it may be read
    bool reachable = false;     // traffic may be sent: lite: validated, full: our check was answered
    bool nominated = false;
    int nominations_in_a_row = 0;   // since the selected pair was last nominated
    base::Timestamp last_heard{};   // anything authentic
    base::Timestamp last_consent{}; // what keeps the right to send
    base::Timestamp last_nomination{};
    // Full agent only.
    base::Timestamp next_check = base::kNever;
    int attempts = 0; // unanswered
    struct Check {
      TransactionId transaction{};
      bool nominates = false;
      bool pending = false;
    };
    std::array<Check, 4> checks{}; // the latest; older ones are answered too late to matter
    std::size_t checks_begun = 0;
  };

  // Answering (agent.cpp)
  void on_request(base::Timestamp now, const PairKey& key, const StunMessage& request);
  // True: answered with 487, nothing more to do. May switch the role of a full agent instead.
  bool answered_role_conflict(const PairKey& key, const StunMessage& request, const Session& session);
  void respond_success(const PairKey& key, const StunMessage& request, const Session& session);
  void respond_error(const PairKey& key, const StunMessage& request, const Session& session,
                     std::uint16_t code);
  const Session* session_of(std::string_view local_ufrag) const;
  const Session* session_of(std::uint32_t generation) const;
  void on_nomination(base::Timestamp now, Pair& pair);
  bool should_switch(base::Timestamp now, const Pair& from, const Pair& to) const;

  // Pairs and state (agent.cpp)
  Pair* find(const PairKey& key);
  const Pair* find(const PairKey& key) const;
  Pair& find_or_make(base::Timestamp now, const PairKey& key, std::uint32_t generation);
  void make_room();
  template <class Predicate>
  void close_unselected_if(Predicate is_doomed);
  void select(base::Timestamp now, Pair& pair); // invalidates references to pairs
  void hear(base::Timestamp now, Pair& pair, bool consent);
  void become(State state);
  void judge_selected(base::Timestamp now);
  void fail();

  // Checking (agent_checks.cpp)
  void form_pair(base::Timestamp now, const TransportAddress& base, const Candidate& candidate);
  void form_pairs(base::Timestamp now);
  void run_checks(base::Timestamp now);
  void send_check(base::Timestamp now, Pair& pair);
  bool should_nominate(const Pair& pair) const;
  void schedule_check(base::Timestamp now, Pair& pair);
  void on_response(base::Timestamp now, const PairKey& key, const StunMessage& response);
  void on_error(base::Timestamp now, Pair& pair, std::uint16_t code);
  void on_success(base::Timestamp now, Pair& pair, bool nominated);
  bool left_silent_selection(base::Timestamp now);

  base::Env env_;
  AgentOptions options_;
  AgentSink& sink_;
  Session current_;
  std::optional<Session> previous_; // of the selected pair, until a restart completes
  std::vector<Pair> pairs_;         // capacity kMaxPairs: references live until an erase
  std::optional<PairKey> selected_;
  std::vector<TransportAddress> local_; // full agent only; at most kMaxPairs
  std::vector<Candidate> remote_;       // the same
  State state_ = State::fresh;
  bool controlling_;
  bool started_ = false;
  std::uint64_t tie_breaker_;
  base::Timestamp connect_by_ = base::kNever;
  AgentCounters counters_;
};

} // namespace plenum::ice
