// SPDX-License-Identifier: LGPL-2.1-or-later
// Snapshot: a state of an execution that later ones go back to instead of running up to it again.
//
// Executions of one search mostly begin as the one before. What an actor has on its stack is part
// of the state, so nothing is unwound and nothing is executed again up to there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/fiber.h"
#include "model/actor.h"
#include "model/grace_period.h"
#include "model/heap.h"
#include "model/work_item.h"

namespace rcuscope {

/// Everything that a run changes, after `log_size` operations of the actors.
struct Snapshot {
  std::size_t log_size = 0;
  std::size_t choice_count = 0;
  std::vector<ActorState> actors;
  std::vector<Fiber::Image> stacks;  ///< Of those that have started and not ended.
  ModelHeap::Image heap;
  std::vector<GracePeriod> grace_periods;
  std::vector<WorkItem> work;
  std::string final_state;
  ActorId current;
  Step steps = 0;
  std::int64_t version = 0;
};

/// Those of the current path, the earliest first. Keeps the memory of those that are forgotten.
class Snapshots {
 public:
  bool is_empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  const Snapshot& back() const { return all_[size_ - 1]; }
  Snapshot& add() {
    if (all_.size() == size_) all_.emplace_back();
    return all_[size_++];
  }
  void pop() { --size_; }
  void clear() { size_ = 0; }
  /// Forgets those after that many operations.
  void forget_after(std::size_t log_size) {
    while (!is_empty() && back().log_size > log_size) pop();
  }

 private:
  std::vector<Snapshot> all_;
  std::size_t size_ = 0;
};

}  // namespace rcuscope
