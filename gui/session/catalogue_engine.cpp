// SPDX-License-Identifier: LGPL-2.1-or-later
// The engine of the C++ core: its scenarios run on fibers of the job's thread.
#include <utility>

#include "base/error.h"
#include "model/runner.h"
#include "scenario/catalogue.h"
#include "scenario/run.h"
#include "session/engine.h"
#include "session/words.h"

namespace rcuscope::gui {
namespace {

Offer offer_of(const Scenario& scenario) {
  Offer offer;
  offer.name = scenario.name;
  offer.title = scenario.title;
  offer.question = scenario.question;
  offer.expect = scenario.expect;
  offer.also = scenario.also;
  offer.reason = scenario.reason;
  offer.explanation = scenario.explanation;
  offer.fact = scenario.fact;
  offer.theme = scenario.theme;
  offer.variant = scenario.variant;
  return offer;
}

ExploreOptions options_of(const Request& request, const Scenario& scenario) {
  ExploreOptions options;
  options.preemption_bound = request.preemption_bound;
  options.max_executions = request.max_executions;
  options.max_seconds = request.max_seconds;
  options.checks = scenario.checks;
  return options;
}

class CatalogueEngine final : public Engine {
 public:
  CatalogueEngine() {
    for (const Scenario& scenario : catalogue()) offers_.push_back(offer_of(scenario));
  }

  const std::vector<Offer>& offers() const override { return offers_; }
  bool has_live() const override { return RCUSCOPE_LIVE != 0; }

  Verdict explore(const Request& request, Watch& watch) override {
    const Scenario& scenario = find_scenario(request.name);
    ExploreOptions options = options_of(request, scenario);
    options.progress = [&watch](const Progress& progress) {
      JobProgress so_far;
      so_far.executions = progress.so_far.executions;
      so_far.estimate = progress.so_far.estimate;
      so_far.findings = progress.so_far.findings.size();
      so_far.share_done = progress.share_done;
      return watch.report(so_far);
    };
    return rcuscope::explore(make_program(scenario, request.variant), *make_fiber_runner(),
                             options);
  }

  LiveAnswer run(const Request& request, Watch& watch) override;

  TraceStore replay(const Request& request, const std::string& schedule,
                    const Metadata& metadata) override {
    const Scenario& scenario = find_scenario(request.name);
    Metadata about = describe_scenario(scenario, request.variant);
    about.insert(metadata.begin(), metadata.end());
    return rcuscope::replay(make_program(scenario, request.variant), *make_fiber_runner(), schedule,
                            options_of(request, scenario), about)
        .trace;
  }

  Standpoint step(const Request& request, const std::string& schedule,
                  std::optional<ActorId> next) override {
    const Scenario& scenario = find_scenario(request.name);
    return step_along(make_program(scenario, request.variant), *make_fiber_runner(), schedule, next,
                      options_of(request, scenario), describe_scenario(scenario, request.variant));
  }

 private:
  std::vector<Offer> offers_;
};

#if RCUSCOPE_LIVE

LiveNumbers numbers_of(const LiveStatistics& statistics) {
  LiveNumbers numbers;
  numbers.repetitions = statistics.repetition_count;
  numbers.grace_periods = statistics.grace_period.count;
  numbers.p50 = statistics.grace_period.p50;
  numbers.p99 = statistics.grace_period.p99;
  numbers.max = statistics.grace_period.max;
  numbers.sections = statistics.section_count;
  numbers.events_lost = statistics.events_lost_count;
  return numbers;
}

LiveAnswer CatalogueEngine::run(const Request& request, Watch& watch) {
  const Scenario& scenario = find_scenario(request.name);
  LiveRunOptions options;
  options.live.flavor = request.flavor;
  options.repeat = request.repeat;
  LiveResult result = run_live(scenario.live, request.variant, scenario.config, options, {},
                               [&watch] { return watch.must_end(); });
  if (watch.must_end()) return {};
  TraceNames names = result.trace.names();
  for (const auto& [key, value] : describe_scenario(scenario, request.variant))
    names.metadata[key] = value;
  LiveAnswer answer;
  answer.repetitions = result.statistics.repetition_count;
  answer.numbers = words_of(numbers_of(result.statistics));
  answer.findings = std::move(result.findings);
  answer.trace = std::make_shared<TraceStore>(result.trace.clock(), result.trace.columns(),
                                              std::move(names), result.trace.events_lost_count());
  return answer;
}

#else

LiveAnswer CatalogueEngine::run(const Request&, Watch&) {
  throw UsageError("built without liburcu: there is no live world; choose the model world");
}

#endif

}  // namespace

std::shared_ptr<Engine> make_catalogue_engine() { return std::make_shared<CatalogueEngine>(); }

}  // namespace rcuscope::gui
