// SPDX-License-Identifier: LGPL-2.1-or-later
// One execution along a given schedule.
#include "base/error.h"
#include "explore/strategy.h"

namespace rcuscope {

ActorId Replay::choose(const Execution& execution, std::span<const ActorId> enabled) {
  if (position_ < choices_.size()) {
    const ActorId wanted = choices_[position_++];
    for (const ActorId id : enabled)
      if (id == wanted) return id;
    misfit_ = "choice " + std::to_string(position_) + " of the schedule is actor " +
              std::to_string(wanted.value);
    if (static_cast<std::size_t>(wanted.value) < execution.actor_count())
      misfit_ += " ('" + execution.actor(wanted).spec.name + "')";
    misfit_ += ", which cannot run there; is it the schedule of another scenario or variant?";
    return {};
  }
  if (is_cut_short_) return {};
  for (const ActorId id : enabled)
    if (id == execution.current()) return id;
  return enabled.front();
}

void Replay::end_execution(const Execution&, ExecutionEnd) {
  if (!misfit_.empty()) throw UsageError(misfit_);
}

}  // namespace rcuscope
