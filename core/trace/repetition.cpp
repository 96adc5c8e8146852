// SPDX-License-Identifier: LGPL-2.1-or-later
// Repetitions of live runs, and which part of one tells the story.
#include "trace/repetition.h"

#include <array>
#include <optional>
#include <set>

namespace rcuscope {
namespace {

bool is_start_of_repetition(const TraceStore& trace, EventIndex i) {
  const std::int32_t actor = trace.columns().actor[i];
  return actor >= 0 && trace.kind(i) == EventKind::actor_start &&
         trace.names().actors[static_cast<std::size_t>(actor)].kind == ActorKind::main;
}

/// The events that the scenario is about. Set-up and tear-down by `main` are long and tell little;
/// grace periods that only `main` asked for, and what they free, belong to them.
class StoryFilter {
 public:
  StoryFilter(const TraceStore& trace, const EventRange& range) : trace_(trace) {
    for (EventIndex i = range.first; i < range.last; ++i) {
      if (kind_of_actor(i) != ActorKind::main) continue;
      mains_grace_periods_.insert(trace.columns().grace_period[i]);
      if (trace.kind(i) == EventKind::kfree_rcu) mains_objects_.insert(trace.columns().object[i]);
    }
    mains_grace_periods_.erase(-1);
  }

  bool tells(EventIndex i) const {
    const std::optional<ActorKind> who = kind_of_actor(i);
    if (!who || *who == ActorKind::main) return false;
    if (*who != ActorKind::grace_period) return true;
    return !mains_grace_periods_.contains(trace_.columns().grace_period[i]) &&
           !(trace_.kind(i) == EventKind::kfree &&
             mains_objects_.contains(trace_.columns().object[i]));
  }

 private:
  std::optional<ActorKind> kind_of_actor(EventIndex i) const {
    const std::int32_t actor = trace_.columns().actor[i];
    if (actor < 0) return std::nullopt;
    return trace_.names().actors[static_cast<std::size_t>(actor)].kind;
  }

  const TraceStore& trace_;
  std::set<std::int32_t> mains_grace_periods_;
  std::set<std::int32_t> mains_objects_;  ///< Handed to kfree_rcu.
};

/// The grace period of a call starts an instant later; without one, the call itself.
Timestamp start_of_grace_period_asked_at(const TraceStore& trace, EventIndex call) {
  const auto& grace_period = trace.columns().grace_period;
  for (EventIndex i = call; i < trace.size() && grace_period[call] >= 0; ++i) {
    const bool is_same = grace_period[i] == grace_period[call];
    if (is_same && trace.kind(i) == EventKind::grace_period_start) return trace.time(i);
  }
  return trace.time(call);
}

}  // namespace

EventRange repetition_at(const TraceStore& trace, Timestamp moment) {
  EventRange range{0, trace.size()};
  for (EventIndex i = 0; i < trace.size(); ++i) {
    if (!is_start_of_repetition(trace, i)) continue;
    if (trace.time(i) > moment) return {range.first, i};
    range.first = i;
  }
  return range;
}

TraceStore part_of(const TraceStore& trace, const EventRange& range) {
  if (range.is_empty()) return trace.slice(0, 0);
  const bool is_last = range.last == trace.size();
  return trace.slice(trace.time(range.first), is_last ? trace.end() + 1 : trace.time(range.last));
}

RepetitionNumber repetition_number(const TraceStore& trace, Timestamp moment) {
  RepetitionNumber result;
  for (EventIndex i = 0; i < trace.size(); ++i) {
    if (!is_start_of_repetition(trace, i)) continue;
    ++result.count;
    if (trace.time(i) <= moment) result.number = result.count;
  }
  return result;
}

EventRange story_of(const TraceStore& trace, const EventRange& range) {
  const StoryFilter story(trace, range);
  EventRange told;
  for (EventIndex i = range.first; i < range.last; ++i) {
    if (!story.tells(i)) continue;
    if (told.is_empty()) told.first = i;
    told.last = i + 1;
  }
  return told;
}

Timestamp moment_of_change(const TraceStore& trace, EventRange range) {
  for (const auto& kinds : {std::array{EventKind::synchronize_rcu_start, EventKind::call_rcu},
                            std::array{EventKind::list_del_rcu, EventKind::list_del}}) {
    for (EventIndex i = range.first; i < range.last; ++i) {
      const std::int32_t actor = trace.columns().actor[i];
      const bool is_main =
          actor >= 0 &&
          trace.names().actors[static_cast<std::size_t>(actor)].kind == ActorKind::main;
      if (!is_main && (trace.kind(i) == kinds[0] || trace.kind(i) == kinds[1])) {
        return start_of_grace_period_asked_at(trace, i);
      }
    }
  }
  return range.last > range.first ? trace.time(range.last - 1) : trace.end();
}

Timestamp telling_moment(const TraceStore& trace) {
  Timestamp first = trace.end(), last = trace.end();
  std::int32_t waiting = -1;
  for (EventIndex i = 0; i < trace.size(); ++i) {
    const EventKind kind = trace.kind(i);
    if (kind == EventKind::finding) return trace.time(i);
    const std::int32_t id = trace.columns().grace_period[i];
    if (kind == EventKind::grace_period_waits_for) {
      if (id != waiting) first = trace.time(i);
      waiting = id;
    } else if (kind == EventKind::quiescent_state && id == waiting) {
      last = trace.time(i);
    }
  }
  if (waiting < 0) return moment_of_change(trace, {0, trace.size()});
  // Seven tenths of the wait: some readers have left, one still holds the grace period up.
  return first + (std::max(first, last) - first) * 7 / 10;
}

}  // namespace rcuscope
