// SPDX-License-Identifier: LGPL-2.1-or-later
// Iterative context bounding. Follows: M. Musuvathi, S. Qadeer, "Iterative context bounding for
// systematic testing of multithreaded programs" (PLDI 2007); deviates: all switches count, not only
// preemptions, and one that no dependent operation asks for is not tried.
#include "explore/few_switches.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace rcuscope {
namespace {

/// An actor that was left although it could go on.
struct Left {
  ActorKey actor;
  Operation next;           ///< What it would have done.
  std::size_t left_at = 0;  ///< Number of operations executed before.
};

/// A plan whose last segment goes as far as possible.
struct Node {
  Plan plan;
  std::vector<Left> left;
};

class FewSwitches {
 public:
  FewSwitches(Trials& trials, std::size_t max_switches, bool is_at_operation)
      : trials_(trials), max_switches_(max_switches), is_at_operation_(is_at_operation) {}

  bool search() {
    learn_claims();
    std::vector<Node> level = first_level();
    for (std::size_t switches = 0; switches <= max_switches_ && !level.empty(); ++switches) {
      std::vector<Node> next_level;
      for (const Node& node : level) {
        if (trials_.is_over()) return false;
        if (trials_.run(node.plan)) return true;
        learn_claims();
        if (switches < max_switches_)
          append_children(node, switches + 1 == max_switches_, next_level);
      }
      level = std::move(next_level);
    }
    return false;
  }

 private:
  /// More would not all be run.
  static constexpr std::size_t max_nodes = Trials::max_executions;

  std::vector<Node> first_level() {
    std::vector<Node> nodes;
    trials_.run({});
    for (std::size_t i = 0; trials_.choice_count() > 0 && i < max_actors; ++i)
      if (trials_.enabled_before(0)[i])
        nodes.push_back({{{static_cast<ActorKey>(i), Segment::as_far_as_possible}}, {}});
    return nodes;
  }

  /// What each actor was seen to touch.
  void learn_claims() {
    for (const StepRecord& step : trials_.execution().log())
      for (std::uint8_t c = 0; c < step.operation.claim_count; ++c) {
        const std::pair seen(trials_.key(step.actor), step.operation.claims[c]);
        if (std::find(claims_.begin(), claims_.end(), seen) == claims_.end())
          claims_.push_back(seen);
      }
  }

  bool depends_on_others(ActorKey actor, const Operation& operation) const {
    return std::any_of(claims_.begin(), claims_.end(), [&](const auto& seen) {
      if (seen.first == actor) return false;
      for (std::uint8_t c = 0; c < operation.claim_count; ++c)
        if (dependent(seen.second, operation.claims[c])) return true;
      return false;
    });
  }

  void append_children(const Node& node, bool are_last, std::vector<Node>& children) {
    const std::span<const StepRecord> log = trials_.execution().log();
    const std::size_t start = trials_.start_of_last_segment();
    if (log.size() <= start) return;  // it could not run at all
    const ActorKey runner = node.plan.back().actor;
    for (std::size_t end = start + 1; end <= log.size(); ++end) {
      const bool could_go_on = end < log.size();
      // Behind a fatal operation nobody is asked.
      if (!could_go_on && end >= trials_.choice_count()) continue;
      if (could_go_on && !depends_on_others(runner, log[end].operation) && end + 1 < log.size())
        continue;
      for (std::size_t i = 0; i < max_actors; ++i) {
        if (!trials_.enabled_before(end)[i]) continue;
        const ActorId next{static_cast<std::int32_t>(i)};
        if (trials_.key(next) == runner || (are_last && !may_be_last(next)) ||
            !may_return(node, trials_.key(next), end))
          continue;
        if (children.size() == max_nodes) return;
        Node child = node;
        child.plan.back().operation_count = end - start;
        child.plan.push_back({trials_.key(next), Segment::as_far_as_possible});
        std::erase_if(child.left,
                      [&](const Left& l) { return l.actor == child.plan.back().actor; });
        if (could_go_on) child.left.push_back({runner, log[end].operation, end});
        children.push_back(std::move(child));
      }
    }
  }

  /// A finding of one actor shows while that one runs.
  bool may_be_last(ActorId actor) const {
    return !is_at_operation_ ||
           trials_.execution().actor(actor).spec.name == trials_.finding().actor;
  }

  /// False if nothing that it depends on has happened since the actor was left: it may as well have
  /// gone on.
  bool may_return(const Node& node, ActorKey actor, std::size_t now) const {
    const auto left = std::find_if(node.left.begin(), node.left.end(),
                                   [&](const Left& l) { return l.actor == actor; });
    if (left == node.left.end()) return true;
    const std::span<const StepRecord> log = trials_.execution().log();
    for (std::size_t i = left->left_at; i < now; ++i)
      if (dependent(log[i].operation, left->next)) return true;
    return false;
  }

  Trials& trials_;
  const std::size_t max_switches_;
  const bool is_at_operation_;
  std::vector<std::pair<ActorKey, Claim>> claims_;
};

}  // namespace

bool find_with_fewer_switches(Trials& trials, std::size_t max_switches, bool is_at_operation) {
  return FewSwitches(trials, max_switches, is_at_operation).search();
}

}  // namespace rcuscope
