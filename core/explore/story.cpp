// SPDX-License-Identifier: LGPL-2.1-or-later
// Looking things up in the recorded events.
#include "explore/story.h"

#include <algorithm>

namespace rcuscope {

/// The event of the finding's kind, at its step; live it has none, but is told once for each actor.
bool Story::is_about(EventIndex i) const {
  if (kind(i) != EventKind::finding || value_of(i) != static_cast<std::int64_t>(finding_.kind))
    return false;
  if (trace_.clock() == Clock::nanoseconds) return trace_.actor_name(actor_of(i)) == finding_.actor;
  return trace_.time(i) == std::max<Step>(finding_.step, 0);
}

Story::Story(const Finding& finding, const TraceStore& trace, Timestamp origin)
    : finding_(finding), trace_(trace), origin_(origin) {
  for (EventIndex i = 0; i < trace.size(); ++i) {
    if (!is_about(i)) continue;
    // Several may have been made at one step: prefer the one about the same object.
    if (!event_) event_ = i;
    if (object_of(i) < 0 ? !finding.place.empty() : object_name(object_of(i)) != finding.place)
      continue;
    event_ = i;
    break;
  }
}

bool Story::is_before_all_actors(EventIndex i) const {
  for (EventIndex e = 0; e < i; ++e)
    if (actor_of(e) > 0) return false;
  return true;
}

std::string Story::who(EventIndex i) const {
  if (actor_of(i) == 0) return is_before_all_actors(i) ? "set-up" : "the end of the run";
  return actor_name(actor_of(i));
}

std::string Story::actor_name(std::int32_t actor) const {
  return "'" + std::string(trace_.actor_name(actor)) + "'";
}

std::optional<EventIndex> Story::last_before(EventIndex end, EventKind wanted, std::int32_t object,
                                             std::int32_t actor) const {
  for (EventIndex i = end; i-- > 0;) {
    if (kind(i) != wanted) continue;
    if (object >= 0 && object_of(i) != object) continue;
    if (actor >= 0 && actor_of(i) != actor) continue;
    return i;
  }
  return std::nullopt;
}

std::optional<EventIndex> Story::last_unlink(std::int32_t object) const {
  const auto unlinked = last(EventKind::list_del_rcu, object, -1);
  return unlinked ? unlinked : last(EventKind::list_del, object, -1);
}

/// The first section of sleepable RCU that is still open.
std::optional<EventIndex> Story::srcu_section_start(std::int32_t actor) const {
  std::vector<EventIndex> open;
  for (EventIndex i = 0; i < *event_; ++i) {
    if (actor_of(i) != actor) continue;
    if (kind(i) == EventKind::srcu_read_lock) open.push_back(i);
    if (kind(i) != EventKind::srcu_read_unlock) continue;
    const auto closed = std::find_if(open.rbegin(), open.rend(), [&](EventIndex lock) {
      return object_of(lock) == object_of(i) && value_of(lock) == value_of(i);
    });
    if (closed != open.rend()) open.erase(std::next(closed).base());
  }
  return open.empty() ? std::nullopt : std::optional(open.front());
}

std::optional<EventIndex> Story::explicit_section_start(std::int32_t actor) const {
  std::optional<EventIndex> start;
  for (EventIndex i = 0; i < *event_; ++i) {
    if (actor_of(i) != actor) continue;
    if (kind(i) == EventKind::rcu_read_lock && value_of(i) == 1) start = i;
    if (kind(i) == EventKind::rcu_read_unlock && value_of(i) == 0) start.reset();
  }
  return start ? start : srcu_section_start(actor);
}

std::optional<EventIndex> Story::section_start(std::int32_t actor) const {
  if (actor < 0) return std::nullopt;
  if (const auto start = explicit_section_start(actor)) return start;
  const ActorKind actor_kind = trace_.names().actors[static_cast<std::size_t>(actor)].kind;
  if (!is_atomic(actor_kind)) return std::nullopt;
  return last(
      actor_kind == ActorKind::callback ? EventKind::callback_start : EventKind::actor_start, -1,
      actor);
}

std::optional<EventIndex> Story::last_store(EventIndex access, EventIndex end,
                                            std::int32_t not_by) const {
  for (EventIndex i = end; i-- > 0;)
    if (is_store(kind(i)) && is_same_location(i, access) && (not_by < 0 || actor_of(i) != not_by))
      return i;
  return std::nullopt;
}

std::vector<EventIndex> Story::last_loads(std::int32_t actor, std::size_t count) const {
  std::vector<EventIndex> loads;
  for (EventIndex i = *event_; i-- > 0 && loads.size() < count;) {
    if (actor_of(i) != actor || !is_load(kind(i))) continue;
    if (std::none_of(loads.begin(), loads.end(),
                     [&](EventIndex known) { return is_same_location(i, known); }))
      loads.push_back(i);
  }
  return loads;
}

}  // namespace rcuscope
