// SPDX-License-Identifier: LGPL-2.1-or-later
// compute_lanes: chooses and orders the lanes; lanes_spans, lanes_marks and lanes_arrows fill them.
#include "trace/lanes.h"

#include <algorithm>
#include <array>
#include <limits>

#include "trace/kernel_trace.h"
#include "trace/lanes_parts.h"
#include "trace/value_kind.h"

namespace rcuscope {
namespace lanes {
namespace {

/// What the events say about one actor.
struct ActorUse {
  bool has_events = false;
  bool is_concerned = false;  ///< By grace periods: reads, waits, or runs after one.
};

bool concerns_reader(EventKind kind) {
  return kind == EventKind::rcu_read_lock || kind == EventKind::rcu_read_unlock;
}

std::vector<ActorUse> uses_of_actors(const TraceStore& trace) {
  const TraceColumns& columns = trace.columns();
  std::vector<ActorUse> uses(trace.names().actors.size());
  for (std::size_t actor = 0; actor < uses.size(); ++actor) {
    uses[actor].is_concerned = is_atomic(trace.names().actors[actor].kind);
  }
  for (EventIndex i = 0; i < trace.size(); ++i) {
    if (columns.actor[i] < 0 || has_flag(trace, i, event_flag::background)) continue;
    ActorUse& use = uses[static_cast<std::size_t>(columns.actor[i])];
    use.has_events = true;
    if (columns.grace_period[i] >= 0 || concerns_reader(trace.kind(i))) use.is_concerned = true;
  }
  return uses;
}

bool has_grace_periods(const TraceStore& trace) {
  for (EventIndex i = 0; i < trace.size(); ++i) {
    if (is_grace_period_event(trace.kind(i))) return true;
    const std::int32_t actor = trace.columns().actor[i];
    if (actor >= 0 &&
        trace.names().actors[static_cast<std::size_t>(actor)].kind == ActorKind::grace_period) {
      return true;
    }
  }
  return false;
}

/// The name of the actor that runs all grace periods, as rcu_gp_kthread does. Others of that kind
/// only free what kfree_rcu was given.
std::string grace_period_lane_name(const TraceStore& trace) {
  std::string name;
  for (EventIndex i = 0; i < trace.size(); ++i) {
    const std::int32_t actor = trace.columns().actor[i];
    if (actor < 0 || !is_grace_period_event(trace.kind(i))) continue;
    const ActorInfo& who = trace.names().actors[static_cast<std::size_t>(actor)];
    const bool is_same = name.empty() || name == who.name;
    if (who.kind != ActorKind::grace_period || !is_same) return "grace periods";
    name = who.name;
  }
  return name.empty() ? "grace periods" : name;
}

Lane actor_lane(const ActorInfo& actor, std::size_t id) {
  Lane lane;
  lane.name = actor.name;
  lane.actor.value = static_cast<std::int32_t>(id);
  lane.actor_kind = actor.kind;
  lane.cpu = actor.cpu;
  lane.must_not_sleep = is_atomic(actor.kind);
  return lane;
}

Lane grace_period_lane(const TraceStore& trace) {
  Lane lane;
  lane.kind = LaneKind::grace_periods;
  lane.name = grace_period_lane_name(trace);
  lane.actor_kind = ActorKind::grace_period;
  return lane;
}

/// Actors by id, but `main` last: what it does is set-up and tear-down around the story.
std::vector<std::size_t> shown_actors(const TraceStore& trace, const std::vector<ActorUse>& uses,
                                      bool with_idle_actors) {
  std::vector<std::size_t> shown;
  for (const bool is_main : {false, true}) {
    for (std::size_t id = 0; id < uses.size(); ++id) {
      const ActorKind kind = trace.names().actors[id].kind;
      const bool is_shown = uses[id].has_events || with_idle_actors;
      if (!is_shown || kind == ActorKind::grace_period) continue;
      if ((kind == ActorKind::main) == is_main) shown.push_back(id);
    }
  }
  return shown;
}

/// Number of lanes above the lane of grace periods: it follows the last actor that it concerns.
std::size_t lanes_above_grace_periods(const TraceStore& trace, const std::vector<ActorUse>& uses,
                                      const std::vector<std::size_t>& shown) {
  std::size_t above = 0;
  for (std::size_t row = 0; row < shown.size(); ++row) {
    if (trace.names().actors[shown[row]].kind == ActorKind::main) continue;
    if (uses[shown[row]].is_concerned) above = row + 1;
  }
  return above;
}

void sort_for_drawing(Lanes& out) {
  std::stable_sort(out.spans.begin(), out.spans.end(), [](const Span& a, const Span& b) {
    if (a.lane != b.lane) return a.lane < b.lane;
    if (a.start != b.start) return a.start < b.start;
    return a.end > b.end;  // what encloses comes first
  });
  std::stable_sort(out.marks.begin(), out.marks.end(), [](const Mark& a, const Mark& b) {
    return a.lane != b.lane ? a.lane < b.lane : a.time < b.time;
  });
}

}  // namespace

std::int32_t LaneMap::lane_of(std::int32_t actor) const {
  if (actor < 0 || actor >= static_cast<std::int32_t>(of_actor.size())) return -1;
  return of_actor[static_cast<std::size_t>(actor)];
}

std::int32_t LaneMap::lane_of_event(const TraceStore& trace, EventIndex i) const {
  const std::int32_t lane = lane_of(trace.columns().actor[i]);
  if (lane >= 0) return lane;
  // A kfree without an actor is a deferred one: kfree_rcu's, after a grace period.
  const EventKind kind = trace.kind(i);
  return is_grace_period_event(kind) || kind == EventKind::kfree ? grace_periods : -1;
}

std::int32_t value_id(const TraceStore& trace, EventIndex i) {
  const std::int64_t value = trace.columns().value[i];
  if (value < 0 || value > std::numeric_limits<std::int32_t>::max()) return -1;
  return static_cast<std::int32_t>(value);
}

std::string short_name(std::string_view object_name) {
  constexpr std::string_view domain = "0000:";
  std::string name(object_name);
  const std::size_t found = name.find(domain);
  if (found != std::string::npos && name.size() > found + domain.size()) {
    name.erase(found, domain.size());
  }
  return name;
}

bool is_grace_period_event(EventKind kind) {
  return kind == EventKind::grace_period_start || kind == EventKind::grace_period_waits_for ||
         kind == EventKind::quiescent_state || kind == EventKind::grace_period_end;
}

LaneMap add_lanes(const TraceStore& trace, bool with_idle_actors, Lanes& out) {
  const std::vector<ActorUse> uses = uses_of_actors(trace);
  const std::vector<std::size_t> shown = shown_actors(trace, uses, with_idle_actors);
  const bool has_grace_period_lane = has_grace_periods(trace);
  const std::size_t above = lanes_above_grace_periods(trace, uses, shown);
  LaneMap map;
  map.of_actor.assign(uses.size(), -1);
  for (std::size_t row = 0; row <= shown.size(); ++row) {
    if (row == above && has_grace_period_lane) {
      map.grace_periods = static_cast<std::int32_t>(out.lanes.size());
      out.lanes.push_back(grace_period_lane(trace));
    }
    if (row == shown.size()) break;
    map.of_actor[shown[row]] = static_cast<std::int32_t>(out.lanes.size());
    out.lanes.push_back(actor_lane(trace.names().actors[shown[row]], shown[row]));
  }
  for (std::size_t id = 0; id < uses.size(); ++id) {
    if (trace.names().actors[id].kind == ActorKind::grace_period) {
      map.of_actor[id] = map.grace_periods;
    }
  }
  return map;
}

}  // namespace lanes

Lanes compute_lanes(const TraceStore& trace) {
  Lanes out;
  if (trace.size() == 0) return out;
  out.start = trace.start();
  out.end = lanes::time_after(trace, trace.size() - 1);
  const lanes::LaneMap map = lanes::add_lanes(trace, false, out);
  for (const auto& part :
       {lanes::make_spans(trace, map, out), lanes::make_marks_and_badges(trace, map, out),
        lanes::make_arrows(trace, map, out)}) {
    part->take(0, trace.size());
    part->finish();
  }
  lanes::sort_for_drawing(out);
  return out;
}

std::string_view to_string(LaneKind kind) {
  constexpr std::array<std::string_view, 2> names = {"actor", "grace_periods"};
  return names[static_cast<std::size_t>(kind)];
}

std::string_view to_string(SpanKind kind) {
  constexpr std::array<std::string_view, 10> names = {
      "actor", "reader",   "implicit", "grace_period", "blocked",
      "mutex", "spinlock", "callback", "work",         "release"};
  return names[static_cast<std::size_t>(kind)];
}

std::string_view to_string(ArrowKind kind) {
  constexpr std::array<std::string_view, 5> names = {"callback", "work", "grace_period", "reader",
                                                     "freed_then_used"};
  return names[static_cast<std::size_t>(kind)];
}

}  // namespace rcuscope
