// SPDX-License-Identifier: LGPL-2.1-or-later
// Source-DPOR: one execution for each order of dependent operations, found by reversing races.
// Follows: Abdulla et al. (JACM 2017), algorithm Source-DPOR. Deviates where an execution ended
// early by a fatal finding or a limit: races with what it never ran are unknown, so every choice on
// its way is tried.
#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "base/assert.h"
#include "base/error.h"
#include "explore/choice_stack.h"
#include "explore/happens_before.h"
#include "explore/reference_budget.h"
#include "explore/rule.h"
#include "explore/strategy.h"

namespace rcuscope {
namespace {

bool is_change(OperationKind kind) {
  return kind == OperationKind::write || kind == OperationKind::read_modify_write ||
         kind == OperationKind::refcount_get || kind == OperationKind::refcount_put;
}

bool is_access(OperationKind kind) {
  return is_change(kind) || kind == OperationKind::read || kind == OperationKind::refcount_read;
}

/// Operations that wait for others. Where one is published inside a section, lazy readers would
/// lose deadlocks: the simulation that justifies them does not preserve blocking.
bool may_block(OperationKind kind) {
  switch (kind) {
    case OperationKind::mutex_lock:
    case OperationKind::spin_lock:
    case OperationKind::wait_for_completion:
    case OperationKind::relax:
    case OperationKind::grace_period_start:
    case OperationKind::grace_period_end:
    case OperationKind::barrier_start:
    case OperationKind::barrier_end:
    case OperationKind::wait_for_work_start:
    case OperationKind::wait_for_work_end:
      return true;
    default:
      return false;
  }
}

class Dpor final : public TreeSearch {
 public:
  Dpor(bool lazy_readers, OrderedCounts ordered_counts)
      : ordered_counts_(std::move(ordered_counts)) {
    set_lazy_readers(lazy_readers);
  }

  bool begin_execution() override {
    stack_.rewind();
    has_caught_up_ = false;
    has_restarted_ = false;
    return !is_exhausted_;
  }
  bool has_restarted() const override { return has_restarted_; }
  std::uint64_t infeasible_plans() const override { return infeasible_plans_; }

  KnownBeginning known_beginning() const override { return {latest_run_, kept_steps_}; }

  ActorId choose(const Execution& execution, std::span<const ActorId> enabled) override {
    catch_up(execution);
    if (lazy_readers_ && goes_on_into_section(execution, enabled)) {
      stack_index_of_choice_.push_back(merged);
      const ActorId reader = execution.current();
      stack_.at(stack_.depth() - 1).remember_merged(execution.actor(reader).pending);
      return reader;
    }
    const std::size_t depth = stack_.depth();
    const ActorId chosen = decide(execution, enabled);
    if (chosen.is_valid()) stack_index_of_choice_.push_back(depth);
    return chosen;
  }

  ActorId known_choice(const Execution& execution) override {
    if (!has_caught_up_) return {};  // choose() looks at everybody
    // What a section does first is decided by choose().
    if (!execution.log().empty() && execution.log().back().opens_section) return {};
    const std::size_t depth = stack_.depth();
    const ActorId known = stack_.follow_known(execution);
    if (known.is_valid()) stack_index_of_choice_.push_back(depth);
    return known;
  }

  void end_execution(const Execution& execution, ExecutionEnd end) override {
    catch_up(execution);
    latest_run_ = execution.run_number();
    stack_.throw_if_nondeterministic();
    // The search is over, and ordering a very long execution would take long.
    if (end == ExecutionEnd::interrupted || end == ExecutionEnd::step_limit) return;
    const std::size_t known_steps = std::min(kept_steps_, execution.log().size());
    const bool is_too_lazy =
        lazy_readers_ && holds(Rule::lazy_guard) && needs_eager_readers(execution, known_steps);
    const bool was_count_out_of_order = ordered_counts_.add_from(execution, known_steps);
    if (is_too_lazy || was_count_out_of_order) return restart(lazy_readers_ && !is_too_lazy);
    races_.clear();
    append_events(execution);
    if (is_order_known(end)) {
      order_.append_phantom_races(execution, races_);
      for (const Race& race : races_) plan(race);
    } else {
      stack_.plan_everything();
    }
    backtrack();
  }

  /// "lazy 128 4096": readers, then the counts to be kept in order.
  std::string mode() const override {
    std::string text = lazy_readers_ ? "lazy" : "eager";
    for (const std::uint64_t offset : ordered_counts_.offsets())
      text += ' ' + std::to_string(offset);
    return text;
  }
  void load(const WorkUnit& unit) override {
    stack_.load(unit);
    order_.truncate(0);
    kept_steps_ = 0;
    first_new_choice_ = unit.levels.empty() ? 0 : unit.levels.size() - 1;
  }

 private:
  static constexpr std::size_t merged = static_cast<std::size_t>(-1);

  /// Of a beginning that was known, the choices were made without asking.
  void catch_up(const Execution& execution) {
    if (std::exchange(has_caught_up_, true)) return;
    stack_index_of_choice_.resize(execution.choices().size());
    std::size_t depth = 0;
    for (const std::size_t index : stack_index_of_choice_)
      if (index != merged) depth = index + 1;
    stack_.skip_to(depth);
  }

  ActorId decide(const Execution& execution, std::span<const ActorId> enabled) {
    if (stack_.is_replaying()) return stack_.follow(execution, enabled);
    ChoicePoint& point = stack_.push(execution, enabled);
    const std::size_t first = point.first_awake(execution.current());
    if (first == point.enabled.size()) {
      stack_.pop();  // all that can follow has been explored: nothing to come back to
      return {};
    }
    point.plan(first);
    return stack_.take();
  }

  /// False if the execution was cut short: races with what it never ran are unknown.
  static bool is_order_known(ExecutionEnd end) {
    return end == ExecutionEnd::complete || end == ExecutionEnd::redundant;
  }

  void set_lazy_readers(bool lazy) {
    lazy_readers_ = lazy;
    stack_.set_lazy_readers(lazy);
    order_.set_commuting({lazy, &ordered_counts_});
  }

  /// The running actor has just opened a section: what it does next belongs to the same event.
  static bool goes_on_into_section(const Execution& execution, std::span<const ActorId> enabled) {
    if (execution.log().empty() || !execution.current().is_valid()) return false;
    const StepRecord& last = execution.log().back();
    return last.actor == execution.current() && last.opens_section && last.domain == 0 &&
           is_lazy_opening(last.operation) && last.choice != StepRecord::no_choice &&
           (!holds(Rule::merge_does_not_block) ||
            !may_block(execution.actor(last.actor).pending.kind)) &&
           std::find(enabled.begin(), enabled.end(), last.actor) != enabled.end();
  }

  /// True if somebody may block inside a section or never leaves it, which are findings of their
  /// own, a loop that waits or an interrupt that spins on a lock, or if somebody polls grace
  /// periods: then it matters when a callback starts, not only what it does first. `known_steps`:
  /// of the log, that an execution began with of which this was false.
  bool needs_eager_readers(const Execution& execution, std::size_t known_steps) {
    const auto is_special = [&execution](ActorId id, OperationKind kind) {
      const ModelActor& actor = execution.actor(id);
      const bool is_interrupt = actor.spec.kind != ActorKind::process && actor.shares_cpu();
      return (is_interrupt && kind == OperationKind::spin_lock) ||
             kind == OperationKind::poll_state || kind == OperationKind::relax;
    };
    const auto is_special_step = [&](const StepRecord& step) {
      return is_special(step.actor, step.operation.kind);
    };
    // Who waits in a loop to the end never takes the step.
    for (std::size_t a = 1; a < execution.actor_count(); ++a) {
      const ActorId id{static_cast<std::int32_t>(a)};
      if (is_special(id, execution.actor(id).pending.kind)) return true;
    }
    const auto blocks = [](const Finding& finding) {
      return finding.kind == FindingKind::sleeping_in_atomic ||
             finding.kind == FindingKind::suspicious_rcu_usage ||
             finding.kind == FindingKind::lock_imbalance || finding.kind == FindingKind::stall;
    };
    const std::span<const StepRecord> new_steps = execution.log().subspan(known_steps);
    return std::any_of(execution.findings().begin(), execution.findings().end(), blocks) ||
           std::any_of(new_steps.begin(), new_steps.end(), is_special_step) ||
           is_ordered_by_grace_period(execution, known_steps);
  }

  /// True if somebody who was a reader and somebody behind a grace period access one location. A
  /// section that opens after the start of the grace period leaves the two without order; weak
  /// memory may tell, and the states of sequential consistency do not.
  bool is_ordered_by_grace_period(const Execution& execution, std::size_t known_steps) {
    const std::span<const StepRecord> log = execution.log();
    find_readers(execution, known_steps);
    if (first_behind_ == EventSet::none) return false;
    const ActorSet readers = readers_until_.back();
    if (readers.none()) return false;
    const bool are_readers_known = known_steps > 0 && readers_until_[known_steps - 1] == readers;
    std::size_t later = are_readers_known ? std::max(first_behind_, known_steps) : first_behind_;
    for (; later < log.size(); ++later) {
      if (!is_access(log[later].operation.kind)) continue;
      for (std::size_t earlier = 0; earlier < later; ++earlier)
        if (log[earlier].operation.address == log[later].operation.address &&
            log[earlier].actor != log[later].actor && is_access(log[earlier].operation.kind) &&
            readers[static_cast<std::size_t>(log[earlier].actor.value)] &&
            (is_change(log[earlier].operation.kind) || is_change(log[later].operation.kind)))
          return true;
    }
    return false;
  }

  /// Of each step who has been a reader until then, and the first step behind a grace period. Those
  /// of the known steps stay.
  void find_readers(const Execution& execution, std::size_t known_steps) {
    const std::span<const StepRecord> log = execution.log();
    if (first_behind_ != EventSet::none && first_behind_ >= known_steps)
      first_behind_ = EventSet::none;
    RCUSCOPE_ASSERT(readers_until_.size() >= known_steps, readers_until_.size(), known_steps);
    readers_until_.resize(known_steps);
    for (std::size_t i = known_steps; i < log.size(); ++i) {
      readers_until_.push_back(i > 0 ? readers_until_[i - 1] : ActorSet{});
      if (log[i].opens_section) readers_until_[i].set(static_cast<std::size_t>(log[i].actor.value));
      const bool is_behind = log[i].operation.kind == OperationKind::grace_period_end ||
                             (log[i].operation.kind == OperationKind::actor_start &&
                              execution.actor(log[i].actor).grace_period >= 0);
      if (is_behind && first_behind_ == EventSet::none) first_behind_ = i;
    }
  }

  /// What was taken for commuting does not commute: begins anew, and knows that from the start.
  void restart(bool lazy_readers) {
    set_lazy_readers(lazy_readers);
    stack_.clear();
    order_.truncate(0);
    kept_steps_ = 0;
    has_restarted_ = true;
  }

  void append_events(const Execution& execution) {
    const std::span<const StepRecord> log = execution.log();
    order_.truncate(kept_steps_);
    for (std::size_t i = order_.size(); i < log.size(); ++i) {
      const std::size_t choice = log[i].choice >= 0 ? stack_index_of(log[i]) : merged - 1;
      order_.append(log[i], choice == merged, execution, races_);
      // What comes before the first new choice of a unit was studied by whom it comes from.
      if (choice == first_new_choice_) first_new_choice_ = 0;
      if (first_new_choice_ > 0) races_.clear();
    }
  }

  std::size_t stack_index_of(const StepRecord& step) const {
    return stack_index_of_choice_[static_cast<std::size_t>(step.choice)];
  }

  /// Sees to it that the other order of a race is explored from the choice of its first event on.
  void plan(const Race& race) {
    const StepRecord& first_step = order_.step(order_.decided_at(race.first));
    RCUSCOPE_ASSERT(first_step.choice >= 0);
    const std::size_t choice = stack_index_of(first_step);
    if (!order_.initials(race, stack_.at(choice).settled(), initials_)) return;
    if (stack_.plan_one_of(choice, initials_)) return;
    // A work item whose grace period was not over when it was cancelled has no other order here.
    if (race.is_of_cancelled_work) return;
    ++infeasible_plans_;
  }

  void backtrack() {
    is_exhausted_ = !stack_.backtrack();
    kept_steps_ = is_exhausted_ ? 0 : first_step_of(stack_.size() - 1);
  }

  /// Index of the event that a choice led to: everything before it stays as it is.
  std::size_t first_step_of(std::size_t choice) const {
    for (std::size_t i = order_.size(); i-- > 0;)
      if (order_.step(i).choice >= 0 && stack_index_of(order_.step(i)) == choice) return i;
    return 0;
  }

  OrderedCounts ordered_counts_;
  HappensBefore order_;
  std::size_t kept_steps_ = 0;    ///< What the next execution begins with, as the latest one did.
  std::uint64_t latest_run_ = 0;  ///< Its number.
  bool has_caught_up_ = false;    ///< With what this execution began with.
  std::size_t first_new_choice_ = 0;  ///< Of a unit that has not run yet; 0: all is new.
  /// Of each choice of this execution: its place in stack_, or `merged` with the one before.
  std::vector<std::size_t> stack_index_of_choice_;
  std::vector<ActorSet> readers_until_;  ///< See find_readers(); likewise the next one.
  std::size_t first_behind_ = EventSet::none;
  std::vector<Race> races_;
  std::vector<ActorId> initials_;
  std::uint64_t infeasible_plans_ = 0;
  bool lazy_readers_ = false;
  bool has_restarted_ = false;
};

}  // namespace

std::unique_ptr<TreeSearch> make_dpor_search(const std::string& mode) {
  std::string_view rest = mode;
  const auto next_word = [&rest] {
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(word.size());
    return word;
  };
  const std::string_view readers = next_word();
  OrderedCounts ordered_counts;
  bool has_only_offsets = true;
  for (std::string_view word = next_word(); !word.empty(); word = next_word()) {
    std::uint64_t offset = 0;
    const char* const end = word.data() + word.size();
    const auto [stop, error] = std::from_chars(word.data(), end, offset);
    has_only_offsets &= stop == end && error == std::errc{};
    ordered_counts.insert_offset(offset);
  }
  if ((readers != "lazy" && readers != "eager") || !has_only_offsets)
    throw UsageError("work unit: '" + mode +
                     "' is no mode of a search; expected lazy or eager, then the offsets of "
                     "reference counts");
  return std::make_unique<Dpor>(readers == "lazy", std::move(ordered_counts));
}

}  // namespace rcuscope
