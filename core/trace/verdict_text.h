// SPDX-License-Identifier: LGPL-2.1-or-later
// VerdictText: what came out of the run that a trace shows, in the same words for every picture.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "trace/store.h"

namespace rcuscope {

struct VerdictText {
  enum class Sense : std::uint8_t { good, bad, open };
  std::string word;    ///< "SAFE", "USE AFTER FREE"; empty = the trace has no verdict.
  std::string detail;  ///< "5 of 12 schedules"; may be empty.
  Sense sense = Sense::open;
};

/// "5 of 12 schedules": those that show what the verdict is about, of all; empty without any.
std::string searched_text(std::uint64_t showing, std::uint64_t all);

/// `searched` is what only the search knows that found the schedule: the same schedule gives the
/// same trace, whoever has found it.
VerdictText verdict_text(const TraceStore& trace, std::string_view searched = "");

}  // namespace rcuscope
