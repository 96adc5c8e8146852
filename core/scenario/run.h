// SPDX-License-Identifier: LGPL-2.1-or-later
// Running a scenario: as a program of the model world, or live.
#pragma once

#include <optional>

#include "explore/explorer.h"
#include "scenario/scenario.h"
#if RCUSCOPE_LIVE
#include "live/run.h"
#endif

namespace rcuscope {

/// The model program of a scenario body under a variant. The body is copied, and runs in each
/// execution, as it must where it keeps state that only it knows.
/// Throws when it runs: UsageError if the variant contradicts itself.
Program make_program(ModelBody body, const Variant& variant, const IommuConfig& config = {});

/// The same with a machinery whose steps the body replaces before it sets up.
Program make_replaceable_program(ReplaceableModelBody body, const Variant& variant,
                                 const IommuConfig& config = {});

/// The program of a catalogue scenario, under its own variant and configuration or others. The body
/// runs once; what it has made on the model's heap and in the kernel is brought back for the other
/// executions. So it keeps nothing elsewhere that an actor changes, and the locals of its actors
/// own nothing while a primitive runs, or have a W::Owning before them.
Program make_program(const Scenario& scenario, const std::optional<Variant>& variant = {},
                     const std::optional<IommuConfig>& config = {});

/// What a trace says about itself: scenario, title and variant, for replay().
std::map<std::string, std::string> describe_scenario(const Scenario& scenario,
                                                     const std::optional<Variant>& variant = {});

#if RCUSCOPE_LIVE
/// How often and how to run live.
struct LiveRunOptions {
  LiveOptions live;
  std::optional<std::uint64_t>
      repeat;  ///< At most one of repeat and seconds; default one repetition.
  std::optional<double> seconds;
  std::shared_ptr<EventSink> sink;  ///< Of LiveRun::record_to(); null: none.
};

/// Runs a scenario body on real threads, one repetition after the other. `poll` is called on the
/// caller's thread at least every 50 ms; true ends the run early, without a result. Throws:
/// UsageError for contradictory options, and what the body throws.
LiveResult run_live(const Kernel<Live>::Body& body, const Variant& variant,
                    const IommuConfig& config, const LiveRunOptions& options,
                    const LiveHooks& hooks = {}, const std::function<bool()>& poll = {});
/// The same with a machinery whose steps the body replaces before it sets up.
LiveResult run_live_replaceable(const ReplaceableKernel<Live>::Body& body, const Variant& variant,
                                const IommuConfig& config, const LiveRunOptions& options,
                                const LiveHooks& hooks = {},
                                const std::function<bool()>& poll = {});
#endif

}  // namespace rcuscope
