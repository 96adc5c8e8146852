// SPDX-License-Identifier: LGPL-2.1-or-later
// ChoiceStack: the choices of the current path of a depth-first search. Executions run along the
// path again, or begin in the middle of it; the stack says what to choose until the path ends.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "explore/work_unit.h"
#include "model/execution.h"

namespace rcuscope {

/// An actor with the operation that it had published.
struct Candidate {
  Candidate(ActorId who, const Operation& what) : actor(who), operation(what) {}

  ActorId actor;
  Operation operation;
  /// With lazy readers: the operation that is executed together with the opening of a section.
  std::optional<Operation> merged;
};

struct ChoicePoint {
  std::vector<Candidate> enabled;
  /// Invariant: everything that starts with one of these here has been explored elsewhere.
  std::vector<Candidate> sleep;
  /// What is explored here, as indices into enabled, in this order; grows only at its end, so that
  /// the sleep set of each is known as soon as it is planned. Invariant: never empty.
  std::vector<std::size_t> order;
  std::size_t position = 0;  ///< Into order: what the path chooses here.
  std::size_t awake_at_start = 0;
  bool is_everything_planned = false;  ///< Here and at every choice before.

  Candidate& chosen() { return enabled[order[position]]; }
  const Candidate& chosen() const { return enabled[order[position]]; }
  bool is_asleep(ActorId actor) const;
  bool is_planned(std::size_t index) const;
  /// Actors that are asleep or planned.
  ActorSet settled() const;
  void plan(std::size_t index) { order.push_back(index); }
  /// Index into enabled, or its size.
  std::size_t index_of(ActorId actor) const;
  /// The running actor if it is awake (fewest context switches first), else the first one that is
  /// awake, else the size of enabled.
  std::size_t first_awake(ActorId running) const;
  void remember_merged(const Operation& operation) { chosen().merged = operation; }
};

class ChoiceStack {
 public:
  /// Lazy readers: see HappensBefore.
  explicit ChoiceStack(bool lazy_readers = false) : lazy_readers_(lazy_readers) {}

  /// Explores only what the unit owns: the choices before its floor belong to somebody else, who is
  /// told by requests() what to explore there.
  void load(const WorkUnit& unit);

  std::size_t size() const { return size_; }
  ChoicePoint& at(std::size_t i) { return points_[i]; }
  ChoicePoint& back() { return points_[size_ - 1]; }

  /// Starts the next execution at the first choice.
  void rewind() { depth_ = 0; }
  /// So many choices have been made as the path has them, without follow().
  void skip_to(std::size_t depth) { depth_ = depth; }
  bool is_replaying() const { return depth_ < size_ || depth_ < loaded_.size(); }
  /// Number of choices made so far in this execution.
  std::size_t depth() const { return depth_; }
  /// Return: what the path chooses here; none if the program is not deterministic.
  ActorId follow(const Execution& execution, std::span<const ActorId> enabled);
  /// The same with a look only at those who have run, and published something new, since the last
  /// choice. Return: none if follow() has to look at everybody, since something differs.
  ActorId follow_known(const Execution& execution);
  /// A new choice point at the end of the path; sleepers of the one before stay asleep there until
  /// something that depends on their operation happens.
  ChoicePoint& push(const Execution& execution, std::span<const ActorId> enabled);
  void pop() { --size_; }
  void clear();
  void set_lazy_readers(bool lazy) { lazy_readers_ = lazy; }
  void set_use_sleep_sets(bool use) { use_sleep_sets_ = use; }
  /// Makes the choice at the last point, whose order has been filled.
  ActorId take();
  /// Sees to it that one of the actors is explored at a choice. Return: false if none is enabled.
  bool plan_one_of(std::size_t point, std::span<const ActorId> actors);
  void plan_everything();
  /// Goes on to the last choice where something is left to explore. Return: false if there is none.
  bool backtrack();

  /// What has to be explored at choices before the floor, in the order in which it was asked for.
  const std::vector<PlanRequest>& requests() const { return requests_; }
  /// The choices from the floor on, the last of which has not been executed yet.
  std::vector<Level> unexplored(const Execution& execution) const;
  /// What was executed together with the last choice of the loaded unit; empty if nothing was.
  std::string merged_at_root(const Execution& execution) const;

  /// Throws: NondeterminismError that names actor, choice, expected and actual operation.
  void throw_if_nondeterministic() const;
  /// Share of the search that is done, 0 to 1.
  double progress() const;

 private:
  ActorId load_next(const Execution& execution, std::span<const ActorId> enabled);
  void request(std::size_t point, std::vector<ActorId> actors);

  std::vector<ChoicePoint>
      points_;  ///< The first size_ are the path; the rest is kept for its memory.
  std::size_t size_ = 0;
  std::size_t depth_ = 0;
  std::size_t floor_ = 0;             ///< Choices before it belong to somebody else.
  bool root_is_above_floor_ = false;  ///< The unit owns none of its levels.
  std::vector<Level> loaded_;         ///< Of a unit that has not run yet.
  std::vector<PlanRequest> requests_;
  std::set<PlanRequest> known_requests_;  ///< The same: a second one would change nothing.
  bool lazy_readers_;
  bool use_sleep_sets_ = true;
  std::string difference_;  ///< Why the program is not deterministic; empty = it is, so far.
};

}  // namespace rcuscope
