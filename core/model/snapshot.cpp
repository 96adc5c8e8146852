// SPDX-License-Identifier: LGPL-2.1-or-later
// How an execution notes where it is, and how a later one goes back there.
#include "model/snapshot.h"

#include <algorithm>

#include "base/assert.h"
#include "model/execution.h"

namespace rcuscope {
namespace {

/// Operations from one snapshot to the next: to take one costs about as much as to execute so many.
constexpr std::size_t snapshot_distance = 4;

}  // namespace

/// The running actor gives way to the controller, which takes the snapshot on a stack of its own.
/// On the way to what is new: an execution that goes back less far is the next one, mostly.
bool Execution::must_take_snapshot() const {
  if (!goes_back_ || !has_after_setup_ || phase_ != Phase::actors || is_over_ || is_probing())
    return false;
  if (snapshots_.is_empty()) return log_size_ == 0;
  return log_size_ <= memory_known_steps_ &&
         log_size_ >= snapshots_.back().log_size + snapshot_distance;
}

/// True if no destructor has to run of what the actors have on their stacks. One that is recorded
/// takes no snapshots, but has the same on its stacks as others.
bool Execution::can_be_left() const {
  const bool is_recorded = trace_ != nullptr && options_.goes_back && runner_.can_go_back();
  const bool owns_nothing = goes_back_ ? !snapshots_.is_empty() : is_recorded && has_after_setup_;
  if (!owns_nothing || phase_ != Phase::actors || owner_count_ > 0 || setup_error_ ||
      how_ended_ == ExecutionEnd::interrupted)
    return false;
  const auto end = actors_.begin() + static_cast<std::ptrdiff_t>(actor_count_);
  return std::none_of(actors_.begin(), end, [this](const ModelActor& actor) {
    return actor.is_started() && runner_.has_exceptions(actor.id);
  });
}

/// Context: the controller; every actor that has started waits at its next operation. Does nothing
/// where an actor owns something meanwhile.
void Execution::take_snapshot() {
  if (!must_take_snapshot() || owner_count_ > 0) return;
  const std::size_t level = snapshots_.size();
  Snapshot& snapshot = snapshots_.add();
  snapshot.actors.resize(actor_count_);
  snapshot.stacks.resize(std::max(snapshot.stacks.size(), actor_count_));
  for (std::size_t i = 0; i < actor_count_; ++i) {
    snapshot.actors[i] = actors_[i];
    if (actors_[i].is_started() && !runner_.save(actors_[i].id, snapshot.stacks[i]))
      return snapshots_.pop();
  }
  snapshot.log_size = log_size_;
  snapshot.choice_count = choices_.size();
  heap_.save(snapshot.heap);
  snapshot.grace_periods = grace_periods_.all();
  snapshot.work = work_;
  snapshot.final_state = final_state_;
  snapshot.current = current_;
  snapshot.steps = steps_;
  snapshot.version = version_;
  if (level == 0) setup_steps_ = steps_;
  after_setup_->save(level);
}

/// Instead of running up to the latest snapshot. Requires: there is one.
void Execution::restore_snapshot() {
  const Snapshot& snapshot = snapshots_.back();
  for (std::size_t i = snapshot.actors.size(); i < actor_count_; ++i) {
    runner_.forget(actors_[i].id);
    actors_[i] = ModelActor{};
  }
  actor_count_ = snapshot.actors.size();
  for (std::size_t i = 0; i < actor_count_; ++i) {
    static_cast<ActorState&>(actors_[i]) = snapshot.actors[i];
    if (actors_[i].is_started())
      runner_.restore(actors_[i].id, snapshot.stacks[i]);
    else if (!actors_[i].is_finished())
      runner_.arm(actors_[i].id, *this);
    else
      runner_.forget(actors_[i].id);
  }
  phase_ = Phase::actors;
  log_size_ = snapshot.log_size;
  choices_.resize(snapshot.choice_count);
  heap_.restore(snapshot.heap);
  grace_periods_.all() = snapshot.grace_periods;
  work_.resize(snapshot.work.size());
  for (std::size_t i = 0; i < work_.size(); ++i) work_[i].restore(snapshot.work[i]);
  final_state_ = snapshot.final_state;
  current_ = snapshot.current;
  steps_ = snapshot.steps;
  version_ = snapshot.version;
  after_setup_->restore(snapshots_.size() - 1);
}

}  // namespace rcuscope
