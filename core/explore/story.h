// SPDX-License-Identifier: LGPL-2.1-or-later
// Story: the recorded events around one finding, with the questions that explanations ask.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "trace/finding.h"
#include "trace/store.h"
#include "trace/time_text.h"

namespace rcuscope {

/// Event indices count from 0. -1 stands for any actor or object.
class Story {
 public:
  /// Both outlive this. `origin` is where times are counted from, in a trace of nanoseconds.
  Story(const Finding& finding, const TraceStore& trace, Timestamp origin = 0);

  const Finding& finding() const { return finding_; }
  const TraceStore& trace() const { return trace_; }
  /// False if the trace does not show it: then nothing else may be asked.
  bool is_known() const { return event_.has_value(); }
  EventIndex event() const { return *event_; }
  std::int32_t actor() const { return actor_of(*event_); }
  std::int32_t object() const { return object_of(*event_); }

  EventKind kind(EventIndex i) const { return trace_.kind(i); }
  std::int32_t actor_of(EventIndex i) const { return trace_.columns().actor[i]; }
  std::int32_t object_of(EventIndex i) const { return trace_.columns().object[i]; }
  std::int64_t value_of(EventIndex i) const { return trace_.columns().value[i]; }
  std::int32_t grace_period_of(EventIndex i) const { return trace_.columns().grace_period[i]; }

  // --- words
  /// "'isr'"; "set-up" and "the end of the run" for what runs before and after the actors.
  std::string who(EventIndex i) const;
  std::string actor_name(std::int32_t actor) const;
  std::string object_name(std::int32_t object) const { return trace_.object_label(object); }
  std::string at(EventIndex i) const {
    return moment_text(trace_.clock(), origin_, trace_.time(i));
  }
  /// What the location is called that a load or store touches.
  std::string location(EventIndex i) const { return std::string(trace_.string(value_of(i))); }

  // --- what came before the finding, or before another event
  std::optional<EventIndex> last(EventKind kind, std::int32_t object, std::int32_t actor) const {
    return last_before(*event_, kind, object, actor);
  }
  std::optional<EventIndex> last_before(EventIndex end, EventKind kind, std::int32_t object,
                                        std::int32_t actor) const;
  /// list_del_rcu or list_del.
  std::optional<EventIndex> last_unlink(std::int32_t object) const;
  /// Start of the actor's section that is open at the finding; explicit ones first.
  std::optional<EventIndex> section_start(std::int32_t actor) const;
  std::optional<EventIndex> explicit_section_start(std::int32_t actor) const;

  // --- memory
  static bool is_load(EventKind kind) {
    return kind == EventKind::load || kind == EventKind::rcu_dereference;
  }
  static bool is_store(EventKind kind) {
    return kind == EventKind::store || kind == EventKind::rcu_assign_pointer;
  }
  bool is_same_location(EventIndex a, EventIndex b) const {
    return object_of(a) == object_of(b) && value_of(a) == value_of(b);
  }
  /// The last store to the location of an access, before `end`, of anybody or all but one.
  std::optional<EventIndex> last_store(EventIndex access, EventIndex end,
                                       std::int32_t not_by = -1) const;
  /// The last loads of an actor before the finding, one of each location; the latest comes first.
  std::vector<EventIndex> last_loads(std::int32_t actor, std::size_t count) const;

 private:
  bool is_about(EventIndex i) const;
  bool is_before_all_actors(EventIndex i) const;
  std::optional<EventIndex> srcu_section_start(std::int32_t actor) const;

  const Finding& finding_;
  const TraceStore& trace_;
  Timestamp origin_;
  std::optional<EventIndex> event_;
};

}  // namespace rcuscope
