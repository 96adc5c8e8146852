// SPDX-License-Identifier: LGPL-2.1-or-later
// What a search that an endless execution ended may have missed.
#pragma once

#include "explore/explorer.h"

namespace rcuscope {

/// If the verdict's limit is "max_steps" and nothing was found: some random executions, each of
/// which may be endless, too. What they show is added to the verdict, with their number; its limit
/// stays. Takes a second at most.
void look_beyond_limit(Verdict& verdict, const Program& program, ActorRunner& runner,
                       const ExploreOptions& options);

}  // namespace rcuscope
