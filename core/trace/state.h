// SPDX-License-Identifier: LGPL-2.1-or-later
// WorldState: lists, reference counts, grace periods and locks as they stood after an event.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trace/store.h"

namespace rcuscope {

enum class Membership : std::uint8_t { never_linked, linked, unlinked };

/// Who took and dropped references. A reference may be dropped by another than took it, so this
/// does not say whose the remaining ones are.
struct ReferenceUser {
  ActorId actor;
  std::int64_t taken = 0;
  std::int64_t dropped = 0;
};

/// A heap object, device or list entry at one moment.
struct ObjectState {
  ObjectId object;
  Membership membership = Membership::never_linked;
  ObjectId list;  ///< The list it is or was on.
  bool is_freed = false;
  bool is_poisoned = false;                ///< Unlinked by list_del: next is LIST_POISON1.
  std::optional<std::int64_t> references;  ///< Of a device or kref, where the trace shows it.
  GracePeriodId waits_for;                 ///< Freed or put only after this grace period.
  /// What the `next` of an unlinked entry still points to: an entry, or the list's head. Valid
  /// where list_del_rcu or list_replace_rcu left it for readers.
  ObjectId stale_next;
  ActorId faulty_actor;  ///< Of the last finding about it.
  std::int64_t latest_event = -1;
  std::vector<ReferenceUser> reference_users;  ///< By their first event.
};

struct ListState {
  ObjectId head;
  std::vector<ObjectId> entries;  ///< In order, from the head's next.
};

struct GracePeriodState {
  GracePeriodId grace_period;
  std::vector<ActorId> waits_for;  ///< Pre-existing readers that have not left yet.
};

struct LockState {
  ObjectId lock;
  ActorId owner;
  std::vector<ActorId> waiters;
};

/// What `main` is blocked on while the actors run.
inline constexpr std::string_view wait_for_actors = "the actors";

struct TracedActorState {
  ActorId actor;
  bool is_running = false;          ///< Started and not ended.
  std::int32_t reader_nesting = 0;  ///< Explicit sections, of RCU and SRCU.
  /// "synchronize_rcu", "group 7 mutex", wait_for_actors; empty = not blocked.
  std::string blocked_on;
  std::int64_t last_event = -1;
  /// What it has touched since its outermost rcu_read_lock, or since it started: it may still have
  /// pointers to that. The last one first; at most touched_count_max.
  std::vector<ObjectId> touched;
};
inline constexpr std::size_t touched_count_max = 64;

struct WorldState {
  std::vector<ObjectState> objects;  ///< One for each object of the trace, by id.
  std::vector<ListState> lists;
  std::vector<GracePeriodState> grace_periods;  ///< Those in progress.
  std::vector<LockState> locks;                 ///< Those held.
  std::vector<TracedActorState> actors;         ///< One for each actor of the trace, by id.
};

/// The state after all events with time <= `time`.
WorldState state_at(const TraceStore& trace, Timestamp time);

/// The same at many moments of a trace that may grow, each at the cost of some thousand events:
/// states are kept at distances.
class StateHistory {
 public:
  /// The trace must outlive the history.
  explicit StateHistory(const TraceStore& trace);
  ~StateHistory();
  StateHistory(StateHistory&&) noexcept;
  StateHistory& operator=(StateHistory&&) noexcept;

  /// Takes in the events that the trace has got since the last call.
  void extend();
  WorldState at(Timestamp time) const;

 private:
  struct Kept;
  std::unique_ptr<Kept> kept_;
};

}  // namespace rcuscope
