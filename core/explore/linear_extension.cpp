// SPDX-License-Identifier: LGPL-2.1-or-later
// A shortest path over (progress of each actor, who ran last); steps cost 1 where the actor
// changes. Events that may as well stick together are one block, which keeps the graph small.
#include "explore/linear_extension.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

namespace rcuscope {
namespace {

using IsBefore = std::function<bool(std::size_t, std::size_t)>;

/// Neighbouring events of one actor that are executed as one.
struct Block {
  std::vector<std::size_t> events;
  /// By lane: how many blocks of it must come before.
  std::vector<std::size_t> needs;
};

/// The blocks of one actor, in program order.
using Lane = std::vector<Block>;

class Blocks {
 public:
  Blocks(const std::vector<ActorId>& actors, const IsBefore& is_before)
      : actors_(actors), is_before_(is_before) {
    for (std::size_t i = 0; i < actors.size(); ++i) lane_events(actors[i]).push_back(i);
    for (const auto& events : events_) lanes_.push_back(make_lane(events));
    for (Lane& lane : lanes_)
      for (Block& block : lane) find_needs(block);
  }

  const std::vector<Lane>& lanes() const { return lanes_; }

 private:
  std::vector<std::size_t>& lane_events(ActorId actor) {
    for (std::size_t l = 0; l < names_.size(); ++l)
      if (names_[l] == actor) return events_[l];
    names_.push_back(actor);
    return events_.emplace_back();
  }

  /// Right behind the block, f needs nothing that its last event did not need: then f may run at
  /// once. Or whoever needs anything of the block needs f, too: then the block may wait for f.
  bool sticks(const Block& block, std::size_t f) const {
    const std::size_t first = block.events.front(), last = block.events.back();
    bool needs_nothing_new = true, are_needed_together = true;
    for (std::size_t i = 0; i < actors_.size(); ++i) {
      if (actors_[i] == actors_[f]) continue;
      if (i < f && is_before_(i, f) && !(i < last && is_before_(i, last)))
        needs_nothing_new = false;
      if (i > first && is_before_(first, i) && !(i > f && is_before_(f, i)))
        are_needed_together = false;
    }
    return needs_nothing_new || are_needed_together;
  }

  Lane make_lane(const std::vector<std::size_t>& events) const {
    Lane lane;
    for (const std::size_t event : events) {
      if (lane.empty() || !sticks(lane.back(), event)) lane.emplace_back();
      lane.back().events.push_back(event);
    }
    return lane;
  }

  void find_needs(Block& block) const {
    for (const Lane& lane : lanes_) {
      std::size_t needed = 0;
      for (std::size_t b = 0; b < lane.size(); ++b)
        if (is_needed(lane[b], block)) needed = b + 1;
      block.needs.push_back(needed);  // of its own lane: unused
    }
  }

  bool is_needed(const Block& by_whom, const Block& block) const {
    for (const std::size_t i : by_whom.events)
      for (const std::size_t j : block.events)
        if (i < j && is_before_(i, j)) return true;
    return false;
  }

  const std::vector<ActorId>& actors_;
  const IsBefore& is_before_;
  std::vector<ActorId> names_;
  std::vector<std::vector<std::size_t>> events_;
  std::vector<Lane> lanes_;
};

/// How many blocks of each lane have run.
using Position = std::vector<std::size_t>;

bool can_run(const std::vector<Lane>& lanes, const Position& position, std::size_t lane) {
  if (position[lane] == lanes[lane].size()) return false;
  const std::vector<std::size_t>& needs = lanes[lane][position[lane]].needs;
  for (std::size_t l = 0; l < lanes.size(); ++l)
    if (l != lane && position[l] < needs[l]) return false;
  return true;
}

/// Breadth first over states (how far each lane is, who ran last), by number of switches.
class ShortestPath {
 public:
  explicit ShortestPath(const std::vector<Lane>& lanes) : lanes_(lanes) {
    for (const Lane& lane : lanes) {
      weights_.push_back(position_count_);
      position_count_ *= lane.size() + 1;
    }
  }

  static bool fits(const std::vector<Lane>& lanes, std::size_t max_states) {
    std::size_t states = lanes.size();
    for (const Lane& lane : lanes) {
      states *= lane.size() + 1;
      if (states > max_states) return false;
    }
    return true;
  }

  /// Return: the lanes in the order in which they run a block.
  std::vector<std::size_t> find() {
    nodes_.assign(position_count_ * lanes_.size(), {});
    for (std::size_t lane = 0; lane < lanes_.size(); ++lane) visit(nowhere, 0, lane, 0);
    for (;;) {
      const std::size_t state = frontier_.front();
      frontier_.pop_front();
      const std::size_t index = state / lanes_.size();
      if (index == position_count_ - 1) return path_to(state);
      if (std::exchange(nodes_[state].is_done, true)) continue;
      for (std::size_t lane = 0; lane < lanes_.size(); ++lane)
        visit(state, index, lane, nodes_[state].switches + (lane != state % lanes_.size()));
    }
  }

 private:
  static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);

  struct Node {
    std::size_t came_from = nowhere;
    std::size_t switches = nowhere;
    bool is_done = false;
  };

  void visit(std::size_t from, std::size_t index, std::size_t lane, std::size_t switches) {
    if (!can_run(lanes_, position(index), lane)) return;
    const std::size_t state = (index + weights_[lane]) * lanes_.size() + lane;
    if (nodes_[state].switches <= switches) return;
    nodes_[state].switches = switches;
    nodes_[state].came_from = from;
    if (from == nowhere || switches > nodes_[from].switches)
      frontier_.push_back(state);
    else
      frontier_.push_front(state);
  }

  Position position(std::size_t index) const {
    Position position;
    for (const Lane& lane : lanes_) {
      position.push_back(index % (lane.size() + 1));
      index /= lane.size() + 1;
    }
    return position;
  }

  std::vector<std::size_t> path_to(std::size_t state) const {
    std::vector<std::size_t> path;
    for (; state != nowhere; state = nodes_[state].came_from) path.push_back(state % lanes_.size());
    std::reverse(path.begin(), path.end());
    return path;
  }

  const std::vector<Lane>& lanes_;
  std::vector<std::size_t> weights_;
  std::size_t position_count_ = 1;
  std::vector<Node> nodes_;
  std::deque<std::size_t> frontier_;
};

/// Runs each lane as far as it can go, then the one that can then go furthest.
std::vector<std::size_t> greedy(const std::vector<Lane>& lanes, std::size_t first) {
  Position position(lanes.size(), 0);
  std::vector<std::size_t> path;
  const auto run = [&](std::size_t lane, Position& at) {
    std::size_t count = 0;
    for (; can_run(lanes, at, lane); ++at[lane]) ++count;
    return count;
  };
  const std::size_t none = lanes.size();
  for (std::size_t lane = first; lane != none;) {
    path.insert(path.end(), run(lane, position), lane);
    lane = none;
    std::size_t furthest = 0;
    for (std::size_t other = 0; other < lanes.size(); ++other) {
      Position trial = position;
      const std::size_t count = run(other, trial);
      if (count > furthest) {
        furthest = count;
        lane = other;
      }
    }
  }
  return path;
}

std::size_t count_switches(const std::vector<std::size_t>& path) {
  std::size_t count = 0;
  for (std::size_t i = 1; i < path.size(); ++i) count += path[i] != path[i - 1];
  return count;
}

std::vector<std::size_t> best_greedy(const std::vector<Lane>& lanes) {
  std::vector<std::size_t> best;
  for (std::size_t first = 0; first < lanes.size(); ++first) {
    std::vector<std::size_t> path = greedy(lanes, first);
    if (first == 0 || count_switches(path) < count_switches(best)) best = std::move(path);
  }
  return best;
}

}  // namespace

std::vector<std::size_t> fewest_switches(const std::vector<ActorId>& actors,
                                         const IsBefore& is_before, std::size_t max_states) {
  if (actors.empty()) return {};
  const Blocks blocks(actors, is_before);
  const std::vector<Lane>& lanes = blocks.lanes();
  const std::vector<std::size_t> path =
      ShortestPath::fits(lanes, max_states) ? ShortestPath(lanes).find() : best_greedy(lanes);
  std::vector<std::size_t> order;
  Position position(lanes.size(), 0);
  for (const std::size_t lane : path) {
    const std::vector<std::size_t>& events = lanes[lane][position[lane]++].events;
    order.insert(order.end(), events.begin(), events.end());
  }
  return order;
}

}  // namespace rcuscope
