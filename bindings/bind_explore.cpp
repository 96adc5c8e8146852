// SPDX-License-Identifier: LGPL-2.1-or-later
// core/explore for Python: verdicts and findings as plain records, options, and Ctrl-C.
#include <pybind11/stl.h>

#include <optional>
#include <utility>

#include "base/error.h"
#include "bindings.h"
#include "explore_options.h"
#include "interpreter.h"

namespace rcuscope::bindings {

namespace py = pybind11;

Attention::Attention(py::object progress, const py::dict& options)
    : progress_(std::move(progress)),
      must_end_(options.contains("must_end") ? py::object(options["must_end"]) : py::none()) {}

bool Attention::poll_signals() {
  if (is_interrupted_) return true;
  const GilHeld gil;
  if (PyErr_CheckSignals() != 0) {
    keep_error();
  } else if (!must_end_.is_none() && must_end_().cast<bool>()) {
    PyErr_SetNone(PyExc_KeyboardInterrupt);
    keep_error();
  }
  return is_interrupted_;
}

namespace {

/// With its traceback, which up to Python 3.11 travels apart until someone catches it in Python.
py::object whole_error(const py::error_already_set& error) {
  py::object value = error.value();
  if (value && error.trace()) PyException_SetTraceback(value.ptr(), error.trace().ptr());
  return value;
}

}  // namespace

void Attention::keep_error() { take(whole_error(py::error_already_set())); }

void Attention::take(py::object error) {
  if (!error) return;
  error_ = std::move(error);
  is_interrupted_ = true;
}

bool Attention::go_on(const Progress& progress) {
  if (poll_signals()) return false;
  if (progress_.is_none()) return true;
  const GilHeld gil;
  try {
    const Verdict& so_far = progress.so_far;
    progress_(so_far.executions, so_far.findings.size(), progress.share_done, so_far.seconds);
  } catch (py::error_already_set& error) {
    take(whole_error(error));
  }
  return !is_interrupted_;
}

void Attention::rethrow_other_errors() {
  if (error_ && !py::isinstance(error_, PyExc_KeyboardInterrupt)) rethrow();
}

void Attention::rethrow() {
  if (!error_) return;
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(error_.ptr())), error_.ptr());
  throw py::error_already_set();
}

namespace {

template <class T>
std::optional<T> optional_item(const py::dict& options, const char* name) {
  if (!options.contains(name) || options[name].is_none()) return {};
  return options[name].cast<T>();
}

StrategyKind strategy_named(const std::string& name) {
  if (name == "dpor") return StrategyKind::dpor;
  if (name == "exhaustive") return StrategyKind::exhaustive;
  if (name == "random") return StrategyKind::random;
  if (name == "pct") return StrategyKind::pct;
  throw UsageError("strategy='" + name + "': expected 'dpor', 'exhaustive', 'random' or 'pct'");
}

}  // namespace

ExploreOptions explore_options(const py::dict& options) {
  ExploreOptions result;
  result.strategy =
      strategy_named(optional_item<std::string>(options, "strategy").value_or("dpor"));
  result.max_executions = optional_item<std::uint64_t>(options, "max_executions");
  result.max_steps = optional_item<Step>(options, "max_steps").value_or(result.max_steps);
  result.max_seconds = optional_item<double>(options, "max_seconds");
  result.stop_on_first = optional_item<bool>(options, "stop_on_first").value_or(false);
  result.seed = optional_item<std::uint64_t>(options, "seed").value_or(0);
  result.bug_depth = optional_item<unsigned>(options, "bug_depth").value_or(result.bug_depth);
  result.preemption_bound = optional_item<unsigned>(options, "preemption_bound");
  if (optional_item<bool>(options, "strict_put_device").value_or(false))
    result.checks.put_device = PutDeviceMode::strict;
  return result;
}

IommuConfig kernel_config(const py::dict& options, IommuConfig of_scenario) {
  IommuConfig config = of_scenario;
  config.preempt_rt = optional_item<bool>(options, "preempt_rt").value_or(config.preempt_rt);
  config.debug_kobject_release =
      optional_item<bool>(options, "debug_kobject_release").value_or(config.debug_kobject_release);
  return config;
}

ExploreOptions explore_options(const py::dict& options, Attention& attention) {
  ExploreOptions result = explore_options(options);
  result.progress = [&attention](const Progress& progress) { return attention.go_on(progress); };
  return result;
}

ParallelOptions parallel_options(const py::dict& options) {
  ParallelOptions result;
  result.jobs = optional_item<std::size_t>(options, "jobs").value_or(1);
  result.checkpoint.state = optional_item<std::string>(options, "state").value_or("");
  if (const auto period = optional_item<double>(options, "save_period"))
    result.checkpoint.period_seconds = *period;
  const auto save = optional_item<py::function>(options, "save");
  if (!save) return result;
  const std::shared_ptr<py::function> function(new py::function(*save), [](py::function* last) {
    const GilHeld gil;
    delete last;
  });
  result.checkpoint.save = [function](const std::string& state) {
    const GilHeld gil;
    (*function)(py::bytes(state));
  };
  return result;
}

void bind_explore(py::module_& module) {
  py::class_<Finding>(module, "Finding", "One defect of the studied program.")
      .def_property_readonly(
          "kind", [](const Finding& finding) { return std::string(describe(finding.kind).name); })
      .def_readonly("message", &Finding::message)
      .def_readonly("kconfig", &Finding::kconfig)
      .def_readonly("explanation", &Finding::explanation)
      .def_readonly("schedule", &Finding::schedule)
      .def_readonly("actor", &Finding::actor)
      .def_readonly("place", &Finding::place)
      .def_readonly("step", &Finding::step);
  py::class_<Verdict>(module, "Verdict", "What exploring showed.")
      .def_property_readonly(
          "outcome", [](const Verdict& verdict) { return std::string(to_string(verdict.outcome)); })
      .def_readonly("exhaustive", &Verdict::is_exhaustive)
      .def_readonly("memory", &Verdict::memory)
      .def_readonly("executions", &Verdict::executions)
      .def_readonly("blocked", &Verdict::blocked)
      .def_readonly("steps", &Verdict::steps)
      .def_readonly("seconds", &Verdict::seconds)
      .def_readonly("limit", &Verdict::limit)
      .def_readonly("estimate", &Verdict::estimate)
      .def_readonly("memory_doubt", &Verdict::memory_doubt)
      .def_readonly("findings", &Verdict::findings)
      .def_readonly("executions_showing", &Verdict::executions_showing)
      .def_property_readonly("final_states",
                             [](const Verdict& verdict) {
                               return std::vector<std::string>(verdict.final_states.begin(),
                                                               verdict.final_states.end());
                             })
      .def_property_readonly("grace_periods",
                             [](const Verdict& verdict) { return verdict.cost.grace_periods; })
      .def_property_readonly("locks_held",
                             [](const Verdict& verdict) {
                               std::map<std::string, std::vector<std::string>> locks_held;
                               for (const auto& [actor, locks] : verdict.cost.locks_held)
                                 locks_held[actor].assign(locks.begin(), locks.end());
                               return locks_held;
                             })
      .def("summary", &Verdict::summary);
}

}  // namespace rcuscope::bindings
