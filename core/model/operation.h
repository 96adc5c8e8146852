// SPDX-License-Identifier: LGPL-2.1-or-later
// Operation: one visible step of an actor, published before it happens; dependent() says which two
// operations of different actors do not commute. Everything that the search may skip follows from
// it.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

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
  spin_lock,
  spin_trylock,
  spin_unlock,
  mask,    ///< Interrupts, bottom halves or preemption go off.
  unmask,  ///< ... and on again.
  srcu_read_lock,
  srcu_read_unlock,
  get_state,   ///< get_state_synchronize_rcu
  start_poll,  ///< start_poll_synchronize_rcu
  poll_state,  ///< poll_state_synchronize_rcu
  complete,
  wait_for_completion,
  relax,  ///< cpu_relax, and the end of a turn of a loop that only reads: waits for a change.
};

inline constexpr std::size_t operation_kind_count =
    static_cast<std::size_t>(OperationKind::relax) + 1;

std::string_view to_string(OperationKind kind);

/// What an operation touches. Two claims conflict only on one resource.
enum class ResourceClass : std::uint8_t {
  memory,
  object,
  rcu,  ///< 0, or the address of an srcu_struct
  refcount,
  callbacks,  ///< 0: call_rcu; 1: kfree_rcu; 2: work; or the address of an srcu_struct
  work,
  lock,
  cpu  ///< cpu_resource()
};

enum class Mode : std::uint8_t {
  read,           ///< memory
  write,          ///< memory, work
  use,            ///< object
  free,           ///< object
  section_start,  ///< rcu: the outermost opening of a section, explicit or implicit
  snapshot,       ///< rcu: start of a grace period
  take_cookie,    ///< rcu: which grace periods have not started yet
  grace_end,      ///< rcu: end of a grace period
  poll,           ///< rcu: which grace periods are over
  observe,        ///< refcount: the value is read
  get,            ///< refcount: commutes with get, since zero is sticky
  put,            ///< refcount
  enqueue,        ///< callbacks: call_rcu, kfree_rcu, queue_work
  barrier,        ///< callbacks: start of rcu_barrier and its like
  acquire,        ///< lock
  try_acquire,    ///< lock
  release,        ///< lock: enables an acquire, but changes the result of a try_acquire
  run,            ///< cpu: an operation that others on this CPU can keep from running
  seize,          ///< cpu: from here on others on this CPU are kept from running
};

/// Resources of ResourceClass::callbacks that are no srcu_struct.
inline constexpr std::uint64_t rcu_callbacks = 0;
inline constexpr std::uint64_t kfree_callbacks = 1;
inline constexpr std::uint64_t work_callbacks = 2;

/// Others of this interrupt level on this CPU: 0 tasks, 1 softirqs, 2 hardirqs.
constexpr std::uint64_t cpu_resource(CpuId cpu, int level) {
  return static_cast<std::uint64_t>(cpu.value) * 4 + static_cast<std::uint64_t>(level);
}

/// One word, since the search compares millions of them: resource, class and mode.
class Claim {
 public:
  constexpr Claim() = default;
  /// `resource`: an address, or an index; unique in its class, and less than 2^54.
  constexpr Claim(ResourceClass resource_class, std::uint64_t resource, Mode mode)
      : word_(resource << resource_shift | static_cast<std::uint64_t>(resource_class) << mode_bits |
              static_cast<std::uint64_t>(mode)) {}

  constexpr Mode mode() const { return static_cast<Mode>(word_ & mode_mask); }
  constexpr ResourceClass resource_class() const {
    return static_cast<ResourceClass>(word_ >> mode_bits & class_mask);
  }
  constexpr std::uint64_t resource() const { return word_ >> resource_shift; }
  constexpr std::uint64_t word() const { return word_; }
  /// The same resource, claimed in another way.
  constexpr Claim with_mode(Mode mode) const {
    Claim other = *this;
    other.word_ = (word_ & ~mode_mask) | static_cast<std::uint64_t>(mode);
    return other;
  }
  constexpr bool is_on_same_resource(Claim other) const {
    return (word_ ^ other.word_) <= mode_mask;
  }

  friend constexpr auto operator<=>(Claim, Claim) = default;

 private:
  static constexpr int mode_bits = 5;
  static constexpr int resource_shift = 9;
  static constexpr std::uint64_t mode_mask = (1 << mode_bits) - 1;
  static constexpr std::uint64_t class_mask = (1 << (resource_shift - mode_bits)) - 1;

  std::uint64_t word_ = 0;
};

/// Modes that do not commute with this one on one resource, as bits.
constexpr std::uint32_t conflicts_of(Mode mode) {
  const auto bits = [](auto... modes) {
    return ((std::uint32_t{1} << static_cast<std::uint8_t>(modes)) | ... | 0U);
  };
  switch (mode) {
    case Mode::read:
      return bits(Mode::write);
    case Mode::write:
      return bits(Mode::read, Mode::write);
    case Mode::use:
      return bits(Mode::free);
    case Mode::free:
      return bits(Mode::use, Mode::free);
    case Mode::section_start:
      return bits(Mode::snapshot);
    case Mode::snapshot:
      return bits(Mode::section_start, Mode::take_cookie);
    case Mode::take_cookie:
      return bits(Mode::snapshot);
    case Mode::grace_end:
      return bits(Mode::poll);
    case Mode::poll:
      return bits(Mode::grace_end);
    case Mode::observe:
      return bits(Mode::get, Mode::put);
    case Mode::get:
      return bits(Mode::observe, Mode::put);
    case Mode::put:
      return bits(Mode::observe, Mode::get, Mode::put);
    case Mode::enqueue:
      return bits(Mode::barrier);
    case Mode::barrier:
      return bits(Mode::enqueue);
    case Mode::acquire:
      return bits(Mode::acquire, Mode::try_acquire);
    case Mode::try_acquire:
      return bits(Mode::acquire, Mode::try_acquire, Mode::release);
    case Mode::release:
      return bits(Mode::try_acquire);
    case Mode::run:
      return bits(Mode::seize);
    case Mode::seize:
      return bits(Mode::run, Mode::seize);
  }
  return 0;
}

/// The same as a table, by mode.
inline constexpr auto conflict_table = [] {
  std::array<std::uint32_t, static_cast<std::size_t>(Mode::seize) + 1> table{};
  for (std::size_t mode = 0; mode < table.size(); ++mode)
    table[mode] = conflicts_of(static_cast<Mode>(mode));
  return table;
}();

/// True if two modes on one resource do not commute. Symmetric.
constexpr bool conflict(Mode a, Mode b) {
  return (conflict_table[static_cast<std::size_t>(a)] >> static_cast<std::uint8_t>(b) & 1) != 0;
}

struct Operation {
  static constexpr std::uint8_t max_claims = 8;

  OperationKind kind{};
  Access access = Access::plain;
  std::uint8_t claim_count = 0;
  std::array<Claim, max_claims> claims{};
  const void* address = nullptr;  ///< Of the location, lock, counter ...; null if there is none.
  const char* location = "";      ///< Literal name of the location.
  std::int64_t argument = 0;      ///< Grace period, work item ...: see the primitive.
  Place place;
  /// Further claims, of those few operations that have many. Kept as long as the process.
  const std::vector<Claim>* more = nullptr;

  void claim(ResourceClass resource_class, std::uint64_t resource, Mode mode) {
    claims[claim_count++] = Claim(resource_class, resource, mode);
  }

  /// True if it commutes with every operation of every other actor: then no other order of it needs
  /// to be tried, and it runs at once. Sound because such an operation alone is a persistent set.
  bool is_local() const { return claim_count == 0 && more == nullptr; }
};

constexpr bool dependent(Claim a, Claim b) {
  return a.is_on_same_resource(b) && conflict(a.mode(), b.mode());
}

bool have_dependent_claims(const Operation& a, const Operation& b);

/// True unless executing the two in either order leads to the same state, and neither disables the
/// other. Operations of one actor are always ordered and never asked about.
constexpr bool dependent(const Operation& a, const Operation& b) {
  for (std::uint8_t i = 0; i < a.claim_count; ++i)
    for (std::uint8_t j = 0; j < b.claim_count; ++j)
      if (dependent(a.claims[i], b.claims[j])) return true;
  if (!std::is_constant_evaluated() && (a.more != nullptr || b.more != nullptr))
    return have_dependent_claims(a, b);
  return false;
}

/// True if it is what was published there in an execution before, of the same object at the same
/// address: the search compares addresses of different executions.
inline bool is_repeated(const Operation& before, const Operation& now) {
  if (before.kind != now.kind || before.access != now.access || before.address != now.address ||
      before.argument != now.argument || before.more != now.more ||
      before.claim_count != now.claim_count)
    return false;
  for (std::uint8_t c = 0; c < now.claim_count; ++c)
    if (before.claims[c] != now.claims[c]) return false;
  return true;
}

/// Of two operations that are not the same: "expected read a, but it publishes write b".
std::string describe_difference(const Operation& before, const Operation& now);

/// The same list each time for the same claims. Context: any thread.
const std::vector<Claim>* keep_claims(const std::vector<Claim>& claims);

}  // namespace rcuscope
