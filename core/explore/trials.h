// SPDX-License-Identifier: LGPL-2.1-or-later
// Trials: executions along made-up schedules, to see whether a known finding shows there, too.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <vector>

#include "explore/explorer.h"
#include "explore/search.h"

namespace rcuscope {

/// Names an actor the same in every schedule: its id if it was declared; a callback or work item by
/// who queued it, and how many that one had queued before.
using ActorKey = std::int32_t;

/// One actor runs that many operations, fewer if it cannot go on.
struct Segment {
  static constexpr std::size_t as_far_as_possible = static_cast<std::size_t>(-1);

  ActorKey actor;
  std::size_t operation_count;
};

/// The execution ends behind the last segment, or where the finding shows.
using Plan = std::vector<Segment>;

/// How long a schedule is for people: switches count first.
struct ScheduleLength {
  std::size_t context_switches = 0;
  std::size_t operations = 0;

  friend auto operator<=>(const ScheduleLength&, const ScheduleLength&) = default;
};

/// Every operation is a choice here, also a local one.
class Trials {
 public:
  /// What all trials for one finding may take together. The time is for programs whose operations
  /// take long; the others are deterministic.
  static constexpr std::uint64_t max_executions = 2'000;
  static constexpr std::uint64_t max_operations = 500'000;
  static constexpr double max_seconds = 5;

  /// `goes_on` is called at most every 50 ms; false stops. All arguments outlive this.
  Trials(const Finding& finding, const Program& program, ActorRunner& runner,
         const ExploreOptions& options, const std::function<bool()>& goes_on);

  /// Runs the finding's schedule as it is. Return: what it does, to its very end.
  Plan run_original();
  /// Return: true if the finding shows.
  bool run(const Plan& plan);
  /// True if nothing more may be tried.
  bool is_over() const;
  bool is_interrupted() const { return is_interrupted_; }
  std::uint64_t executions() const { return executions_; }

  // --- of the latest trial
  const Execution& execution() const { return checked_.execution; }
  /// Every operation up to the finding.
  Plan executed() const;
  ScheduleLength length() const;
  std::vector<ActorId> actors() const;
  /// The finding was made at the last operation: only what led there matters.
  bool shows_at_operation() const { return shows_at_operation_; }
  /// Index of the first operation of the plan's last segment.
  std::size_t start_of_last_segment() const { return start_of_last_segment_; }
  /// Who could run before operation i; i may be the number of operations.
  const ActorSet& enabled_before(std::size_t i) const { return enabled_before_[i]; }
  std::size_t choice_count() const { return enabled_before_.size(); }
  ActorKey key(ActorId actor) const { return keys_[static_cast<std::size_t>(actor.value)]; }
  const Finding& finding() const { return finding_; }

 private:
  class Original;
  class Planned;

  bool run_along(Chooser& chooser);
  const Finding* shown() const;
  void name_new_actors(const Execution& execution);
  ActorId find(ActorKey key) const;
  void note(const Execution& execution, std::span<const ActorId> enabled);

  const Finding& finding_;
  const Program& program_;
  const std::function<bool()>& goes_on_;
  CheckedExecution checked_;
  std::uint64_t executions_ = 0;
  std::uint64_t operations_ = 0;
  bool is_interrupted_ = false;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point last_look_ = start_;

  std::map<std::pair<ActorKey, int>, ActorKey> keys_of_spawned_;  // by spawner and ordinal
  std::vector<ActorKey> keys_;                                    // by id
  std::vector<int> spawn_counts_;                                 // by id
  std::vector<ActorSet> enabled_before_;
  std::size_t start_of_last_segment_ = 0;
  Step first_step_ = 0;
  bool shows_at_operation_ = false;
};

}  // namespace rcuscope
