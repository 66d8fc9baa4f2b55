// The numbered migrations of the database, embedded from schema/*.sql. Each runs once, in its own
// transaction; PRAGMA user_version remembers the last one. Thread: any.
#pragma once

#include <span>
#include <string_view>

namespace plenum::store {

struct Migration {
  int number; // from 1
  std::string_view name;
  std::string_view sql;
};

std::span<const Migration> migrations(); // in order

} // namespace plenum::store
