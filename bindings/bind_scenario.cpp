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

namespace rcuscope::bindings {

namespace py = pybind11;
using namespace py::literals;

namespace {

Verdict explore_catalogue(const std::string& name, const std::optional<Variant>& variant,
                          const py::dict& options, py::object progress) {
  Attention attention(std::move(progress));
  const ExploreOptions explore_with = explore_options(options, attention);
  const Scenario& scenario = find_scenario(name);
  const Program program = make_program(scenario, variant, kernel_config(options, scenario.config));
  Verdict verdict;
  {
    const GilReleased released;
    verdict = explore(program, *make_fiber_runner(), explore_with);
  }
  attention.rethrow_other_errors();
  return verdict;
}

py::tuple replay_catalogue(const std::string& name, const std::optional<Variant>& variant,
                           const std::string& schedule, const py::dict& options,
                           const Metadata& metadata) {
  Attention attention(py::none{});
  const ExploreOptions explore_with = explore_options(options, attention);
  const Scenario& scenario = find_scenario(name);
  Metadata about = describe_scenario(scenario, variant);
  about.insert(metadata.begin(), metadata.end());
  const Program program = make_program(scenario, variant, kernel_config(options, scenario.config));
  ReplayResult result;
  {
    const GilReleased released;
    result = replay(program, *make_fiber_runner(), schedule, explore_with, about);
  }
  attention.rethrow();
  return py::make_tuple(std::make_shared<TraceStore>(std::move(result.trace)),
                        std::move(result.findings));
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
  module.def("replay_catalogue", &replay_catalogue, "name"_a, "variant"_a, "schedule"_a,
             "options"_a, "metadata"_a,
             "Runs one schedule again. Returns the trace and the findings.");
}

}  // namespace rcuscope::bindings
