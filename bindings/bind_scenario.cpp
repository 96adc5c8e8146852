// SPDX-License-Identifier: LGPL-2.1-or-later
// core/scenario for Python: the catalogue. Its scenarios are C++, so they run on fibers of the
// caller's thread, without the GIL.
#include <pybind11/stl.h>

#include <memory>
#include <optional>
#include <utility>

#include "bindings.h"
#include "explore_options.h"
#include "interpreter.h"
#include "model/runner.h"
#include "scenario/catalogue.h"
#include "scenario/run.h"
#include "stepping.h"
#include "unit_runner.h"

namespace rcuscope::bindings {

namespace py = pybind11;
using namespace py::literals;

namespace {

/// Actors of the catalogue: fibers of the thread that runs them.
class CatalogueWorker final : public Worker {
 public:
  explicit CatalogueWorker(Program program)
      : program_(std::move(program)), runner_(make_fiber_runner()) {}
  const Program& program() const override { return program_; }
  ActorRunner& runner() override { return *runner_; }

 private:
  Program program_;
  std::unique_ptr<ActorRunner> runner_;
};

Program program_of(const std::string& name, const std::optional<Variant>& variant,
                   const py::dict& options) {
  const Scenario& scenario = find_scenario(name);
  return make_program(scenario, variant, kernel_config(options, scenario.config));
}

/// Explores without the GIL.
Verdict explore_program(const Program& program, const ExploreOptions& options,
                        const ParallelOptions& parallel) {
  const GilReleased released;
  const std::unique_ptr<ActorRunner> runner = make_fiber_runner();
  if (!parallel.is_wanted()) return explore(program, *runner, options);
  Verdict verdict =
      explore_in_parallel([&program] { return std::make_unique<CatalogueWorker>(program); },
                          parallel.jobs, options, parallel.checkpoint);
  finish_findings(verdict, program, *runner, options);
  return verdict;
}

Verdict explore_catalogue(const std::string& name, const std::optional<Variant>& variant,
                          const py::dict& options, py::object progress) {
  Attention attention(std::move(progress), options);
  const ExploreOptions explore_with = explore_options(options, attention);
  const Program program = program_of(name, variant, options);
  Verdict verdict = explore_program(program, explore_with, parallel_options(options));
  attention.rethrow_other_errors();
  return verdict;
}

std::string run_unit_of_catalogue(const std::string& name, const std::optional<Variant>& variant,
                                  const py::dict& options, const std::string& unit,
                                  double seconds) {
  Attention attention(py::none{}, options);
  const ExploreOptions explore_with = explore_options(options, attention);
  const Program program = program_of(name, variant, options);
  std::string result;
  {
    const GilReleased released;
    const std::unique_ptr<ActorRunner> runner = make_fiber_runner();
    result = run_unit_for(unit, program, *runner, explore_with, seconds,
                          [&attention] { return attention.poll_signals(); });
  }
  attention.rethrow();
  return result;
}

/// The findings with their explanations.
Verdict explain_catalogue(const std::string& name, const std::optional<Variant>& variant,
                          const py::dict& options, Verdict verdict) {
  Attention attention(py::none{}, options);
  const ExploreOptions explore_with = explore_options(options, attention);
  const Program program = program_of(name, variant, options);
  const GilReleased released;
  finish_findings(verdict, program, *make_fiber_runner(), explore_with);
  return verdict;
}

py::tuple replay_catalogue(const std::string& name, const std::optional<Variant>& variant,
                           const std::string& schedule, const py::dict& options,
                           const Metadata& metadata) {
  Attention attention(py::none{}, options);
  const ExploreOptions explore_with = explore_options(options, attention);
  const Scenario& scenario = find_scenario(name);
  Metadata about = describe_scenario(scenario, variant);
  about.insert(metadata.begin(), metadata.end());
  const Program program = program_of(name, variant, options);
  ReplayResult result;
  {
    const GilReleased released;
    result = replay(program, *make_fiber_runner(), schedule, explore_with, about);
  }
  attention.rethrow();
  return py::make_tuple(std::make_shared<TraceStore>(std::move(result.trace)),
                        std::move(result.findings));
}

py::dict step_catalogue(const std::string& name, const std::optional<Variant>& variant,
                        const py::dict& options, const Metadata& metadata) {
  Attention attention(py::none{}, options);
  const ExploreOptions explore_with = explore_options(options, attention);
  const Program program = program_of(name, variant, options);
  const StepRequest request = step_request(options);
  Standpoint standpoint;
  {
    const GilReleased released;
    standpoint = step_along(program, *make_fiber_runner(), request.schedule, request.next,
                            explore_with, metadata);
  }
  attention.rethrow();
  return as_dict(std::move(standpoint));
}

py::list catalogue_rows() {
  py::list rows;
  for (const Scenario& scenario : catalogue()) {
    py::dict row;
    row["name"] = scenario.name;
    row["title"] = scenario.title;
    row["question"] = scenario.question;
    row["expect"] = scenario.expect;
    row["also"] = py::tuple(py::cast(scenario.also));
    row["theme"] = scenario.theme;
    row["reason"] = scenario.reason;
    row["explanation"] = scenario.explanation;
    row["fact"] = scenario.fact;
    row["variant"] = scenario.variant;
    row["config"] = py::dict(
        "put_device"_a = scenario.checks.put_device == PutDeviceMode::strict ? "strict" : "precise",
        "preempt_rt"_a = scenario.config.preempt_rt,
        "debug_kobject_release"_a = scenario.config.debug_kobject_release);
    rows.append(row);
  }
  return rows;
}

}  // namespace

void bind_scenario(py::module_& module) {
  module.def("catalogue", &catalogue_rows,
             "The named scenarios, in the order in which one tells them.");
  module.def("explore_catalogue", &explore_catalogue, "name"_a, "variant"_a, "options"_a,
             "progress"_a, "Explores a scenario of the catalogue.");
  module.def(
      "run_unit_of_catalogue",
      [](const std::string& name, const std::optional<Variant>& variant, const py::dict& options,
         const py::bytes& unit, double seconds) {
        return py::bytes(run_unit_of_catalogue(name, variant, options, unit, seconds));
      },
      "name"_a, "variant"_a, "options"_a, "unit"_a, "seconds"_a,
      "Explores a work unit for so many seconds. Returns what Division.complete takes.");
  module.def("explain_catalogue", &explain_catalogue, "name"_a, "variant"_a, "options"_a,
             "verdict"_a, "Runs the findings of a verdict again for their explanations.");
  module.def("replay_catalogue", &replay_catalogue, "name"_a, "variant"_a, "schedule"_a,
             "options"_a, "metadata"_a,
             "Runs one schedule again. Returns the trace and the findings.");
  module.def("step_catalogue", &step_catalogue, "name"_a, "variant"_a, "options"_a, "metadata"_a,
             "Runs the option \"schedule\", then \"next\". Returns where the execution stands.");
}

}  // namespace rcuscope::bindings
