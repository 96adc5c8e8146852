// SPDX-License-Identifier: LGPL-2.1-or-later
// Stepping for Python: where an execution stands, and the state of a trace at a time: as it is, and
// as the picture that panels show.
#include <pybind11/stl.h>

#include <memory>
#include <string>
#include <utility>

#include "base/place_text.h"
#include "bindings.h"
#include "explore_options.h"
#include "stepping.h"
#include "trace/kernel_trace.h"
#include "trace/state.h"
#include "trace/state_picture.h"

namespace rcuscope::bindings {

namespace py = pybind11;
using namespace py::literals;

py::dict as_dict(Standpoint standpoint) {
  py::list choices;
  for (const NextOperation& next : standpoint.choices)
    choices.append(
        py::make_tuple(next.id.value, next.actor, next.operation,
                       next.place.line == 0 ? "" : place_text(next.place.file, next.place.line)));
  py::dict blocked;
  for (const ActorThatWaits& actor : standpoint.blocked)
    blocked[py::str(actor.actor)] = actor.reason;
  py::dict record;
  record["choices"] = choices;
  record["blocked"] = blocked;
  record["readers"] = standpoint.readers;
  record["is_over"] = standpoint.is_over;
  record["schedule"] = standpoint.schedule;
  record["trace"] = std::make_shared<TraceStore>(std::move(standpoint.trace));
  record["findings"] = std::move(standpoint.findings);
  return record;
}

StepRequest step_request(const py::dict& options) {
  StepRequest request;
  request.schedule = options["schedule"].cast<std::string>();
  if (const auto next = options["next"].cast<std::optional<std::int32_t>>())
    request.next = ActorId{*next};
  return request;
}

namespace {

/// Names of objects and actors of a trace.
class Names {
 public:
  explicit Names(const TraceStore& trace) : trace_(trace) {}
  std::string of(ObjectId object) const { return std::string(trace_.object_name(object.value)); }
  std::string of(ActorId actor) const {
    return actor.is_valid() ? trace_.names().actors[static_cast<std::size_t>(actor.value)].name
                            : "";
  }
  py::list of(const auto& ids) const {
    py::list names;
    for (const auto id : ids) names.append(of(id));
    return names;
  }

 private:
  const TraceStore& trace_;
};

const char* name_of(Membership membership) {
  switch (membership) {
    case Membership::never_linked:
      return "never_linked";
    case Membership::linked:
      return "linked";
    case Membership::unlinked:
      return "unlinked";
  }
  return "";
}

py::list rows_of(const std::vector<ObjectState>& objects, const TraceStore& trace) {
  py::list rows;
  const Names names(trace);
  for (const ObjectState& object : objects) {
    const ObjectInfo& known = trace.names().objects[static_cast<std::size_t>(object.object.value)];
    rows.append(py::dict("type"_a = known.type, "name"_a = names.of(object.object),
                         "membership"_a = name_of(object.membership), "freed"_a = object.is_freed,
                         "poisoned"_a = object.is_poisoned, "references"_a = object.references));
  }
  return rows;
}

/// Lists of (name, ...) rows, since objects may have equal names.
py::dict state_of(const TraceStore& trace, Timestamp time) {
  const WorldState state = state_at(trace, time);
  const Names names(trace);
  py::list lists, locks, grace_periods, actors;
  for (const ListState& list : state.lists)
    lists.append(py::make_tuple(names.of(list.head), names.of(list.entries)));
  for (const LockState& lock : state.locks)
    locks.append(py::make_tuple(names.of(lock.lock), names.of(lock.owner), names.of(lock.waiters)));
  for (const GracePeriodState& period : state.grace_periods)
    grace_periods.append(py::make_tuple(period.grace_period.value, names.of(period.waits_for)));
  for (const TracedActorState& actor : state.actors)
    actors.append(py::dict("name"_a = names.of(actor.actor), "running"_a = actor.is_running,
                           "reader_nesting"_a = actor.reader_nesting,
                           "blocked_on"_a = actor.blocked_on, "last_event"_a = actor.last_event));
  return py::dict("lists"_a = lists, "objects"_a = rows_of(state.objects, trace), "locks"_a = locks,
                  "grace_periods"_a = grace_periods, "actors"_a = actors);
}

const char* name_of(Tone tone) {
  switch (tone) {
    case Tone::plain:
      return "plain";
    case Tone::good:
      return "good";
    case Tone::waiting:
      return "waiting";
    case Tone::error:
      return "error";
    case Tone::gone:
      return "gone";
    case Tone::reader:
      return "reader";
  }
  return "";
}

py::dict row_of(const ObjectCard& card, const Names& names) {
  py::list users;
  for (const ReferenceUser& user : card.reference_users)
    users.append(py::make_tuple(names.of(user.actor), user.taken, user.dropped));
  return py::dict("object"_a = card.object.value, "device"_a = card.device.value,
                  "title"_a = card.title, "state"_a = card.state, "tone"_a = name_of(card.tone),
                  "struck"_a = card.is_struck, "references"_a = card.references,
                  "reference_users"_a = users, "next"_a = card.next, "previous"_a = card.previous,
                  "next_stale"_a = card.is_next_stale, "next_freed"_a = card.is_next_freed,
                  "held_label"_a = card.held_label, "held_by"_a = card.held_by);
}

py::dict picture_of(const TraceStore& trace, Timestamp time) {
  const WorldState state = state_at(trace, time);
  const StatePicture picture = picture_state(trace, state);
  const Names names(trace);
  py::list lists, cards, periods;
  for (const ListChain& list : picture.lists)
    lists.append(py::make_tuple(list.title, list.entries));
  for (const ObjectCard& card : picture.cards) cards.append(row_of(card, names));
  for (const GracePeriodState& period : state.grace_periods)
    periods.append(py::make_tuple(grace_period_name(trace, period.grace_period.value),
                                  names.of(period.waits_for)));
  return py::dict("lists"_a = lists, "cards"_a = cards, "cards_left_out"_a = picture.cards_left_out,
                  "grace_periods"_a = periods, "rcu"_a = picture.rcu_line,
                  "locks"_a = picture.locks);
}

}  // namespace

void bind_stepping(py::module_& module) {
  module.def("state_of", &state_of, "trace"_a, "time"_a,
             "Lists, objects, locks, grace periods and actors after all events up to that time.");
  module.def("state_picture", &picture_of, "trace"_a, "time"_a,
             "The same moment as the panels of the viewer and of the widget tell it.");
}

}  // namespace rcuscope::bindings
