// SPDX-License-Identifier: LGPL-2.1-or-later
// Cycles of conflicts and program order, and what the kernel's memory model says of them.
#include "check/robustness.h"

#include <algorithm>

namespace rcuscope {
namespace {

/// What keeps two accesses in order, the second one being later.
struct Segment {
  bool is_strong = false;      ///< A full barrier in between.
  bool is_cumulative = false;  ///< Holds for whoever sees the second one, and for what came before.
  bool is_preserved = false;   ///< Holds for the actor itself.
  std::vector<const ModelSrcu*> grace_periods;  ///< In between: their domains.
  std::vector<const ModelSrcu*> sections;       ///< Both in one of those domains.
};

/// The part of a cycle from one conflict to the next.
struct Link {
  bool is_overwrite = false;  ///< The conflict that leads here: the later one is a store.
  bool has_segment = false;   ///< Else the cycle leaves where it came in.
  Segment segment;
  UnorderedPair pair;
};

class CycleSearch {
 public:
  CycleSearch(const AccessGraph& graph,
              const std::vector<std::pair<std::size_t, std::size_t>>& conflicts)
      : graph_(graph) {
    for (const auto& [a, b] : conflicts) {
      add(a, b);
      add(b, a);
    }
  }

  std::optional<UnorderedPair> run() {
    for (start_ = 0; start_ < nodes_.size() && !found_; ++start_) {
      path_.assign(1, start_);
      extend();
    }
    return found_;
  }

 private:
  /// Steps of the search, after which the execution counts as too involved to be sure.
  static constexpr int max_steps = 100'000;

  std::size_t node_of(std::size_t event) {
    const auto known = std::find(nodes_.begin(), nodes_.end(), event);
    if (known != nodes_.end()) return static_cast<std::size_t>(known - nodes_.begin());
    nodes_.push_back(event);
    neighbours_.emplace_back();
    return nodes_.size() - 1;
  }

  void add(std::size_t a, std::size_t b) {
    const std::size_t from = node_of(a), to = node_of(b);
    neighbours_[from].push_back(to);
  }

  const AccessEvent& event(std::size_t node) const { return graph_.event(nodes_[node]); }

  /// From the last node of the path, where a segment ended, along a conflict.
  void extend() {
    if (++steps_ > max_steps) found_ = UnorderedPair{nodes_[start_], nodes_[path_.back()]};
    for (const std::size_t to : neighbours_[path_.back()])
      if (!found_) enter(to, event(to).writes);
  }

  bool is_visited(ActorId actor) const {
    return std::any_of(path_.begin(), path_.end(),
                       [&](std::size_t node) { return event(node).actor == actor; });
  }

  /// Along a segment, or out again where the conflict led to: each actor is met at most once, since
  /// every cycle contains such a one.
  void enter(std::size_t to, bool is_overwrite) {
    if (to == start_) return;
    const bool is_last = is_visited(event(to).actor);
    if (is_overwrite && !is_last) {  // a store that overwrites, and is then read
      links_.push_back({true, false, {}, {nodes_[to], nodes_[to]}});
      path_.push_back(to);
      extend_by_reading();
      path_.pop_back();
      links_.pop_back();
    }
    for (std::size_t next = 0; next < nodes_.size() && !found_; ++next) {
      if (is_last && next != start_) continue;
      follow_segment(to, next, is_overwrite);
    }
  }

  void follow_segment(std::size_t to, std::size_t next, bool is_overwrite) {
    if (next == to || event(next).location == event(to).location) return;
    const bool is_same_actor = event(next).actor == event(to).actor;
    if (next != start_ && !is_same_actor && is_visited(event(next).actor)) return;
    const std::optional<Segment> segment = segment_of(nodes_[to], nodes_[next]);
    if (!segment) return;
    links_.push_back({is_overwrite, true, *segment, {nodes_[to], nodes_[next]}});
    if (next == start_) {
      judge();
    } else {
      path_.push_back(to);
      path_.push_back(next);
      extend();
      path_.pop_back();
      path_.pop_back();
    }
    links_.pop_back();
  }

  /// From a store to the loads that may see it.
  void extend_by_reading() {
    const std::size_t from = path_.back();
    for (const std::size_t to : neighbours_[from])
      if (event(to).reads && !found_) enter(to, false);
  }

  std::optional<Segment> segment_of(std::size_t first, std::size_t second) const {
    const AccessEvent& a = graph_.event(first);
    const AccessEvent& b = graph_.event(second);
    Segment segment;
    if (a.actor != b.actor) {
      if (!graph_.is_ordered(first, second)) return {};
      segment.is_cumulative = segment.is_preserved = true;
      if (const auto domain = graph_.grace_period_between(first, second)) {
        segment.grace_periods.push_back(*domain);
        segment.is_strong = true;
      }
      return segment;
    }
    if (a.position >= b.position) return {};
    bool has_read_barrier = false, has_write_barrier = false;
    for (const OrderPoint& point : graph_.points(a.actor)) {
      if (point.position <= a.position || point.position >= b.position) continue;
      segment.is_strong |=
          point.kind == OrderPoint::Kind::full || point.kind == OrderPoint::Kind::grace_period;
      if (point.kind == OrderPoint::Kind::grace_period)
        segment.grace_periods.push_back(point.domain);
      has_read_barrier |= point.kind == OrderPoint::Kind::read;
      has_write_barrier |= point.kind == OrderPoint::Kind::write;
    }
    segment.is_strong |= a.is_full_barrier || b.is_full_barrier;
    const bool releases = b.writes && (b.access == Access::release || b.access == Access::assign);
    const bool acquires = a.reads && a.access == Access::acquire;
    const bool depends = graph_.depends_on(second, first);
    segment.is_cumulative =
        segment.is_strong || releases || (has_write_barrier && a.writes && b.writes);
    segment.is_preserved = segment.is_cumulative || acquires || (depends && a.reads) ||
                           (has_read_barrier && a.reads && b.reads);
    if (a.section && a.section == b.section) segment.sections.push_back(nullptr);
    for (const ReadSection& section : a.sleepable_sections)
      if (std::find(b.sleepable_sections.begin(), b.sleepable_sections.end(), section) !=
          b.sleepable_sections.end())
        segment.sections.push_back(section.domain);
    return segment;
  }

  // --- what forbids a cycle

  void judge() {
    if (is_forbidden()) return;
    for (const Link& link : links_)
      if (link.has_segment && !link.segment.is_preserved) found_ = link.pair;
    for (const Link& link : links_)
      if (!found_ && link.has_segment && !link.segment.is_strong) found_ = link.pair;
    if (!found_) found_ = links_.front().pair;
  }

  bool is_forbidden() const {
    if (is_forbidden_by_grace_periods()) return true;
    std::vector<Link> cycle = links_;
    const auto overwrites = std::count_if(cycle.begin(), cycle.end(),
                                          [](const Link& link) { return link.is_overwrite; });
    if (overwrites == 0)
      return std::all_of(cycle.begin(), cycle.end(), [](const Link& link) {
        return !link.has_segment || link.segment.is_preserved;
      });
    const auto first = std::find_if(cycle.begin(), cycle.end(),
                                    [](const Link& link) { return link.is_overwrite; });
    std::rotate(cycle.begin(), first, cycle.end());
    if (overwrites == 1) return is_propagated(cycle);
    for (auto from = cycle.begin(); from != cycle.end();) {
      const auto to =
          std::find_if(from + 1, cycle.end(), [](const Link& link) { return link.is_overwrite; });
      if (!has_strong_fence(from, to)) return false;
      from = to;
    }
    return true;
  }

  /// With one overwritten access: all that follows it has to reach its actor in order.
  static bool is_propagated(const std::vector<Link>& cycle) {
    const auto is_cumulative = [](const Link& link) {
      return !link.has_segment || link.segment.is_cumulative;
    };
    return std::all_of(cycle.begin(), cycle.end() - 1, is_cumulative) &&
           (!cycle.back().has_segment || cycle.back().segment.is_preserved);
  }

  template <class Iterator>
  static bool has_strong_fence(Iterator from, Iterator to) {
    for (auto strong = from; strong != to; ++strong) {
      if (!strong->has_segment || !strong->segment.is_strong) continue;
      const bool before = std::all_of(from, strong, [](const Link& link) {
        return !link.has_segment || link.segment.is_cumulative;
      });
      const bool after = std::all_of(strong, to, [](const Link& link) {
        return !link.has_segment || link.segment.is_preserved;
      });
      if (before && after) return true;
    }
    return false;
  }

  bool is_forbidden_by_grace_periods() const {
    for (const Link& link : links_)
      for (const ModelSrcu* domain : link.segment.grace_periods)
        if (is_forbidden_by_grace_periods(domain)) return true;
    return false;
  }

  /// The fundamental law of RCU: as many grace periods as sections leave no way round. Those of one
  /// domain say nothing about sections of another.
  bool is_forbidden_by_grace_periods(const ModelSrcu* domain) const {
    const auto has = [domain](const std::vector<const ModelSrcu*>& domains) {
      return std::find(domains.begin(), domains.end(), domain) != domains.end();
    };
    int grace_periods = 0, sections = 0;
    for (const Link& link : links_) {
      if (link.has_segment && has(link.segment.grace_periods))
        ++grace_periods;
      else if (link.has_segment && has(link.segment.sections))
        ++sections;
      else
        return false;
    }
    return grace_periods >= sections;
  }

  const AccessGraph& graph_;
  std::vector<std::size_t> nodes_;  ///< Events that conflict with others.
  std::vector<std::vector<std::size_t>> neighbours_;
  std::size_t start_ = 0;
  std::vector<std::size_t> path_;
  std::vector<Link> links_;
  int steps_ = 0;
  std::optional<UnorderedPair> found_;
};

}  // namespace

std::optional<UnorderedPair> find_unordered_pair(
    const AccessGraph& graph, const std::vector<std::pair<std::size_t, std::size_t>>& conflicts) {
  if (conflicts.size() < 2) return {};
  const std::size_t location = graph.event(conflicts.front().first).location;
  if (std::all_of(conflicts.begin(), conflicts.end(), [&](const auto& conflict) {
        return graph.event(conflict.first).location == location;
      }))
    return {};  // each location alone is coherent
  return CycleSearch(graph, conflicts).run();
}

}  // namespace rcuscope
