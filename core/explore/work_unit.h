// SPDX-License-Identifier: LGPL-2.1-or-later
// WorkUnit: a part of a search that can be explored on its own, anywhere and more than once.
//
// A stateless search is a tree of choices. A unit is a path in it together with what is still to be
// explored beside the lower part of that path; everything is named by actors, so a unit means the
// same in every process. Races found below may ask for branches at choices above the unit's floor:
// the unit reports them, and whoever owns those choices decides in the order of the serial search.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "model/await.h"

namespace rcuscope {

/// One choice of a path.
struct Level {
  /// What is explored here, in this order.
  std::vector<ActorId> order;
  std::size_t position = 0;  ///< Into order: what the path chooses. Those before it are explored.
  /// For the explored ones, and the chosen one if it has been executed: what was executed together
  /// with it (lazy readers), as text; empty = nothing.
  std::vector<std::string> merged;

  friend bool operator==(const Level&, const Level&) = default;
};

/// One of the actors has to be explored at choice `depth`, unless one of them is planned already.
struct PlanRequest {
  std::size_t depth = 0;
  std::vector<ActorId> actors;  ///< Sorted; the first one is planned.

  friend auto operator<=>(const PlanRequest&, const PlanRequest&) = default;
};

/// Which executions of an endless random search: execution i is the same in every range with it.
struct SampleRange {
  std::uint64_t first = 0;
  std::uint64_t end = static_cast<std::uint64_t>(-1);
};

struct WorkUnit {
  std::string mode;                             ///< As TreeSearch::mode says.
  AwaitSites awaits;                            ///< Known so far; they decide what a choice is.
  std::size_t floor = 0;                        ///< Levels before it belong to somebody else.
  std::vector<Level> levels;                    ///< Empty: the whole search.
  SampleRange samples;                          ///< Instead of all that, for a random search.
  std::optional<std::uint64_t> max_executions;  ///< The unit pauses there.
};

}  // namespace rcuscope
