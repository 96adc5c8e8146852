// SPDX-License-Identifier: LGPL-2.1-or-later
// Stepping for Python: where an execution stands, and the state that a trace ends in.
#include <pybind11/stl.h>

#include <memory>
#include <string>
#include <utility>

#include "bindings.h"
#include "explore_options.h"
#include "stepping.h"
#include "trace/state.h"

namespace rcuscope::bindings {

namespace py = pybind11;
using namespace py::literals;

py::dict as_dict(Standpoint standpoint) {
  py::list choices;
  for (const NextOperation& next : standpoint.choices)
    choices.append(py::make_tuple(next.id.value, next.actor, next.operation,
                                  next.place.line == 0
                                      ? py::object(py::none())
                                      : py::make_tuple(next.place.file, next.place.line)));
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

/// Lists of (name, ...) rows, since objects may have equal names.
py::dict final_state_of(const TraceStore& trace) {
  const WorldState state = state_at(trace, trace.end());
  const Names names(trace);
  py::list lists, references, locks, grace_periods, freed;
  for (const ListState& list : state.lists)
    lists.append(py::make_tuple(names.of(list.head), names.of(list.entries)));
  for (const ObjectState& object : state.objects) {
    if (object.references)
      references.append(py::make_tuple(names.of(object.object), *object.references));
    if (object.is_freed) freed.append(names.of(object.object));
  }
  for (const LockState& lock : state.locks)
    locks.append(py::make_tuple(names.of(lock.lock), names.of(lock.owner), names.of(lock.waiters)));
  for (const GracePeriodState& period : state.grace_periods)
    grace_periods.append(py::make_tuple(period.grace_period.value, names.of(period.waits_for)));
  return py::dict("lists"_a = lists, "references"_a = references, "locks"_a = locks,
                  "grace_periods"_a = grace_periods, "freed"_a = freed);
}

}  // namespace

void bind_stepping(py::module_& module) {
  module.def("final_state_of", &final_state_of, "trace"_a,
             "Lists, reference counts, locks, grace periods and freed objects after the last "
             "event.");
}

}  // namespace rcuscope::bindings
