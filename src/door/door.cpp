#include "door/door.hpp"

#include "door/loop.hpp"

namespace plenum::door {

Door::Door(const base::Env& env, DoorConfig config) : loop_(std::make_unique<Loop>(env, std::move(config))) {}
Door::~Door() = default;

base::Result<void> Door::start() {
  return loop_->start();
}
void Door::stop() {
  loop_->stop();
}
std::uint16_t Door::port() const {
  return loop_->port();
}

bool Door::attach(std::uint64_t worker, std::string socket_path, std::string ufrag_prefix) {
  return loop_->post(
      {.worker = worker, .attach = true, .path = std::move(socket_path), .prefix = std::move(ufrag_prefix)});
}

bool Door::detach(std::uint64_t worker) {
  return loop_->post({.worker = worker});
}

} // namespace plenum::door
