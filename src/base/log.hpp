// Structured log lines: one JSON object a line on standard error (or readable text on a terminal).
//
//   log::info(env.log_tag, "peer connected", "pair", pair_text, "ms", 42);
//
// Pairs after the message become fields. Written by one background thread with a bounded queue; a full queue
// drops and counts. Never called per packet: hostile input is counted, not logged. Secrets have no formatter,
// so they cannot be logged. Thread: any.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace plenum::base::log {

enum class Level { debug, info, warn, error };
enum class Format { json, text };

// Starts the writer; before it, lines go synchronously to standard error as text.
void start(Level level, Format format, std::string_view process_name);
void stop(); // flushes
bool enabled(Level level);
void write(Level level, std::string_view tag, std::string_view message, std::string_view fields);
std::uint64_t dropped();

// Appends `,"key":"value"` with JSON escaping.
void append_field(std::string& fields, std::string_view key, std::string_view value);

inline void append_fields(std::string&) {}
template <class Value, class... Rest>
void append_fields(std::string& fields, std::string_view key, const Value& value, const Rest&... rest) {
  append_field(fields, key, fmt::format("{}", value));
  append_fields(fields, rest...);
}

template <class... Fields>
void at(Level level, std::string_view tag, std::string_view message, const Fields&... fields) {
  if (!enabled(level)) return;
  std::string text;
  append_fields(text, fields...);
  write(level, tag, message, text);
}
template <class... F>
void debug(std::string_view tag, std::string_view message, const F&... f) {
  at(Level::debug, tag, message, f...);
}
template <class... F>
void info(std::string_view tag, std::string_view message, const F&... f) {
  at(Level::info, tag, message, f...);
}
template <class... F>
void warn(std::string_view tag, std::string_view message, const F&... f) {
  at(Level::warn, tag, message, f...);
}
template <class... F>
void error(std::string_view tag, std::string_view message, const F&... f) {
  at(Level::error, tag, message, f...);
}

} // namespace plenum::base::log
