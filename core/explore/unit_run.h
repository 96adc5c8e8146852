// SPDX-License-Identifier: LGPL-2.1-or-later
// Running one work unit, and what comes back from it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "explore/search.h"
#include "explore/work_unit.h"

namespace rcuscope {

struct UnitResult {
  Tally tally;       ///< With other await sites than the unit's: the whole search begins anew.
  std::string mode;  ///< Another one than the unit's: the whole search begins anew in it.
  std::vector<Level> unexplored;      ///< From the unit's floor on; empty: nothing is left.
  SampleRange unexplored_samples;     ///< The same for a random search.
  std::vector<PlanRequest> requests;  ///< For choices before the floor.
  std::string merged;    ///< With the last level: see Level::merged; of units that own no level.
  bool was_cut = false;  ///< A preemption bound kept something from being explored.
};

/// Explores a unit until nothing is left, a limit other than the unit's own is reached, or
/// must_pause, asked after each execution, is true. The same unit may be run any number of times.
/// Throws: what the program's set-up throws, NondeterminismError.
UnitResult run_unit(const WorkUnit& unit, const Program& program, CheckedExecution& checked,
                    const ExploreOptions& options, const std::function<bool()>& must_pause);

}  // namespace rcuscope
