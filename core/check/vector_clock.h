// SPDX-License-Identifier: LGPL-2.1-or-later
// VectorClock: of each actor, how much of what it did comes before a point, loads and stores apart,
// since some barriers order only one of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/ids.h"

namespace rcuscope {

class VectorClock {
 public:
  /// Positions in the actor's program that come before; 0 = none.
  struct Epoch {
    std::uint32_t reads = 0;
    std::uint32_t writes = 0;
  };

  void clear() { epochs_.clear(); }
  bool empty() const { return epochs_.empty(); }
  Epoch at(ActorId actor) const {
    const auto index = static_cast<std::size_t>(actor.value);
    return index < epochs_.size() ? epochs_[index] : Epoch{};
  }
  void raise(ActorId actor, Epoch to) {
    Epoch& epoch = slot(actor);
    epoch.reads = std::max(epoch.reads, to.reads);
    epoch.writes = std::max(epoch.writes, to.writes);
  }
  void join(const VectorClock& other) {
    if (epochs_.size() < other.epochs_.size()) epochs_.resize(other.epochs_.size());
    for (std::size_t i = 0; i < other.epochs_.size(); ++i) {
      epochs_[i].reads = std::max(epochs_[i].reads, other.epochs_[i].reads);
      epochs_[i].writes = std::max(epochs_[i].writes, other.epochs_[i].writes);
    }
  }

 private:
  Epoch& slot(ActorId actor) {
    const auto index = static_cast<std::size_t>(actor.value);
    if (index >= epochs_.size()) epochs_.resize(index + 1);
    return epochs_[index];
  }

  std::vector<Epoch> epochs_;
};

}  // namespace rcuscope
