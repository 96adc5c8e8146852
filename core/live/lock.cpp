// SPDX-License-Identifier: LGPL-2.1-or-later
// Mutexes and spinlocks on a futex (Drepper, "Futexes Are Tricky", mutex 2); a waiter looks up now
// and then, because the repetition may be over.
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

#include "live/operation.h"
#include "live/primitives.h"
#include "live/words.h"

namespace rcuscope::live {
namespace {

enum State : std::uint32_t { unlocked = 0, locked = 1, contended = 2 };

void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t expected) {
  constexpr timespec look_up_after{0, 20'000'000};
  syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&word), FUTEX_WAIT_PRIVATE, expected,
          &look_up_after, nullptr, 0);
}

void futex_wake_one(std::atomic<std::uint32_t>& word) {
  syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&word), FUTEX_WAKE_PRIVATE, 1, nullptr,
          nullptr, 0);
}

bool try_take(Lock& lock) {
  std::uint32_t expected = unlocked;
  return lock.state.compare_exchange_strong(expected, locked, std::memory_order_acquire);
}

/// For whoever has waited: others may wait, too.
bool try_take_contended(Lock& lock) {
  return lock.state.exchange(contended, std::memory_order_acquire) == unlocked;
}

void let_go(Lock& lock) {
  lock.owner.store(-1, std::memory_order_relaxed);
  if (lock.state.exchange(unlocked, std::memory_order_release) == contended)
    futex_wake_one(lock.state);
}

ObjectId id_of(const Actor& actor, Lock& lock, const char* type) {
  if (actor.ring == nullptr) return {};
  if (lock.id.load(std::memory_order_relaxed) < 0)
    lock.id.store(id_of_part(actor, &lock, lock.name, type).value, std::memory_order_relaxed);
  return {lock.id.load(std::memory_order_relaxed)};
}
ObjectId id_of(const Actor& actor, Mutex& mutex) { return id_of(actor, mutex, "mutex"); }
ObjectId id_of(const Actor& actor, Spinlock& lock) { return id_of(actor, lock, "spinlock"); }

bool is_over(const Actor& actor) {
  return actor.repetition != nullptr && actor.repetition->is_abandoned();
}

/// Return: false if the repetition ended first.
bool wait_to_take(Actor& actor, Mutex& mutex) {
  const WaitScope scope(actor, Wait::mutex, &mutex);
  while (!try_take_contended(mutex)) {
    if (is_over(actor)) return false;
    futex_wait(mutex.state, contended);
  }
  return true;
}

void note_taken(Actor& actor, Mutex& mutex) {
  mutex.owner.store(actor.id.value, std::memory_order_relaxed);
  actor.held.push_back(&mutex);
  record(actor, EventKind::mutex_lock, {.object = id_of(actor, mutex)});
}

/// Ends in a finding instead of an actor that waits for itself.
void report_recursion(Actor& actor, const Lock& lock, const std::string& kind, const Place& place) {
  report_fault(actor,
               {.kind = FindingKind::deadlock,
                .object = &lock,
                .message = "WARNING: possible recursive locking detected: '" + actor.name +
                           "' takes the " + kind + " " + lock.name + ", which it holds already",
                .where = std::string(lock.name) + " in " + actor.name},
               place);
}

void report_imbalance(Actor& actor, const Lock& lock, const Place& place) {
  note_fault(actor,
             {.kind = FindingKind::lock_imbalance,
              .object = &lock,
              .message = "WARNING: bad unlock balance detected! " + actor.name + " unlocks " +
                         lock.name + ", which it does not hold",
              .where = std::string(lock.name) + " in " + actor.name},
             place);
}

// --- spinlocks: the section begins before the lock is taken, so that a grace period that starts
// after somebody saw it taken waits for the holder

bool try_take_as_reader(Actor& actor, Spinlock& lock, bool (*take)(Lock&)) {
  const bool was_masked = actor.mask.any();
  if (!was_masked) enter_masked_section(actor);
  if (take(lock)) return true;
  if (!was_masked) leave_masked_section(actor);
  return false;
}

/// Spins, which keeps the CPU; interrupts may come in between. Return: false if the repetition
/// ended first.
bool spin_to_take(Actor& actor, Spinlock& lock) {
  while (!try_take_as_reader(actor, lock, try_take_contended)) {
    {
      const WaitScope scope(actor, Wait::spinlock, &lock, WaitScope::Cpu::kept);
      futex_wait(lock.state, contended);
    }
    if (is_over(actor)) return false;
    if (actor.token != nullptr) actor.token->offer(actor);
    if (is_over(actor)) return false;
  }
  return true;
}

void note_taken(Actor& actor, Spinlock& lock, SpinMode mode) {
  lock.owner.store(actor.id.value, std::memory_order_relaxed);
  ContextMask& mask = actor.mask;
  actor.held_spinlocks.push_back({&lock, mask.irq_off});
  ++mask.spinlocks;
  if (mode == SpinMode::bh) ++mask.bh_off;
  if (mode == SpinMode::irq || mode == SpinMode::irqsave) mask.irq_off = true;
  record(actor, EventKind::spin_lock, {.object = id_of(actor, lock)});
}

void restore_mask(ContextMask& mask, const HeldSpinlock& held, SpinMode mode) {
  --mask.spinlocks;
  if (mode == SpinMode::bh && mask.bh_off > 0) --mask.bh_off;
  if (mode == SpinMode::irq) mask.irq_off = false;
  if (mode == SpinMode::irqsave) mask.irq_off = held.had_irq_off;
}

}  // namespace

void mutex_lock(Mutex& mutex, const Place& place) {
  Actor& actor = current_actor();
  if (!begin_operation(actor)) return;
  check_object_alive(actor, &mutex, place);
  check_may_sleep(actor, "mutex_lock", place);
  if (is_held(mutex)) report_recursion(actor, mutex, "mutex", place);
  if (!try_take(mutex)) {
    record(actor, EventKind::mutex_contended,
           {.object = id_of(actor, mutex), .value = mutex.owner.load(std::memory_order_relaxed)});
    if (!wait_to_take(actor, mutex)) {
      may_go_on(actor);
      return;
    }
  }
  note_taken(actor, mutex);
}

bool mutex_trylock(Mutex& mutex, const Place& place) {
  Actor& actor = current_actor();
  if (!begin_operation(actor, Counts::idle)) return false;
  check_object_alive(actor, &mutex, place);
  check_trylock_context(actor, place);
  if (!try_take(mutex)) return false;
  count_operation(actor);
  note_taken(actor, mutex);
  return true;
}

void mutex_unlock(Mutex& mutex, const Place& place) {
  Actor& actor = current_actor();
  if (!begin_release(actor)) return;
  const auto held = std::find(actor.held.rbegin(), actor.held.rend(), &mutex);
  if (held == actor.held.rend()) return report_imbalance(actor, mutex, place);
  actor.held.erase(std::next(held).base());
  record(actor, EventKind::mutex_unlock, {.object = id_of(actor, mutex)});
  let_go(mutex);
}

bool is_held(const Mutex& mutex) {
  const Actor* actor = thread_slot.actor;
  return actor != nullptr &&
         std::find(actor->held.begin(), actor->held.end(), &mutex) != actor->held.end();
}

void spin_lock(Spinlock& lock, SpinMode mode, const Place& place) {
  Actor& actor = current_actor();
  if (!begin_operation(actor)) return;
  check_object_alive(actor, &lock, place);
  if (is_held(lock)) report_recursion(actor, lock, "spinlock", place);
  if (!try_take_as_reader(actor, lock, try_take)) {
    record(actor, EventKind::spin_contended,
           {.object = id_of(actor, lock), .value = lock.owner.load(std::memory_order_relaxed)});
    if (!spin_to_take(actor, lock)) {
      may_go_on(actor);
      return;
    }
  }
  note_taken(actor, lock, mode);
}

bool spin_trylock(Spinlock& lock, const Place& place) {
  Actor& actor = current_actor();
  if (!begin_operation(actor, Counts::idle)) return false;
  check_object_alive(actor, &lock, place);
  if (!try_take_as_reader(actor, lock, try_take)) return false;
  count_operation(actor);
  note_taken(actor, lock, SpinMode::plain);
  return true;
}

void spin_unlock(Spinlock& lock, SpinMode mode, const Place& place) {
  Actor& actor = current_actor();
  if (!begin_release(actor)) return;
  const auto held =
      std::find_if(actor.held_spinlocks.begin(), actor.held_spinlocks.end(),
                   [&lock](const HeldSpinlock& candidate) { return candidate.lock == &lock; });
  if (held == actor.held_spinlocks.end()) return report_imbalance(actor, lock, place);
  if (mode == SpinMode::bh) check_bh_enable(actor, place);
  const HeldSpinlock released = *held;
  actor.held_spinlocks.erase(held);
  record(actor, EventKind::spin_unlock, {.object = id_of(actor, lock)});
  let_go(lock);
  restore_mask(actor.mask, released, mode);
  if (!actor.mask.any()) leave_masked_section(actor);
}

bool is_held(const Spinlock& lock) {
  const Actor* actor = thread_slot.actor;
  return actor != nullptr &&
         std::any_of(actor->held_spinlocks.begin(), actor->held_spinlocks.end(),
                     [&lock](const HeldSpinlock& held) { return held.lock == &lock; });
}

}  // namespace rcuscope::live
