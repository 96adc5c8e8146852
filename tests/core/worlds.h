// SPDX-License-Identifier: LGPL-2.1-or-later
// The list of worlds that typed tests run in, and how one body is run once in each of them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "check/checker.h"
#include "explore/strategy.h"
#include "model/model.h"
#include "trace/finding.h"
#include "trace/store.h"
#include "world/recording.h"
#if RCUSCOPE_LIVE
#include "live/run.h"
#endif

namespace rcuscope {

struct RunResult {
  std::vector<Finding> findings;
  TraceStore trace;

  bool has(FindingKind kind) const {
    return std::any_of(findings.begin(), findings.end(),
                       [kind](const Finding& finding) { return finding.kind == kind; });
  }
  /// For failure messages.
  std::string text() const {
    std::string all;
    for (const Finding& finding : findings)
      all += std::string(describe(finding.kind).name) + ": " + finding.message + "; ";
    return all.empty() ? "no findings" : all;
  }
};

/// run(body): set-up, w.run_actors() and whatever else the body does, once, in an order that lets
/// the running actor go on as long as it can.
template <World W>
struct TestWorld;

template <>
struct TestWorld<Recording> {
  static constexpr bool finds_early_free_without_reader = false;
  static RunResult run(const std::function<void(Recording)>& body) {
    RecordingLog log;
    log.run([&] { body(Recording(log)); });
    RunResult result;
    result.findings = log.findings();
    result.trace = log.build();
    return result;
  }
};

template <>
struct TestWorld<Model> {
  static constexpr bool finds_early_free_without_reader = false;
  /// Again, once it is known which loops wait.
  static RunResult run(const std::function<void(Model)>& body) {
    AwaitSites awaits;
    for (;;) {
      try {
        return run_once(body, awaits);
      } catch (const AwaitFound& found) {
        add_new_await_site(awaits, found.site);
      }
    }
  }

 private:
  static RunResult run_once(const std::function<void(Model)>& body, const AwaitSites& awaits) {
    const std::unique_ptr<ActorRunner> runner = make_fiber_runner();
    const auto checkers = make_checkers();
    Execution::Options options;
    options.awaits = awaits;
    for (const auto& checker : checkers) options.observers.push_back(checker.get());
    Execution execution(*runner, options);
    TraceBuilder builder(Clock::steps);
    Replay first_schedule({});
    execution.run([&](Execution& running) { body(Model(running)); }, first_schedule, &builder);
    RunResult result;
    result.findings = execution.findings();
    result.trace = builder.build();
    return result;
  }
};

#if RCUSCOPE_LIVE
template <>
struct TestWorld<Live> {
  static constexpr bool finds_early_free_without_reader = true;
  static RunResult run(const std::function<void(Live)>& body) {
    LiveOptions options;
    options.timeout = 1'000'000'000;  // some tests are about actors that never go on
    LiveRun live_run(options);
    live_run.run_once(body);
    LiveResult live = live_run.result();
    return {std::move(live.findings), std::move(live.trace)};
  }
};

using Worlds = ::testing::Types<Recording, Model, Live>;
#else
using Worlds = ::testing::Types<Recording, Model>;
#endif

/// "kfree group_device" ...: what `actor` did, except loads, stores, notes and its start and end.
inline std::vector<std::string> steps_of(const TraceStore& trace, const std::string& actor) {
  std::vector<std::string> steps;
  for (EventIndex i = 0; i < trace.size(); ++i) {
    const EventKind kind = trace.kind(i);
    switch (kind) {
      case EventKind::actor_start:
      case EventKind::actor_end:
      case EventKind::finding:
      case EventKind::load:
      case EventKind::store:
      case EventKind::rcu_dereference:
      case EventKind::might_sleep:
      case EventKind::grace_period_start:
      case EventKind::grace_period_end:
      case EventKind::cancel_work_end:
        continue;
      default:
        break;
    }
    if (trace.actor_name(trace.columns().actor[i]) != actor) continue;
    std::string step(describe(kind).name);
    const std::int32_t object = trace.columns().object[i];
    switch (kind) {
      case EventKind::kmalloc:
      case EventKind::kfree:
      case EventKind::kfree_rcu:
        step += ' ' + trace.names().objects[static_cast<std::size_t>(object)].type;
        break;
      case EventKind::sysfs_create_link:
      case EventKind::sysfs_remove_link:
      case EventKind::driver_call:
        step += ' ' + std::string(trace.string(trace.columns().value[i]));
        break;
      case EventKind::rcu_assign_pointer: {  // worlds put more or less before the field's name
        const std::string_view location = trace.string(trace.columns().value[i]);
        step += ' ' + std::string(location.substr(location.find_last_of(".>") + 1));
        break;
      }
      default:
        break;
    }
    steps.push_back(std::move(step));
  }
  return steps;
}

}  // namespace rcuscope
