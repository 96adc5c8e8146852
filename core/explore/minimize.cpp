// SPDX-License-Identifier: LGPL-2.1-or-later
// Causal cone, linear extension with the fewest switches, delta debugging, and a search among the
// schedules with fewer switches. Every candidate is executed; the order of events only suggests it.
#include "explore/minimize.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "explore/few_switches.h"
#include "explore/happens_before.h"
#include "explore/linear_extension.h"
#include "explore/schedule.h"
#include "explore/trials.h"

namespace rcuscope {
namespace {

/// Ordering more events takes longer than it is worth to a reader of the schedule.
constexpr std::size_t max_ordered_events = 1'000;

class Minimizer {
 public:
  explicit Minimizer(Trials& trials) : trials_(trials) {}

  /// Return: the text of the schedule, empty if there is none.
  std::string run() {
    const Plan original = trials_.run_original();
    if (trials_.is_interrupted() || !adopt_if_better(original)) return "";
    shorten();
    if (length_.context_switches > 0 &&
        find_with_fewer_switches(trials_, length_.context_switches - 1, is_at_operation_)) {
      adopt();
      shorten();
    }
    trials_.run(plan_);
    return trials_.is_interrupted() ? "" : to_text(trials_.actors(), true);
  }

 private:
  /// Runs a candidate. Return: true if it is the best so far.
  bool adopt_if_better(const Plan& candidate) {
    if (!trials_.run(candidate)) return false;
    if (!plan_.empty() && trials_.length() >= length_) return false;
    adopt();
    return true;
  }

  void adopt() {
    plan_ = trials_.executed();
    length_ = trials_.length();
    is_at_operation_ = trials_.shows_at_operation();
  }

  void shorten() {
    for (bool is_better = true; is_better && !trials_.is_over();) {
      is_better = reorder();
      is_better |= drop_actors();
      is_better |= join_segments();
      is_better |= cut_segments();
    }
  }

  /// What happens before the finding, with the fewest switches.
  bool reorder() {
    if (length_.operations > max_ordered_events || !trials_.run(plan_)) return false;
    HappensBefore order;
    std::vector<Race> races;
    for (const StepRecord& step : trials_.execution().log())
      order.append(step, false, trials_.execution(), races);
    std::vector<std::size_t> cone;
    for (std::size_t i = 0; i < order.size(); ++i)
      if (!trials_.shows_at_operation() || order.is_before(i, order.size() - 1)) cone.push_back(i);
    std::vector<ActorId> actors;
    for (const std::size_t i : cone) actors.push_back(order.step(i).actor);
    Plan candidate;
    for (const std::size_t i : fewest_switches(actors, [&](std::size_t a, std::size_t b) {
           return order.is_before(cone[a], cone[b]);
         }))
      append(candidate, {trials_.key(actors[i]), 1});
    return adopt_if_better(candidate);
  }

  bool drop_actors() {
    bool is_better = false;
    std::vector<ActorKey> actors;
    for (const Segment& segment : plan_)
      if (std::find(actors.begin(), actors.end(), segment.actor) == actors.end())
        actors.push_back(segment.actor);
    for (const ActorKey actor : actors) {
      if (trials_.is_over()) break;
      Plan candidate;
      for (const Segment& segment : plan_)
        if (segment.actor != actor) append(candidate, segment);
      is_better |= adopt_if_better(candidate);
    }
    return is_better;
  }

  /// Moves a segment to the next or the previous one of its actor.
  bool join_segments() {
    for (std::size_t from = 0; from < plan_.size(); ++from)
      for (std::size_t to = 0; to < plan_.size() && !trials_.is_over(); ++to) {
        if (from == to || plan_[from].actor != plan_[to].actor) continue;
        Plan candidate;
        for (std::size_t i = 0; i < plan_.size(); ++i) {
          if (i == from) continue;
          if (i == to && to > from) append(candidate, plan_[from]);
          append(candidate, plan_[i]);
          if (i == to && to < from) append(candidate, plan_[from]);
        }
        if (adopt_if_better(candidate)) return true;
      }
    return false;
  }

  /// Shortens each segment, the last ones first: by all, half, a quarter ... of it.
  bool cut_segments() {
    bool is_better = false;
    for (std::size_t s = plan_.size(); s-- > 0;) {
      if (s >= plan_.size()) continue;  // the plan has become shorter
      std::size_t cut = plan_[s].operation_count;
      while (cut > 0 && s < plan_.size() && !trials_.is_over()) {
        if (adopt_if_better(cut_by(s, cut)))
          is_better = true;
        else
          cut /= 2;
        if (s < plan_.size()) cut = std::min(cut, plan_[s].operation_count);
      }
    }
    return is_better;
  }

  /// The last one of the others goes on as far as it then has to.
  Plan cut_by(std::size_t s, std::size_t operations) const {
    Plan candidate;
    for (std::size_t i = 0; i < plan_.size(); ++i) {
      Segment segment = plan_[i];
      if (i == s) segment.operation_count -= operations;
      if (segment.operation_count > 0) append(candidate, segment);
    }
    return candidate;
  }

  static void append(Plan& plan, const Segment& segment) {
    if (!plan.empty() && plan.back().actor == segment.actor)
      plan.back().operation_count += segment.operation_count;
    else
      plan.push_back(segment);
  }

  Trials& trials_;
  Plan plan_;  ///< The best one. Empty: none yet.
  ScheduleLength length_;
  bool is_at_operation_ = false;
};

}  // namespace

Minimized minimize(const Finding& finding, const Program& program, ActorRunner& runner,
                   const ExploreOptions& options, const std::function<bool()>& goes_on) {
  Trials trials(finding, program, runner, options, goes_on);
  Minimized result;
  result.schedule = Minimizer(trials).run();
  result.executions = trials.executions();
  result.is_interrupted = trials.is_interrupted();
  if (result.is_interrupted) result.schedule.clear();
  return result;
}

}  // namespace rcuscope
