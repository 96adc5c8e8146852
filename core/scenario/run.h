// SPDX-License-Identifier: LGPL-2.1-or-later
// Running a scenario: as a program of the model world, or live.
#pragma once

#include <optional>

#include "explore/explorer.h"
#include "scenario/scenario.h"

namespace rcuscope {

/// The model program of a scenario body under a variant. The body is copied.
/// Throws when it runs: UsageError if the variant contradicts itself.
Program make_program(ModelBody body, const Variant& variant, const IommuConfig& config = {});

/// The program of a catalogue scenario, under its own variant or another one.
Program make_program(const Scenario& scenario, const std::optional<Variant>& variant = {});

/// What a trace says about itself: scenario, title and variant, for replay().
std::map<std::string, std::string> describe_scenario(const Scenario& scenario,
                                                     const std::optional<Variant>& variant = {});

}  // namespace rcuscope
