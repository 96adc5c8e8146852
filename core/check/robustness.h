// SPDX-License-Identifier: LGPL-2.1-or-later
// Robustness: could weak memory show this execution's accesses in an order that no sequentially
// consistent execution has?
// Follows: Shasha and Snir (TOPLAS 1988) for the cycles; the Linux kernel memory model (Alglave et
// al., ASPLOS 2018) for what forbids one. Deviates in that it looks at one execution at a time and,
// where it cannot tell, takes a cycle as possible.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/place.h"
#include "base/time.h"
#include "world/access.h"

namespace rcuscope {

struct ModelSrcu;

/// A read-side critical section of sleepable RCU.
struct ReadSection {
  const ModelSrcu* domain = nullptr;
  std::int64_t number = 0;  ///< Tells it from others of that actor and domain.
  friend bool operator==(const ReadSection&, const ReadSection&) = default;
};

/// An access of an actor to a location, as far as order is concerned.
struct AccessEvent {
  ActorId actor;
  std::int32_t position = 0;  ///< In its actor's program.
  bool reads = false;
  bool writes = false;  ///< Both: an update.
  Access access = Access::plain;
  bool is_full_barrier = false;  ///< An update of full order that succeeded.
  std::size_t location = 0;
  const void* address = nullptr;
  const void* object = nullptr;  ///< Around it, on the heap; null if there is none.
  const char* name = "";
  Place place;
  std::optional<Step> section;                  ///< Of RCU, that it is in: where that began.
  std::vector<ReadSection> sleepable_sections;  ///< Likewise of sleepable RCU.
  std::uint32_t reached_by = 0;    ///< How its actor came by its address; see depends_on().
  std::vector<std::size_t> needs;  ///< Earlier loads that it depends on besides.
};

/// A point of an actor's program that keeps accesses before it apart from those after it.
struct OrderPoint {
  enum class Kind : std::uint8_t { full, read, write, grace_period };
  Kind kind{};
  std::int32_t position = 0;
  const ModelSrcu* domain = nullptr;  ///< Of a grace period; null: RCU.
};

/// What robustness is asked about.
class AccessGraph {
 public:
  virtual ~AccessGraph() = default;
  virtual const AccessEvent& event(std::size_t index) const = 0;
  virtual const std::vector<OrderPoint>& points(ActorId actor) const = 0;
  /// Of one actor: the later access depends on what the load gave.
  virtual bool depends_on(std::size_t later, std::size_t load) const = 0;
  /// Of different actors: synchronisation puts the first before the second.
  virtual bool is_ordered(std::size_t first, std::size_t second) const = 0;
  /// Of different actors, likewise: the domain of a grace period in between, if there is one.
  virtual std::optional<const ModelSrcu*> grace_period_between(std::size_t first,
                                                               std::size_t second) const = 0;
};

/// Two accesses of one actor that may be seen in the other order, with what others do.
using UnorderedPair = std::pair<std::size_t, std::size_t>;

/// `conflicts`: pairs of marked accesses of different actors to one location, one of them a store,
/// that nothing orders. Return: none if every order of the accesses is one that sequential
/// consistency shows, too.
std::optional<UnorderedPair> find_unordered_pair(
    const AccessGraph& graph, const std::vector<std::pair<std::size_t, std::size_t>>& conflicts);

}  // namespace rcuscope
