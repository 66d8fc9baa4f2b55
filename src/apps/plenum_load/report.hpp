// Report: what a run has shown: findings that fail it, a table for people, or JSON, one object a line.
//
// Owner: function. Thread: main.
#pragma once

#include "apps/plenum_load/run.hpp"

#include <string>
#include <vector>

namespace plenum::load {

// Sentences about what is wrong; empty: everything that was promised arrived.
std::vector<std::string> judge(const LoadOptions& options, const Outcome& outcome);

void print_table(const LoadOptions& options, const Outcome& outcome,
                 const std::vector<std::string>& findings);
// {"load":"member",…} for each, then one {"load":"summary",…}.
void print_json(const LoadOptions& options, const Outcome& outcome, const std::vector<std::string>& findings);

} // namespace plenum::load
