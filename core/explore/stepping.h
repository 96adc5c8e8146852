// SPDX-License-Identifier: LGPL-2.1-or-later
// Stepping: one execution as far as somebody has chosen, and what can be chosen there.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "explore/explorer.h"

namespace rcuscope {

/// The next operation of an actor that can run.
struct NextOperation {
  ActorId id;
  std::string actor;
  std::string operation;  ///< "mutex_lock of iommu_group 7->mutex"
  Place place;            ///< Where it stands in the program; line 0: not known.
};

struct ActorThatWaits {
  std::string actor;
  std::string reason;  ///< "'unplug' waits for ..."
};

/// Where an execution stands behind the choices.
struct Standpoint {
  std::vector<NextOperation> choices;   ///< By number of the actor; empty once it is over.
  std::vector<ActorThatWaits> blocked;  ///< Declared or queued, not ended, and unable to go on.
  std::vector<std::string> readers;     ///< Actors in a section: also implicit ones and SRCU.
  bool is_over = false;                 ///< Complete or ended by a finding: teardown included.
  std::string schedule;  ///< Of what was chosen: replay() takes it, and step_along().
  TraceStore trace;
  std::vector<Finding> findings;  ///< With explanations.
};

/// Runs the program along a schedule, then `next`, and no further. Local operations run at once:
/// nobody has to choose them. Throws: UsageError if a choice cannot run, and what the program's
/// set-up throws.
Standpoint step_along(const Program& program, ActorRunner& runner, std::string_view schedule,
                      std::optional<ActorId> next, const ExploreOptions& options,
                      const std::map<std::string, std::string>& metadata = {});

}  // namespace rcuscope
