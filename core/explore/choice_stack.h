// SPDX-License-Identifier: LGPL-2.1-or-later
// ChoiceStack: the choices of the current path of a stateless depth-first search. Executions are
// run again from the start; the stack says what to choose until the path ends.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/execution.h"

namespace rcuscope {

/// An actor with the operation that it had published.
struct Candidate {
  ActorId actor;
  Operation operation;
  /// With lazy readers: the operation that is executed together with the opening of a section.
  std::optional<Operation> merged;
};

struct ChoicePoint {
  std::vector<Candidate> enabled;
  /// Invariant: everything that starts with one of these here has been explored elsewhere.
  std::vector<Candidate> sleep;
  std::vector<bool> is_planned;  ///< By index into enabled; used by searches that do not try all.
  std::size_t chosen = 0;        ///< Index into enabled.
  std::size_t tried_count = 0;
  std::size_t awake_at_start = 0;

  bool is_asleep(ActorId actor) const;
  /// Index into enabled, or its size.
  std::size_t index_of(ActorId actor) const;
  /// The running actor if it is awake (fewest context switches first), else the first one that is
  /// awake, else the size of enabled.
  std::size_t first_awake(ActorId running) const;
  void remember_merged(const Operation& operation) { enabled[chosen].merged = operation; }
  void put_chosen_to_sleep() { sleep.push_back(enabled[chosen]); }
};

class ChoiceStack {
 public:
  /// Lazy readers: see HappensBefore.
  explicit ChoiceStack(bool lazy_readers = false) : lazy_readers_(lazy_readers) {}

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  ChoicePoint& at(std::size_t i) { return points_[i]; }
  ChoicePoint& back() { return points_[size_ - 1]; }

  /// Starts the next execution at the first choice.
  void rewind() { depth_ = 0; }
  bool is_replaying() const { return depth_ < size_; }
  /// Number of choices made so far in this execution.
  std::size_t depth() const { return depth_; }
  /// Return: what the path chooses here; none if the program is not deterministic.
  ActorId follow(const Execution& execution, std::span<const ActorId> enabled);
  /// A new choice point at the end of the path; sleepers of the one before stay asleep there until
  /// something that depends on their operation happens.
  ChoicePoint& push(const Execution& execution, std::span<const ActorId> enabled,
                    bool use_sleep_sets);
  void pop() { --size_; }
  void clear() { size_ = 0; }
  void set_lazy_readers(bool lazy) { lazy_readers_ = lazy; }
  /// Chooses at the last point, for the first time or another time.
  ActorId take(std::size_t index);
  void take_other(std::size_t index);
  void plan_everything();
  /// Throws: NondeterminismError that names actor, choice, expected and actual operation.
  void throw_if_nondeterministic() const;
  /// Share of the search that is done, 0 to 1.
  double progress() const;

 private:
  void describe_difference(const Execution& execution, ActorId actor, const Operation& before,
                           const Operation& now);

  std::vector<ChoicePoint>
      points_;  ///< The first size_ are the path; the rest is kept for its memory.
  std::size_t size_ = 0;
  std::size_t depth_ = 0;
  bool lazy_readers_;
  std::string difference_;  ///< Why the program is not deterministic; empty = it is, so far.
};

}  // namespace rcuscope
