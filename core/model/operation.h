// SPDX-License-Identifier: LGPL-2.1-or-later
// Operation: one visible step of an actor, published before it happens; dependent() says which two
// operations of different actors do not commute. Everything that the search may skip follows from
// it.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/ids.h"
#include "base/place.h"
#include "world/access.h"

namespace rcuscope {

enum class OperationKind : std::uint8_t {
  actor_start,
  actor_end,
  join,  ///< main: waits for all other actors.
  read,
  write,
  read_modify_write,
  fence,
  allocate,
  free,
  rcu_read_lock,
  rcu_read_unlock,
  grace_period_start,
  grace_period_end,  ///< Enabled when all sections open at the start have closed.
  call_rcu,
  kfree_rcu,
  barrier_start,
  barrier_end,
  mutex_lock,
  mutex_trylock,
  mutex_unlock,
  refcount_get,
  refcount_put,
  refcount_read,
  queue_work,
  queue_rcu_work,
  wait_for_work_start,  ///< flush, cancel, disable.
  wait_for_work_end,
  enable_work,
  name_add,
  name_remove,
  sleep,
};

std::string_view to_string(OperationKind kind);

/// What an operation touches. Two claims conflict only on one resource.
enum class ResourceClass : std::uint8_t {
  memory,
  object,
  rcu,
  refcount,
  callbacks,
  work,
  lock,
  cpu
};

enum class Mode : std::uint8_t {
  read,           ///< memory
  write,          ///< memory, work
  use,            ///< object
  free,           ///< object
  section_start,  ///< rcu: the outermost opening of a section, explicit or implicit
  snapshot,       ///< rcu: start of a grace period
  observe,        ///< refcount: the value is read
  get,            ///< refcount: commutes with get, since zero is sticky
  put,            ///< refcount
  enqueue,        ///< callbacks: call_rcu
  barrier,        ///< callbacks: start of rcu_barrier
  acquire,        ///< lock
  try_acquire,    ///< lock
  release,        ///< lock: enables an acquire, but changes the result of a try_acquire
  run,            ///< cpu: an operation of a task that something may interrupt
  seize,          ///< cpu: entry of an interrupt, or a change of what may interrupt
};

struct Claim {
  std::uint64_t resource = 0;  ///< An address, or an index; unique in its class.
  ResourceClass resource_class{};
  Mode mode{};

  friend bool operator==(const Claim&, const Claim&) = default;
};

/// True if two modes on one resource do not commute. Symmetric.
constexpr bool conflict(Mode a, Mode b) {
  if (a > b) {
    const Mode swap = a;
    a = b;
    b = swap;
  }
  switch (a) {
    case Mode::read:
      return b == Mode::write;
    case Mode::write:
      return b == Mode::write;
    case Mode::use:
      return b == Mode::free;
    case Mode::free:
      return b == Mode::free;
    case Mode::section_start:
      return b == Mode::snapshot;
    case Mode::observe:
      return b == Mode::get || b == Mode::put;
    case Mode::get:
      return b == Mode::put;
    case Mode::put:
      return b == Mode::put;
    case Mode::enqueue:
      return b == Mode::barrier;
    case Mode::acquire:
      return b == Mode::acquire || b == Mode::try_acquire;
    case Mode::try_acquire:
      return b == Mode::try_acquire || b == Mode::release;
    case Mode::run:
      return b == Mode::seize;
    case Mode::seize:
      return b == Mode::seize;
    default:  // snapshot, barrier, release: commute with themselves and with all that sort after
              // them
      return false;
  }
}

struct Operation {
  static constexpr std::uint8_t max_claims = 4;

  OperationKind kind{};
  Access access = Access::plain;
  std::uint8_t claim_count = 0;
  std::array<Claim, max_claims> claims{};
  const void* address = nullptr;  ///< Of the location, lock, counter ...; null if there is none.
  const char* location = "";      ///< Literal name of the location.
  std::int64_t argument = 0;      ///< Grace period, work item ...: see the primitive.
  Place place;

  void claim(ResourceClass resource_class, std::uint64_t resource, Mode mode) {
    claims[claim_count++] = {resource, resource_class, mode};
  }

  /// True if it commutes with every operation of every other actor: then no other order of it needs
  /// to be tried, and it runs at once. Sound because such an operation alone is a persistent set.
  bool is_local() const { return claim_count == 0; }
};

constexpr bool dependent(const Claim& a, const Claim& b) {
  return a.resource == b.resource && a.resource_class == b.resource_class &&
         conflict(a.mode, b.mode);
}

/// True unless executing the two in either order leads to the same state, and neither disables the
/// other. Operations of one actor are always ordered and never asked about.
constexpr bool dependent(const Operation& a, const Operation& b) {
  for (std::uint8_t i = 0; i < a.claim_count; ++i)
    for (std::uint8_t j = 0; j < b.claim_count; ++j)
      if (dependent(a.claims[i], b.claims[j])) return true;
  return false;
}

}  // namespace rcuscope
