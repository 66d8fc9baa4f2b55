// ConnectionPlaces: how many connections a server holds, in all and per address; and what it refused, as
// metrics.
//
// A Place is taken at accept, travels from the HTTP session to the websocket that it becomes, and is given
// back by its destructor. Internal to http_server.cpp. Owner: ServerState. Thread: core.
#pragma once

#include "base/metrics.hpp"
#include "net/http.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace plenum::net {

enum class Refused {
  connections,
  address,
  accept,
  tls,
  header_timeout,
  header_size,
  malformed,
  body_size,
  body_timeout,
  reply_timeout,
  write_timeout,
  count
};

class ServerMeters {
 public:
  explicit ServerMeters(base::Metrics& metrics) : connections(metrics.gauge("plenum_http_connections")) {
    constexpr std::array<std::string_view, kReasons> kNames{
        "connections", "address",   "accept",       "tls",           "header_timeout", "header_size",
        "malformed",   "body_size", "body_timeout", "reply_timeout", "write_timeout"};
    for (std::size_t i = 0; i < classes_.size(); ++i)
      classes_[i] = &metrics.counter("plenum_http_responses_total", "class=\"" + std::to_string(i) + "xx\"");
    for (std::size_t i = 0; i < refused_.size(); ++i)
      refused_[i] =
          &metrics.counter("plenum_http_refused_total", "reason=\"" + std::string(kNames[i]) + "\"");
  }
  void answered(int status) { classes_[static_cast<std::size_t>(std::clamp(status / 100, 0, 5))]->add(); }
  void refuse(Refused reason) { refused_[static_cast<std::size_t>(reason)]->add(); }

  base::Gauge& connections;

 private:
  static constexpr auto kReasons = static_cast<std::size_t>(Refused::count);
  std::array<base::Counter*, 6> classes_{};
  std::array<base::Counter*, kReasons> refused_{};
};

class ConnectionPlaces {
 public:
  ConnectionPlaces(const HttpLimits& limits, ServerMeters& meters, std::function<void(std::uint64_t)> on_left)
      : limits_(limits), meters_(meters), on_left_(std::move(on_left)) {}

  class Place {
   public:
    Place(std::shared_ptr<ConnectionPlaces> places, std::string address, std::uint64_t number)
        : places_(std::move(places)), address_(std::move(address)), number_(number) {}
    ~Place() { places_->leave(number_, address_); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    std::uint64_t number() const { return number_; } // never used twice
    const std::string& address() const { return address_; }

   private:
    std::shared_ptr<ConnectionPlaces> places_;
    std::string address_;
    std::uint64_t number_;
  };

  // nullptr: full, counted. `self` keeps this object alive as long as the Place.
  static std::shared_ptr<Place> take(const std::shared_ptr<ConnectionPlaces>& self, std::string address) {
    if (self->open_ >= self->limits_.connections) return self->refuse(Refused::connections);
    const auto known = self->per_address_.find(address);
    if (known != self->per_address_.end() && known->second >= self->limits_.connections_per_address)
      return self->refuse(Refused::address);
    ++self->open_;
    ++self->per_address_[address];
    self->meters_.connections.add(1);
    return std::make_shared<Place>(self, std::move(address), self->next_++);
  }
  std::size_t open() const { return open_; }

 private:
  std::shared_ptr<Place> refuse(Refused reason) {
    meters_.refuse(reason);
    return nullptr;
  }
  void leave(std::uint64_t number, const std::string& address) {
    --open_;
    meters_.connections.add(-1);
    const auto at = per_address_.find(address);
    if (--at->second == 0) per_address_.erase(at);
    on_left_(number);
  }

  const HttpLimits& limits_;
  ServerMeters& meters_;
  std::function<void(std::uint64_t)> on_left_;
  std::unordered_map<std::string, std::size_t> per_address_;
  std::size_t open_ = 0;
  std::uint64_t next_ = 1;
};

} // namespace plenum::net
