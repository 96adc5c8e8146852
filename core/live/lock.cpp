// SPDX-License-Identifier: LGPL-2.1-or-later
// Mutexes on a futex (Drepper, "Futexes Are Tricky", mutex 2); a waiter looks up now and then,
// because the repetition may be over.
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

#include "live/operation.h"
#include "live/primitives.h"

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

bool try_take(Mutex& mutex) {
  std::uint32_t expected = unlocked;
  return mutex.state.compare_exchange_strong(expected, locked, std::memory_order_acquire);
}

ObjectId id_of(const Actor& actor, Mutex& mutex) {
  if (actor.ring == nullptr) return {};
  if (mutex.id.load(std::memory_order_relaxed) < 0) {
    mutex.id.store(id_of_part(actor, &mutex, mutex.name, "mutex").value, std::memory_order_relaxed);
  }
  return {mutex.id.load(std::memory_order_relaxed)};
}

/// Return: false if the repetition ended first.
bool wait_to_take(Actor& actor, Mutex& mutex) {
  const WaitScope scope(actor, Wait::mutex, &mutex);
  while (mutex.state.exchange(contended, std::memory_order_acquire) != unlocked) {
    if (actor.repetition != nullptr && actor.repetition->is_abandoned()) return false;
    futex_wait(mutex.state, contended);
  }
  return true;
}

void note_taken(Actor& actor, Mutex& mutex) {
  mutex.owner.store(actor.id.value, std::memory_order_relaxed);
  actor.held.push_back(&mutex);
  record(actor, EventKind::mutex_lock, {.object = id_of(actor, mutex)});
}

void check_recursion(Actor& actor, const Mutex& mutex, const Place& place) {
  if (!is_held(mutex)) return;
  report_fault(
      actor,
      {.kind = FindingKind::deadlock,
       .object = &mutex,
       .message = std::string("WARNING: possible recursive locking detected: '") + actor.name +
                  "' takes the mutex " + mutex.name + ", which it holds already",
       .where = std::string(mutex.name) + " in " + actor.name},
      place);
}

}  // namespace

void mutex_lock(Mutex& mutex, const Place& place) {
  Actor& actor = current_actor();
  if (!begin_operation(actor)) return;
  check_object_alive(actor, &mutex, place);
  check_may_sleep(actor, "mutex_lock", place);
  check_recursion(actor, mutex, place);
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
  if (!begin_operation(actor)) return false;
  check_object_alive(actor, &mutex, place);
  if (!try_take(mutex)) return false;
  note_taken(actor, mutex);
  return true;
}

void mutex_unlock(Mutex& mutex, const Place& place) {
  Actor& actor = current_actor();
  if (!begin_release(actor)) return;
  const auto held = std::find(actor.held.rbegin(), actor.held.rend(), &mutex);
  if (held == actor.held.rend()) {
    note_fault(actor,
               {.kind = FindingKind::lock_imbalance,
                .object = &mutex,
                .message = "WARNING: bad unlock balance detected! " + actor.name + " unlocks " +
                           mutex.name + ", which it does not hold",
                .where = std::string(mutex.name) + " in " + actor.name},
               place);
    return;
  }
  actor.held.erase(std::next(held).base());
  record(actor, EventKind::mutex_unlock, {.object = id_of(actor, mutex)});
  mutex.owner.store(-1, std::memory_order_relaxed);
  if (mutex.state.exchange(unlocked, std::memory_order_release) == contended) {
    futex_wake_one(mutex.state);
  }
}

bool is_held(const Mutex& mutex) {
  const Actor* actor = thread_slot.actor;
  return actor != nullptr &&
         std::find(actor->held.begin(), actor->held.end(), &mutex) != actor->held.end();
}

}  // namespace rcuscope::live
