// SPDX-License-Identifier: LGPL-2.1-or-later
// minimize(): the shortest schedule that shows a finding.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "explore/explorer.h"

namespace rcuscope {

struct Minimized {
  std::string schedule;          ///< Empty if none was found that is better than the known one.
  std::uint64_t executions = 0;  ///< What that took: at most Trials::max_executions and a few.
  bool is_interrupted = false;
};

/// Looks for the schedule with the fewest context switches, then the fewest operations, that shows
/// a finding of the same kind at the same place, by a reader if it was one. Only what the finding
/// needs is executed: the schedule is cut short behind it, and actors that it does not need never
/// run. What is found at the end of a run needs everybody to end. Every answer was executed.
/// `goes_on` is called at most every 50 ms; false stops.
Minimized minimize(const Finding& finding, const Program& program, ActorRunner& runner,
                   const ExploreOptions& options, const std::function<bool()>& goes_on);

}  // namespace rcuscope
