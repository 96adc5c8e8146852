// SPDX-License-Identifier: LGPL-2.1-or-later
// From a scenario to a program of the model world.
#include "scenario/run.h"

namespace rcuscope {

Program make_program(ModelBody body, const Variant& variant, const IommuConfig& config) {
  return [body = std::move(body), variant, config](Execution& execution) {
    Kernel<Model> kernel(Model(execution), variant, config);
    kernel.run(body);
  };
}

Program make_program(const Scenario& scenario, const std::optional<Variant>& variant) {
  return make_program(scenario.model, variant.value_or(scenario.variant), scenario.config);
}

std::map<std::string, std::string> describe_scenario(const Scenario& scenario,
                                                     const std::optional<Variant>& variant) {
  return {{"scenario", scenario.name},
          {"title", scenario.title},
          {"variant", to_string(variant.value_or(scenario.variant))}};
}

}  // namespace rcuscope
