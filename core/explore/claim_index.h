// SPDX-License-Identifier: LGPL-2.1-or-later
// ClaimIndex: the events of one execution by what they claim, so that those which do not commute
// with an operation are found without looking at the others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "explore/event_set.h"
#include "model/operation.h"

namespace rcuscope {

/// A hash table with open addressing: claims stay in it when their last event has gone, since the
/// next execution mostly makes them again.
class ClaimIndex {
 public:
  /// Claims that it has ever seen, until clear().
  std::size_t size() const { return events_.size(); }
  void clear() {
    slots_.assign(first_slot_count, {});
    events_.clear();
  }
  void insert(Claim claim, std::size_t event) { events_of(claim).insert(event); }
  void erase(Claim claim, std::size_t event) {
    if (const Slot& slot = slots_[slot_of(claim)]; slot.is_taken())
      events_[slot.index].erase(event);
  }
  /// Null: none makes it.
  const EventSet* find(Claim claim) const {
    const Slot& slot = slots_[slot_of(claim)];
    return slot.is_taken() ? &events_[slot.index] : nullptr;
  }

 private:
  struct Slot {
    static constexpr std::uint32_t unused = ~std::uint32_t{0};
    Claim claim;
    std::uint32_t index = unused;  ///< Into events_.

    bool is_taken() const { return index != unused; }
  };
  static constexpr std::size_t first_slot_count = 128;  // a power of two, as all later ones

  std::size_t slot_of(Claim claim) const {
    constexpr std::uint64_t golden_ratio = 0x9e3779b97f4a7c15;  // spreads neighbours
    const std::size_t mask = slots_.size() - 1;
    std::size_t i = static_cast<std::size_t>(claim.word() * golden_ratio >> 32) & mask;
    while (slots_[i].is_taken() && slots_[i].claim != claim) i = (i + 1) & mask;
    return i;
  }
  EventSet& events_of(Claim claim) {
    Slot* slot = &slots_[slot_of(claim)];
    if (!slot->is_taken()) {
      if (events_.size() * 2 >= slots_.size()) {
        grow();
        slot = &slots_[slot_of(claim)];
      }
      *slot = {claim, static_cast<std::uint32_t>(events_.size())};
      events_.emplace_back();
    }
    return events_[slot->index];
  }
  void grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old)
      if (slot.is_taken()) slots_[slot_of(slot.claim)] = slot;
  }

  std::vector<Slot> slots_ = std::vector<Slot>(first_slot_count);
  std::vector<EventSet> events_;
};

}  // namespace rcuscope
