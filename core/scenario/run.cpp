// SPDX-License-Identifier: LGPL-2.1-or-later
// From a scenario to a program of the model world.
#include "scenario/run.h"

#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "explore/explain.h"

namespace rcuscope {

Program make_program(ModelBody body, const Variant& variant, const IommuConfig& config) {
  return [body = std::move(body), variant, config](Execution& execution) {
    Kernel<Model> kernel(Model(execution), variant, config);
    kernel.run(body);
  };
}

Program make_replaceable_program(ReplaceableModelBody body, const Variant& variant,
                                 const IommuConfig& config) {
  return [body = std::move(body), variant, config](Execution& execution) {
    ReplaceableKernel<Model> kernel(Model(execution), variant, config);
    kernel.run(body);
  };
}

namespace {

/// A kernel whose body runs in set-up.
class KernelAfterSetup final : public AfterSetup {
 public:
  KernelAfterSetup(Execution& execution, const Variant& variant, const IommuConfig& config)
      : kernel_(Model(execution), variant, config) {}

  Kernel<Model>& kernel() { return kernel_; }
  void run() override { kernel_.run_after_setup(); }
  void save(std::size_t level) override {
    saved_.erase(saved_.begin() + static_cast<std::ptrdiff_t>(level), saved_.end());
    saved_.push_back({kernel_.at_end_count(), kernel_.iommu.memory()});
  }
  void restore(std::size_t level) override {
    kernel_.forget_at_end_from(saved_[level].at_end_count);
    kernel_.iommu.restore(saved_[level].memory);
  }

 private:
  struct Saved {
    std::size_t at_end_count = 0;
    Iommu<Model>::Memory memory;
  };

  Kernel<Model> kernel_;
  std::vector<Saved> saved_;  // by level
};

}  // namespace

Program make_program(const Scenario& scenario, const std::optional<Variant>& variant,
                     const std::optional<IommuConfig>& config) {
  return [body = scenario.model, variant = variant.value_or(scenario.variant),
          config = config.value_or(scenario.config)](Execution& execution) {
    body(execution.make_after_setup<KernelAfterSetup>(execution, variant, config).kernel());
    execution.go_back_to_here();
  };
}

std::map<std::string, std::string> describe_scenario(const Scenario& scenario,
                                                     const std::optional<Variant>& variant) {
  return {{"scenario", scenario.name},
          {"title", scenario.title},
          {"variant", to_string(variant.value_or(scenario.variant))}};
}

#if RCUSCOPE_LIVE
namespace {

/// Findings that the run itself had nothing to say about: by its events, if it recorded all.
void explain_findings(LiveResult& result, TraceLevel level) {
  for (Finding& finding : result.findings) {
    if (!finding.explanation.empty()) continue;
    if (level == TraceLevel::full) finding.explanation = explain_live(finding, result.trace);
    if (!finding.explanation.empty()) continue;
    finding.explanation = "'" + finding.actor + "' met this live, at " + finding.place +
                          "; what had led to it was not recorded" +
                          (level == TraceLevel::full ? "." : ": trace=\"full\" would.");
  }
}

/// The trace says of itself what its first finding is.
void name_trace(LiveResult& result) {
  if (result.findings.empty()) return;
  const Finding& first = result.findings.front();
  TraceNames names = result.trace.names();
  names.metadata["finding"] = describe(first.kind).name;
  names.metadata["message"] = first.message;
  names.metadata["explanation"] = first.explanation;
  result.trace = TraceStore(result.trace.clock(), result.trace.columns(), std::move(names),
                            result.trace.events_lost_count());
}

/// Calls one_life(world) for each repetition.
LiveResult repeat_live(const std::function<void(Live)>& one_life, const Variant& variant,
                       const LiveRunOptions& options, const LiveHooks& hooks,
                       const std::function<bool()>& poll) {
  if (options.repeat && options.seconds)
    throw UsageError("repeat=" + std::to_string(*options.repeat) +
                     " and seconds=" + std::to_string(*options.seconds) + ": give one of them");
  check_variant(variant);
  LiveRun run(options.live, hooks);
  if (options.sink != nullptr) run.record_to(options.sink);
  const auto start = std::chrono::steady_clock::now();
  for (std::uint64_t repetition = 0;; ++repetition) {
    if (options.repeat && repetition >= *options.repeat) break;
    if (!options.repeat && !options.seconds && repetition == 1) break;
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    if (options.seconds && repetition > 0 && elapsed.count() >= *options.seconds) break;
    const LiveOutcome outcome = run.run_once(one_life, poll);
    // A short repetition ends before its supervisor polls for the first time. Nobody waits for the
    // trace of a run that was cancelled, and putting a long one together takes its time.
    if (outcome.was_cancelled || (poll && poll())) return {};
    if (outcome.stood_still) break;
  }
  LiveResult result = run.result();
  explain_findings(result, options.live.trace);
  name_trace(result);
  return result;
}

/// From the kernel's making to the end of its teardown.
template <class LiveKernel>
std::function<void(Live)> life_of(const typename LiveKernel::Body& body, const Variant& variant,
                                  const IommuConfig& config) {
  return [body, variant, config](Live world) {
    std::make_shared<LiveKernel>(world, variant, config)->run(body);
  };
}

}  // namespace

LiveResult run_live(const Kernel<Live>::Body& body, const Variant& variant,
                    const IommuConfig& config, const LiveRunOptions& options,
                    const LiveHooks& hooks, const std::function<bool()>& poll) {
  return repeat_live(life_of<Kernel<Live>>(body, variant, config), variant, options, hooks, poll);
}

LiveResult run_live_replaceable(const ReplaceableKernel<Live>::Body& body, const Variant& variant,
                                const IommuConfig& config, const LiveRunOptions& options,
                                const LiveHooks& hooks, const std::function<bool()>& poll) {
  return repeat_live(life_of<ReplaceableKernel<Live>>(body, variant, config), variant, options,
                     hooks, poll);
}
#endif

}  // namespace rcuscope
