// SPDX-License-Identifier: LGPL-2.1-or-later
// core/trace for Python: columns as arrays, names as lists, lanes as tables, and the enumerations.
#include <pybind11/stl.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "arrow.h"
#include "base/error.h"
#include "bindings.h"
#include "layout.h"
#include "numpy.h"
#include "trace/describe.h"
#include "trace/detail.h"
#include "trace/finding.h"
#include "trace/lanes.h"
#include "trace/reporting.h"
#include "trace/store.h"

namespace rcuscope::bindings {

namespace py = pybind11;
using namespace py::literals;

namespace {

/// name -> array, in the order of API.md, section 7.
py::dict columns_of(py::object self) {
  const auto& columns = self.cast<const TraceStore&>().columns();
  py::dict table;
  table["time"] = view_of(columns.time, self);
  table["kind"] = view_of(columns.kind, self);
  table["actor"] = view_of(columns.actor, self);
  table["cpu"] = view_of(columns.cpu, self);
  table["object"] = view_of(columns.object, self);
  table["grace_period"] = view_of(columns.grace_period, self);
  table["value"] = view_of(columns.value, self);
  table["flags"] = view_of(columns.flags, self);
  return table;
}

py::list actors_of(const TraceStore& trace) {
  py::list rows;
  for (const ActorInfo& actor : trace.names().actors)
    rows.append(py::make_tuple(actor.name, to_string(actor.kind), actor.cpu.value));
  return rows;
}

py::list objects_of(const TraceStore& trace) {
  py::list rows;
  for (const ObjectInfo& object : trace.names().objects)
    rows.append(py::make_tuple(object.name, object.type));
  return rows;
}

/// (file, function, line) of each event, or None where it is not known.
/// Where the files of its places were seen by this process.
std::vector<std::string> source_directories_of(const TraceStore& trace) {
  std::set<std::string> all;
  for (const PlaceInfo& place : trace.names().places)
    for (std::string& directory : directories_of(place.file)) all.insert(std::move(directory));
  return {all.begin(), all.end()};
}

std::string describe_whole(const TraceStore& trace) {
  const auto poll_signals = [] {
    const py::gil_scoped_acquire gil;
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
  };
  const py::gil_scoped_release no_gil;
  return describe_trace(trace, poll_signals);
}

py::object place_of(const TraceStore& trace, std::size_t event) {
  if (event >= trace.columns().place.size()) return py::none();
  const std::int32_t id = trace.columns().place[event];
  if (id < 0) return py::none();
  const PlaceInfo& place = trace.names().places[static_cast<std::size_t>(id)];
  return py::make_tuple(place.file, place.function, place.line);
}

/// One column of a table, from a field of its rows.
template <class Column, class Row, class Get>
py::array column(const std::vector<Row>& rows, Get get) {
  std::vector<Column> values;
  values.reserve(rows.size());
  for (const Row& row : rows) values.push_back(static_cast<Column>(get(row)));
  return array_of(std::move(values));
}

template <class Row, class Get>
py::list texts(const std::vector<Row>& rows, Get get) {
  py::list values;
  for (const Row& row : rows) values.append(py::str(std::string(get(row))));
  return values;
}

py::dict lane_table(const Lanes& picture) {
  const auto& rows = picture.lanes;
  py::dict table;
  table["name"] = texts(rows, [](const Lane& lane) { return lane.name; });
  table["kind"] = column<std::uint8_t>(rows, [](const Lane& lane) { return lane.kind; });
  table["actor"] = column<std::int32_t>(rows, [](const Lane& lane) { return lane.actor.value; });
  table["actor_kind"] = texts(rows, [](const Lane& lane) { return to_string(lane.actor_kind); });
  table["cpu"] = column<std::int32_t>(rows, [](const Lane& lane) { return lane.cpu.value; });
  table["must_not_sleep"] =
      column<std::uint8_t>(rows, [](const Lane& l) { return l.must_not_sleep; });
  return table;
}

py::dict span_table(const Lanes& picture) {
  const auto& rows = picture.spans;
  py::dict table;
  table["start"] = column<std::int64_t>(rows, [](const Span& span) { return span.start; });
  table["end"] = column<std::int64_t>(rows, [](const Span& span) { return span.end; });
  table["lane"] = column<std::int32_t>(rows, [](const Span& span) { return span.lane; });
  table["kind"] = column<std::uint8_t>(rows, [](const Span& span) { return span.kind; });
  table["object"] = column<std::int32_t>(rows, [](const Span& span) { return span.object.value; });
  table["grace_period"] =
      column<std::int32_t>(rows, [](const Span& span) { return span.grace_period.value; });
  table["inferred"] = column<std::uint8_t>(rows, [](const Span& span) { return span.is_inferred; });
  table["pre_existing"] =
      column<std::uint8_t>(rows, [](const Span& span) { return span.is_pre_existing; });
  table["error"] = column<std::uint8_t>(rows, [](const Span& span) { return span.is_error; });
  table["label"] = texts(rows, [](const Span& span) { return span.label; });
  return table;
}

py::dict arrow_table(const Lanes& picture) {
  const auto& rows = picture.arrows;
  py::dict table;
  table["from"] = column<std::int64_t>(rows, [](const Arrow& arrow) { return arrow.from; });
  table["to"] = column<std::int64_t>(rows, [](const Arrow& arrow) { return arrow.to; });
  table["from_lane"] =
      column<std::int32_t>(rows, [](const Arrow& arrow) { return arrow.from_lane; });
  table["to_lane"] = column<std::int32_t>(rows, [](const Arrow& arrow) { return arrow.to_lane; });
  table["kind"] = column<std::uint8_t>(rows, [](const Arrow& arrow) { return arrow.kind; });
  table["label"] = texts(rows, [](const Arrow& arrow) { return arrow.label; });
  return table;
}

/// (resolution, positions, ends) of each level.
py::list levels_of(const py::array_t<std::int64_t>& starts, const py::array_t<std::int64_t>& ends,
                   const py::array_t<std::int32_t>& slots, const py::array_t<bool>& important) {
  const auto start = starts.unchecked<1>(), end = ends.unchecked<1>();
  const auto slot = slots.unchecked<1>();
  const auto is_important = important.unchecked<1>();
  const py::ssize_t count = start.shape(0);
  if (end.shape(0) != count || slot.shape(0) != count || is_important.shape(0) != count)
    throw UsageError("detail_levels: expected columns of one length");
  std::vector<Interval> intervals;
  intervals.reserve(static_cast<std::size_t>(count));
  for (py::ssize_t i = 0; i < count; ++i)
    intervals.push_back({start(i), end(i), slot(i), is_important(i)});
  py::list levels;
  for (DetailLevel& level : detail_levels(intervals))
    levels.append(py::make_tuple(level.resolution, array_of(std::move(level.intervals)),
                                 array_of(std::move(level.ends))));
  return levels;
}

/// name -> number of each row of a vocabulary, for the IntEnums of the package.
template <class Kind>
py::dict names_of(int count) {
  py::dict members;
  for (int i = 0; i < count; ++i)
    members[py::str(std::string(to_string(static_cast<Kind>(i))))] = i;
  return members;
}

std::string told_reporting(const Reporting& reporting) {
  if (!reporting.kconfig.empty()) return std::string(reporting.kconfig);
  return reporting.is_always ? "always" : "no option";
}

void bind_vocabulary(py::module_& module) {
  py::dict events, columns, findings, titles, kconfig, reporting;
  int number = 0;
  for (const EventDescription& row : event_descriptions) {
    events[py::str(std::string(row.name))] = number++;
    columns[py::str(std::string(row.name))] = py::make_tuple(row.object, row.value, row.tracepoint);
  }
  number = 0;
  for (const FindingDescription& row : finding_descriptions) {
    findings[py::str(std::string(row.name))] = number++;
    titles[py::str(std::string(row.name))] = std::string(row.title);
    kconfig[py::str(std::string(row.name))] = std::string(row.kconfig);
    reporting[py::str(std::string(row.name))] =
        told_reporting(reporting_of(static_cast<FindingKind>(number - 1)));
  }
  module.attr("event_kinds") = events;
  module.attr("event_columns") = columns;
  module.attr("finding_kinds") = findings;
  module.attr("finding_titles") = titles;
  module.attr("finding_kconfig") = kconfig;
  module.attr("finding_reporting") = reporting;
  module.def(
      "reporting_of",
      [](const std::string& kind, const std::string& message) {
        for (std::size_t i = 0; i < std::size(finding_descriptions); ++i)
          if (finding_descriptions[i].name == kind)
            return told_reporting(reporting_of(static_cast<FindingKind>(i), message));
        throw UsageError("kind '" + kind + "' is unknown; expected a name of FindingKind");
      },
      py::arg("kind"), py::arg("message"),
      "What makes a kernel speak these words: an option, \"always\" or \"no option\".");
  module.attr("lane_kinds") = names_of<LaneKind>(static_cast<int>(LaneKind::grace_periods) + 1);
  module.attr("span_kinds") = names_of<SpanKind>(static_cast<int>(SpanKind::release) + 1);
  module.attr("arrow_kinds") =
      names_of<ArrowKind>(static_cast<int>(ArrowKind::freed_then_used) + 1);
}

}  // namespace

void bind_trace(py::module_& module) {
  bind_vocabulary(module);
  py::class_<TraceStore, std::shared_ptr<TraceStore>>(
      module, "TraceStore", "Immutable columns of events, with the names that they refer to.")
      .def("__len__", &TraceStore::size, "Number of events.")
      .def_property_readonly(
          "clock", [](const TraceStore& trace) { return std::string(to_string(trace.clock())); },
          "\"ns\" (CLOCK_MONOTONIC) or \"steps\".")
      .def_property_readonly("start", &TraceStore::start, "Time of the first event.")
      .def_property_readonly("end", &TraceStore::end, "Time of the last event.")
      .def_property_readonly("events_lost_count", &TraceStore::events_lost_count)
      .def_property_readonly(
          "metadata", [](const TraceStore& trace) { return trace.names().metadata; },
          "What the trace says about itself: scenario, schedule, finding ...")
      .def_property_readonly("strings",
                             [](const TraceStore& trace) { return trace.names().strings; })
      .def_property_readonly("actors", &actors_of, "(name, kind, cpu) of each actor.")
      .def_property_readonly("objects", &objects_of, "(name, type) of each object.")
      .def("columns", &columns_of, "Name -> read-only array; shares the memory of the store.")
      .def("place", &place_of, "event"_a, "(file, function, line) of an event, or None.")
      .def("source_directories", &source_directories_of,
           "Where this process has seen the files of its places.")
      .def("slice", &TraceStore::slice, "start"_a, "end"_a, "The events with start <= time < end.")
      .def("describe", &describe_whole, "English, one line an event.")
      .def("describe_event", &describe_event, "event"_a, "One English sentence.");
  py::class_<Lanes, std::shared_ptr<Lanes>>(module, "Lanes", "The picture of a trace.")
      .def_readonly("start", &Lanes::start)
      .def_readonly("end", &Lanes::end)
      .def("lane_table", &lane_table, "Columns of the rows of the picture.")
      .def("span_table", &span_table, "Columns of the intervals.")
      .def("arrow_table", &arrow_table, "Columns of the arrows.");
  module.def("arrow_stream", &arrow_stream, "columns"_a,
             "Name -> array or list of texts, as a capsule of the Arrow C stream interface.");
  module.def(
      "detail_levels", &levels_of, "start"_a, "end"_a, "slot"_a, "is_important"_a,
      "What is seen of intervals, from coarse to fine: (resolution, positions, ends) of each "
      "level; columns are sorted by start.");
  module.def("compute_lanes", &compute_lanes, "trace"_a, py::call_guard<py::gil_scoped_release>(),
             "Lanes, spans and arrows in trace time.");
}

}  // namespace rcuscope::bindings
