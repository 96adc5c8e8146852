// SPDX-License-Identifier: LGPL-2.1-or-later
// From threads of the window's jobs into Python and back. What Python raises becomes one text.
#include "gui/python_engine.h"

#include <pybind11/stl.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "interpreter.h"

namespace rcuscope::bindings {

namespace py = pybind11;
using namespace py::literals;

namespace {

gui::Offer offer_of(const py::dict& row) {
  const auto text = [&](const char* name) { return row[name].cast<std::string>(); };
  gui::Offer offer;
  offer.name = text("name");
  offer.title = text("title");
  offer.question = text("question");
  offer.expect = text("expect");
  offer.also = row["also"].cast<std::vector<std::string>>();
  offer.reason = text("reason");
  offer.explanation = text("explanation");
  offer.fact = text("fact");
  offer.theme = text("theme");
  offer.variant = parse_variant(text("variant"));
  return offer;
}

py::dict limits_of(const gui::Request& request) {
  return py::dict("memory"_a = request.memory, "preemption_bound"_a = request.preemption_bound,
                  "max_executions"_a = request.max_executions,
                  "max_seconds"_a = request.max_seconds);
}

py::cpp_function end_asked_of(gui::Watch& watch) {
  return py::cpp_function([&watch] { return watch.must_end(); });
}

std::shared_ptr<TraceStore> trace_in(const py::handle& object) {
  return object.cast<std::shared_ptr<TraceStore>>();
}

}  // namespace

PythonEngine::PythonEngine(py::object scenarios) : scenarios_(std::move(scenarios)) {
  for (const py::handle row : scenarios_.attr("offers")())
    offers_.push_back(offer_of(py::reinterpret_borrow<py::dict>(row)));
  has_live_ = scenarios_.attr("has_live").cast<bool>();
}

PythonEngine::~PythonEngine() {
  const GilHeld gil;
  scenarios_ = py::object();
}

/// Calls with the GIL; the objects that the function leaves are gone before it is let go.
template <class Function>
auto PythonEngine::guarded(Function function) {
  const GilHeld gil;
  try {
    return function();
  } catch (py::error_already_set& error) {
    std::string text = error.what();
    try {
      text = scenarios_.attr("told")(error.value()).template cast<std::string>();
    } catch (const py::error_already_set&) {
      text = error.what();  // the text of the error itself raises: what pybind11 says must do
    }
    throw std::runtime_error(text);
  }
}

Verdict PythonEngine::explore(const gui::Request& request, gui::Watch& watch) {
  return guarded([&] {
    const py::cpp_function progress(
        [&watch](std::uint64_t executions, std::size_t findings, double share, double) {
          gui::JobProgress so_far;
          so_far.executions = executions;
          so_far.findings = findings;
          so_far.share_done = share;
          if (share > 0 && share < 1) so_far.estimate = static_cast<double>(executions) / share;
          watch.report(so_far);
        });
    return scenarios_
        .attr("explore")(request.name, to_string(request.variant), limits_of(request), progress,
                         end_asked_of(watch))
        .cast<Verdict>();
  });
}

gui::LiveAnswer PythonEngine::run(const gui::Request& request, gui::Watch& watch) {
  return guarded([&]() -> gui::LiveAnswer {
    const py::object found =
        scenarios_.attr("run")(request.name, to_string(request.variant), request.repeat,
                               request.flavor, end_asked_of(watch));
    gui::LiveAnswer answer;
    if (found.is_none()) return answer;
    const py::tuple parts = found;
    answer.trace = trace_in(parts[0]);
    answer.findings = parts[1].cast<std::vector<Finding>>();
    answer.repetitions = parts[2].cast<std::uint64_t>();
    answer.numbers = parts[3].cast<std::vector<std::string>>();
    return answer;
  });
}

TraceStore PythonEngine::replay(const gui::Request& request, const std::string& schedule,
                                const gui::Metadata& metadata) {
  return guarded([&] {
    return *trace_in(
        scenarios_.attr("replay")(request.name, to_string(request.variant), schedule, metadata));
  });
}

Standpoint PythonEngine::step(const gui::Request& request, const std::string& schedule,
                              std::optional<ActorId> next) {
  return guarded([&] {
    std::optional<std::int32_t> number;
    if (next) number = next->value;
    return as_standpoint(
        scenarios_.attr("step")(request.name, to_string(request.variant), schedule, number)
            .cast<py::dict>());
  });
}

/// "mine.py:12", or nothing.
Place PythonEngine::as_place(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return {};
  const int line = std::atoi(text.c_str() + colon + 1);
  return {kept(text.substr(0, colon)), "", static_cast<std::uint32_t>(std::max(line, 0))};
}

const char* PythonEngine::kept(const std::string& text) {
  const std::lock_guard guard(mutex_);
  return texts_.insert(text).first->c_str();
}

Standpoint PythonEngine::as_standpoint(const py::dict& record) {
  Standpoint standpoint;
  for (const py::handle row : record["choices"]) {
    const auto choice = py::reinterpret_borrow<py::tuple>(row);
    NextOperation next;
    next.id = ActorId{choice[0].cast<std::int32_t>()};
    next.actor = choice[1].cast<std::string>();
    next.operation = choice[2].cast<std::string>();
    next.place = as_place(choice[3].cast<std::string>());
    standpoint.choices.push_back(std::move(next));
  }
  for (const auto& [actor, reason] : record["blocked"].cast<py::dict>())
    standpoint.blocked.push_back({actor.cast<std::string>(), reason.cast<std::string>()});
  standpoint.readers = record["readers"].cast<std::vector<std::string>>();
  standpoint.is_over = record["is_over"].cast<bool>();
  standpoint.schedule = record["schedule"].cast<std::string>();
  standpoint.trace = *trace_in(record["trace"]);
  standpoint.findings = record["findings"].cast<std::vector<Finding>>();
  return standpoint;
}

}  // namespace rcuscope::bindings
