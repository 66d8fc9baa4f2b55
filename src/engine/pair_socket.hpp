// PairSocket: one candidate pair's socket, received ready-made from the door and connected to the remote
// address.
//
// UDP: what is sent within a turn is collected while it is of one size (the packets of a picture are) and
// leaves as one message, which the kernel or the card cuts (UDP segmentation offload); the owner calls
// `flush` at the end of its turn. Received datagrams go straight into pool blocks, source checked (a fresh
// socket may have caught strangers before it was connected: those go back to the door). TCP: RFC 4571 frames
// with a bounded output buffer; when it is full, datagrams are dropped like on any congested path. Errors are
// counted; whether the pair is alive is ICE's judgement. Owner: Leg. Thread: net.
#pragma once

#include "base/env.hpp"
#include "engine/event_loop.hpp"
#include "ice/address.hpp"
#include "ice/tcp_framing.hpp"
#include "rtp/packet_pool.hpp"

#include <array>
#include <cstdint>
#include <string>

namespace plenum::engine {

class PairSocketOwner {
 public:
  virtual ~PairSocketOwner() = default;
  virtual void on_datagram(base::Timestamp now, const ice::PairKey& pair, rtp::PacketRef packet) = 0;
  virtual void on_stray(const ice::TransportAddress& from, const ice::PairKey& pair,
                        base::Bytes datagram) = 0;
  virtual void
  on_stream_ended(const ice::PairKey& pair) = 0; // TCP only; the socket may be destroyed later, not inside
  virtual void after_datagrams(base::Timestamp now) = 0; // once after a run of them
};

class PairSocket final : private Watcher {
 public:
  static constexpr std::size_t kOutputBytes = 256 * 1024; // TCP

  // Takes ownership of `fd`.
  PairSocket(const base::Env& env, EventLoop& loop, rtp::PacketPool& packets, int fd, ice::PairKey pair,
             PairSocketOwner& owner);
  ~PairSocket() override;
  PairSocket(const PairSocket&) = delete;
  PairSocket& operator=(const PairSocket&) = delete;

  // Bytes that were read before this socket was ours (TCP).
  void feed_stream(base::Timestamp now, base::Bytes bytes);
  void send(base::Bytes datagram);
  void flush(); // what was collected
  const ice::PairKey& pair() const { return pair_; }

 private:
  void on_ready(base::Timestamp now, std::uint32_t events) override;
  void read_datagrams(base::Timestamp now);
  void read_stream(base::Timestamp now);
  void flush_stream();
  bool send_run();
  bool cut_at(std::size_t size); // 0: not at all

  static constexpr std::size_t kMostSegments = 8;

  base::Env env_;
  EventLoop& loop_;
  rtp::PacketPool& packets_;
  int fd_;
  ice::PairKey pair_;
  PairSocketOwner& owner_;
  ice::FrameReader reader_;                                               // TCP
  std::string output_;                                                    // TCP, what the socket did not take
  std::array<std::uint8_t, kMostSegments * rtp::Packet::kMostBytes> run_; // UDP, collected
  std::size_t run_bytes_ = 0, run_segments_ = 0, segment_ = 0;
  std::size_t cut_ = 0; // what the kernel was told
  bool offload_ = true; // until the kernel refuses
  base::Counter& send_errors_;
  base::Counter& pool_empty_;
};

} // namespace plenum::engine
