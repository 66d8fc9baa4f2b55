#include "base/metrics.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <tuple>

namespace plenum::base {

Counter& Metrics::counter(std::string_view name, std::string_view labels) {
  const std::lock_guard lock(mutex_);
  auto& slot = counter_by_key_[Key(name, labels)];
  if (slot == nullptr) slot = &counters_.emplace_back();
  return *slot;
}

Gauge& Metrics::gauge(std::string_view name, std::string_view labels) {
  const std::lock_guard lock(mutex_);
  auto& slot = gauge_by_key_[Key(name, labels)];
  if (slot == nullptr) slot = &gauges_.emplace_back();
  return *slot;
}

std::vector<Sample> Metrics::snapshot() const {
  const std::lock_guard lock(mutex_);
  std::vector<Sample> out;
  out.reserve(counter_by_key_.size() + gauge_by_key_.size());
  for (const auto& [key, counter] : counter_by_key_)
    out.push_back({key.first, key.second, true, static_cast<std::int64_t>(counter->value())});
  for (const auto& [key, gauge] : gauge_by_key_)
    out.push_back({key.first, key.second, false, gauge->value()});
  return out;
}

Metrics& Metrics::process() {
  static Metrics metrics;
  return metrics;
}

std::string prometheus_text(const std::vector<Sample>& samples) {
  auto sorted = samples;
  std::ranges::sort(sorted, {}, [](const Sample& s) { return std::tie(s.name, s.labels); });
  std::string out;
  std::string_view last;
  for (const auto& sample : sorted) {
    if (sample.name != last)
      fmt::format_to(std::back_inserter(out), "# TYPE {} {}\n", sample.name,
                     sample.is_counter ? "counter" : "gauge");
    last = sample.name;
    if (sample.labels.empty()) {
      fmt::format_to(std::back_inserter(out), "{} {}\n", sample.name, sample.value);
    } else {
      fmt::format_to(std::back_inserter(out), "{}{{{}}} {}\n", sample.name, sample.labels, sample.value);
    }
  }
  return out;
}

} // namespace plenum::base
