#include "base/log.hpp"

#include "base/clock.hpp"
#include "base/cpu_meter.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>

namespace plenum::base::log {
namespace {

constexpr std::size_t kQueueLines = 8192;

struct Writer {
  std::mutex mutex;
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<spdlog::async_logger> logger;
  std::string process;
  std::atomic<Level> level{Level::info};
  std::atomic<Format> format{Format::text};
};

Writer& writer() {
  static Writer instance;
  return instance;
}

std::string_view name(Level level) {
  switch (level) {
  case Level::debug:
    return "debug";
  case Level::info:
    return "info";
  case Level::warn:
    return "warn";
  case Level::error:
    return "error";
  }
  return "error";
}

} // namespace

void append_field(std::string& fields, std::string_view key, std::string_view value) {
  fields += ",\"";
  fields += key;
  fields += "\":\"";
  for (const char c : value) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      fields += '\\';
      fields += c;
    } else if (u < 0x20 || u == 0x7f) {
      fields += fmt::format("\\u{:04x}", u);
    } else {
      fields += c;
    }
  }
  fields += '"';
}

void start(Level level, Format format, std::string_view process_name) {
  auto& w = writer();
  const std::lock_guard lock(w.mutex);
  w.level = level;
  w.format = format;
  w.process = process_name;
  w.pool = std::make_shared<spdlog::details::thread_pool>(kQueueLines, 1,
                                                          [] { thread_local const ThreadRole role("log"); });
  w.logger =
      std::make_shared<spdlog::async_logger>("plenum", std::make_shared<spdlog::sinks::stderr_sink_mt>(),
                                             w.pool, spdlog::async_overflow_policy::overrun_oldest);
  w.logger->set_pattern("%v");
  w.logger->set_level(spdlog::level::trace);
  w.logger->flush_on(spdlog::level::info);
}

void stop() {
  auto& w = writer();
  const std::lock_guard lock(w.mutex);
  w.logger.reset();
  w.pool.reset(); // joins the writer thread, which drains its queue first
}

bool enabled(Level level) {
  return level >= writer().level.load(std::memory_order_relaxed);
}

std::uint64_t dropped() {
  auto& w = writer();
  const std::lock_guard lock(w.mutex);
  return w.pool ? w.pool->overrun_counter() : 0;
}

void write(Level level, std::string_view tag, std::string_view message, std::string_view fields) {
  auto& w = writer();
  const auto time = iso8601(Clock::system().wall());
  std::string line;
  if (w.format == Format::json) {
    line = fmt::format("{{\"time\":\"{}\",\"level\":\"{}\",\"process\":\"{}\"", time, name(level), w.process);
    if (!tag.empty()) append_field(line, "tag", tag);
    append_field(line, "message", message);
    line += fields;
    line += '}';
  } else {
    line = fmt::format("{} {:5} {} {}{}{}{}", time, name(level), w.process, tag, tag.empty() ? "" : " ",
                       message, fields);
  }
  const std::lock_guard lock(w.mutex);
  if (w.logger) {
    w.logger->log(level == Level::error ? spdlog::level::err : spdlog::level::info, "{}", line);
  } else {
    fmt::print(stderr, "{}\n", line);
  }
}

} // namespace plenum::base::log
