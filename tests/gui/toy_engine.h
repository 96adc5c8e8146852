// SPDX-License-Identifier: LGPL-2.1-or-later
// An engine without a model: each offer behaves as its name says, so that tests decide when.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "core/sample_trace.h"
#include "session/workbench.h"

namespace rcuscope::gui::test {

class ToyEngine final : public Engine {
 public:
  ToyEngine() {
    add("fine", "First theme", "SAFE");
    add("broken", "First theme", "use_after_free");
    add("endless", "Second theme", "SAFE");  // until it is cancelled
    add("stuck", "Second theme", "SAFE");    // until `lets_go`
    add("wrong", "Second theme", "SAFE");    // throws
  }

  const std::vector<Offer>& offers() const override { return offers_; }
  bool has_live() const override { return true; }

  Verdict explore(const Request& request, Watch& watch) override {
    ++explored_count;
    Verdict verdict;
    verdict.executions = 7;
    verdict.outcome = Outcome::safe;
    if (request.name == "wrong") throw std::runtime_error("the body raised ValueError");
    if (request.name == "broken") {
      verdict.outcome = Outcome::unsafe;
      verdict.findings.push_back(finding());
    }
    JobProgress progress;
    progress.executions = 3;
    progress.estimate = 1200;
    while (request.name == "endless" && watch.report(progress)) nap();
    while (request.name == "stuck" && !lets_go) nap();
    if (watch.must_end()) {
      verdict.outcome = Outcome::unknown;
      verdict.limit = "interrupted";
    }
    return verdict;
  }

  LiveAnswer run(const Request&, Watch&) override {
    LiveAnswer answer;
    answer.repetitions = 3;
    answer.findings.push_back(finding());
    answer.findings.back().schedule.clear();
    answer.numbers = {"3 repetitions"};
    answer.trace = std::make_shared<TraceStore>(sample::use_after_free_trace(Clock::nanoseconds));
    return answer;
  }

  TraceStore replay(const Request&, const std::string&, const Metadata&) override {
    return sample::use_after_free_trace(Clock::steps);
  }

  /// "fine" stands in the middle of its story, whoever is chosen; the others cannot be stepped.
  Standpoint step(const Request& request, const std::string&, std::optional<ActorId>) override {
    if (request.name != "fine") throw std::runtime_error("nothing to step");
    Standpoint at;
    at.trace = sample::safe_trace(Clock::steps);
    at.choices = {{ActorId{3},
                   "event queue ISR",
                   "rcu_dereference of group 7 devices",
                   {"drivers/iommu/iommu.c", "", 42}},
                  {ActorId{2},
                   "bus_iommu_probe",
                   "mutex_unlock of group 7 mutex",
                   {"drivers/iommu/iommu.c", "", 706}}};
    at.blocked = {{"iommu_group_remove_device",
                   "'iommu_group_remove_device' waits for the grace period that 'event queue ISR' "
                   "holds up"}};
    at.readers = {"event queue ISR"};
    at.schedule = "s1:3x2,2x1";
    return at;
  }

  std::atomic<bool> lets_go{false};
  std::atomic<int> explored_count{0};

 private:
  static void nap() { std::this_thread::sleep_for(std::chrono::milliseconds(2)); }

  static Finding finding() {
    Finding found;
    found.kind = FindingKind::use_after_free;
    found.message = "BUG: KASAN: slab-use-after-free";
    found.explanation = "The reader reads what was freed.";
    found.schedule = "s1:1x2";
    found.actor = "reader";
    return found;
  }

  void add(const char* name, const char* theme, const char* expect) {
    Offer offer;
    offer.name = name;
    offer.title = std::string("Title of ") + name;
    offer.question = std::string("Is it ") + name + "?";
    offer.expect = expect;
    offer.theme = theme;
    offers_.push_back(offer);
  }

  std::vector<Offer> offers_;
};

/// Takes in until no job is under way. Return: whether that happened in time.
inline bool settle(Workbench& workbench, double seconds_max = 30) {
  const auto start = std::chrono::steady_clock::now();
  for (workbench.take_in(); workbench.is_busy(); workbench.take_in()) {
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
    if (passed.count() > seconds_max) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

/// By name.
inline void choose(Workbench& workbench, std::string_view name) {
  for (std::size_t i = 0; i < workbench.offers().size(); ++i)
    if (workbench.offers()[i].name == name) return workbench.choose(i);
  throw std::runtime_error("no offer " + std::string(name));
}

}  // namespace rcuscope::gui::test
