// SPDX-License-Identifier: LGPL-2.1-or-later
// How an execution keeps the work of set-up, and goes back to it.
#include "model/kept_setup.h"

#include <algorithm>

#include "model/execution.h"

namespace rcuscope {

void Execution::repeat_from_here() {
  is_setup_over_ = true;
  // A callback that is halfway through cannot be put back there.
  const auto has_begun = [](const ModelActor& actor) { return actor.is_started(); };
  const auto end = actors_.begin() + static_cast<std::ptrdiff_t>(actor_count_);
  if (!options_.keeps_setup || trace_ || is_over_ ||
      std::any_of(actors_.begin() + 1, end, has_begun))
    return;
  kept_ = std::make_unique<KeptSetup>();
  kept_->actors.assign(actors_.begin(), end);
  kept_->heap = heap_.image();
  kept_->grace_periods = grace_periods_.all();
  kept_->work = work_;
  kept_->findings = findings_;
  kept_->final_state = final_state_;
  kept_->steps = steps_;
  kept_->version = version_;
  for (Observer* observer : options_.observers) observer->keep_state();
  after_setup_->keep();
}

/// Instead of set-up. Context: reset() has been called.
void Execution::restore_setup() {
  const KeptSetup& kept = *kept_;
  actor_count_ = kept.actors.size();
  for (std::size_t i = 0; i < actor_count_; ++i) {
    static_cast<ActorState&>(actors_[i]) = kept.actors[i];
    if (i == 0 || !actors_[i].is_finished()) runner_.arm(actors_[i].id, *this);
  }
  heap_.restore(kept.heap);
  grace_periods_.all() = kept.grace_periods;
  work_.resize(kept.work.size());
  for (std::size_t i = 0; i < work_.size(); ++i) work_[i].restore(kept.work[i]);
  if (known_steps_ == 0) findings_ = kept.findings;
  final_state_ = kept.final_state;
  steps_ = kept.steps;
  version_ = kept.version;
  for (Observer* observer : options_.observers) observer->restore_state();
  after_setup_->restore();
}

}  // namespace rcuscope
