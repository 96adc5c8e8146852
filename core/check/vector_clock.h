// SPDX-License-Identifier: LGPL-2.1-or-later
// VectorClock: of each actor, how much of what it did comes before a point, loads and stores apart,
// since some barriers order only one of them.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/ids.h"

namespace rcuscope {

class VectorClock {
 public:
  /// Positions in the actor's program that come before; 0 = none. Signed, since the processor
  /// compares such numbers four at a time.
  struct Epoch {
    std::int32_t reads = 0;
    std::int32_t writes = 0;
  };

  VectorClock() = default;
  VectorClock(const VectorClock&) = default;
  VectorClock(VectorClock&&) = default;
  VectorClock& operator=(VectorClock&&) = default;
  /// Nearly always of two clocks without far actors.
  VectorClock& operator=(const VectorClock& other) {
    near_ = other.near_;
    if (!far_.empty() || !other.far_.empty()) far_ = other.far_;
    return *this;
  }

  Epoch at(ActorId actor) const {
    const auto index = static_cast<std::size_t>(actor.value);
    if (index < near_.size()) return near_[index];
    return index - near_.size() < far_.size() ? far_[index - near_.size()] : Epoch{};
  }
  void raise(ActorId actor, Epoch to) { raise(slot(actor), to); }
  /// True if joining the other one would change nothing.
  bool includes(const VectorClock& other) const {
    Lanes later{};
    for (std::size_t i = 0; i < near_.size(); i += 2) later |= other.lanes(i) > lanes(i);
    if ((later[0] | later[1] | later[2] | later[3]) != 0) return false;
    for (std::size_t i = 0; i < other.far_.size(); ++i) {
      const Epoch own = i < far_.size() ? far_[i] : Epoch{};
      if (own.reads < other.far_[i].reads || own.writes < other.far_[i].writes) return false;
    }
    return true;
  }
  void join(const VectorClock& other) {
    for (std::size_t i = 0; i < near_.size(); i += 2) {
      const Lanes own = lanes(i), others = other.lanes(i), is_more = others > own;
      const Lanes most = (others & is_more) | (own & ~is_more);
      std::memcpy(static_cast<void*>(&near_[i]), &most, sizeof most);
    }
    if (far_.size() < other.far_.size()) far_.resize(other.far_.size());
    for (std::size_t i = 0; i < other.far_.size(); ++i) raise(far_[i], other.far_[i]);
  }

 private:
  using Lanes = std::int32_t __attribute__((vector_size(16)));
  static_assert(sizeof(Lanes) == 2 * sizeof(Epoch));

  /// Two epochs.
  Lanes lanes(std::size_t first) const {
    Lanes two;
    std::memcpy(&two, &near_[first], sizeof two);
    return two;
  }
  static void raise(Epoch& epoch, Epoch to) {
    epoch.reads = std::max(epoch.reads, to.reads);
    epoch.writes = std::max(epoch.writes, to.writes);
  }
  Epoch& slot(ActorId actor) {
    const auto index = static_cast<std::size_t>(actor.value);
    if (index < near_.size()) return near_[index];
    if (index - near_.size() >= far_.size()) far_.resize(index - near_.size() + 1);
    return far_[index - near_.size()];
  }

  std::array<Epoch, 8> near_{};  // of the first actors; most programs have no more
  std::vector<Epoch> far_;
};

}  // namespace rcuscope
