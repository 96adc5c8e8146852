// SPDX-License-Identifier: LGPL-2.1-or-later
// The part of the tree of choices that a Division holds.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "explore/division.h"

namespace rcuscope {

/// One actor at one choice, and all that begins with it. The root stands for the whole search.
struct Division::Branch {
  enum class State : std::uint8_t { waiting, running, divided, ended };

  ActorId actor;
  State state = State::waiting;
  bool has_run = false;  ///< Its choice has been executed at least once: merged is known.
  std::string merged;    ///< As Level::merged.
  /// Of waiting and running ones: what an earlier unit left unexplored; empty: nothing ran yet.
  std::vector<Level> owned;
  /// Reported, but something that the serial search does before has not come back.
  std::vector<PlanRequest> requests;
  std::unique_ptr<Node> below;  ///< Of divided ones.
};

/// One choice. Invariant: branches are in the order of the serial search and grow at the end only.
struct Division::Node {
  std::deque<Branch> branches;  // a deque: they never move
};

}  // namespace rcuscope
