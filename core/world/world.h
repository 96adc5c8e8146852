// SPDX-License-Identifier: LGPL-2.1-or-later
// World: what a place to run in supplies: Live (liburcu), Model (every schedule), Recording (a
// log).
//
// A world is a small value that is copied freely: Live is empty, Model and Recording hold a
// pointer. What two actors share is a type of the world: shared<T>, mutex, refcount, name_set,
// work_struct. A bare C++ field is private to one actor, or constant after set-up. Objects of the
// studied program live on the world's heap (kzalloc, kfree): C++ destructors do not run for them,
// so their types are trivially destructible. Names given to constructors of world types are string
// literals. Objects of world types may also stand outside the heap, as the kernel's static ones do
// (a list head, a global mutex): those are always alive, and object_id() gives them an id of their
// own or none.
//
// Every primitive takes the caller's Place last, with Place::current() as its default. Context
// rules (who may sleep where) are KERNEL_FACTS 2.1; the worlds check them and report findings in
// the kernel's words. Faults of the studied program are reported by the world and end the actor by
// an exception that only the world catches: code between here and there must be exception safe and
// must not swallow `...`.
//
// The locals of an actor own no memory while it runs a primitive, since Model goes back without
// unwinding stacks; where they do, they are preceded by an Owning.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/context.h"
#include "base/ids.h"
#include "base/place.h"
#include "trace/event.h"
#include "trace/finding.h"
#include "world/access.h"
#include "world/actor_spec.h"
#include "world/mask.h"
#include "world/pointer.h"

namespace rcuscope {

/// How the end of a run treats a heap object (API.md 5, "Leak").
enum class Lifetime : std::uint8_t {
  ordinary,  ///< Leaked when nothing reaches it.
  root,  ///< Never leaked, and what it points to is reachable: a registered device, a live group.
  must_be_freed  ///< Leaked when still allocated: a device after device_unregister returned.
};

// clang-format off
template <class W>
concept World = std::copyable<W> && requires(
    W w, typename W::template shared<int>& location, const typename W::template shared<int>& const_location,
    typename W::mutex& lock, typename W::spinlock& spinlock, typename W::completion& done,
    typename W::srcu_struct& domain, typename W::refcount& count, typename W::name_set& names,
    typename W::work_struct& work, int* object, std::string text, std::string_view view, Callback callback,
    ActorSpec actor, Place place) {
  requires std::constructible_from<typename W::Owning, const W&>;
  // --- memory: `shared<T>(literal name, T initial)`; T is trivially copyable and at most 16 bytes
  { w.read(const_location, Access::once, place) } -> std::same_as<int>;
  { w.write(location, 1, Access::once, place) } -> std::same_as<void>;
  { w.fetch_add(location, 1, Access::full, place) } -> std::same_as<int>;  // integers; the old value
  { w.exchange(location, 1, Access::full, place) } -> std::same_as<int>;
  // compare-and-exchange: returns the old value; it was stored iff that equals `expected`
  { w.compare_exchange(location, 1, 2, Access::full, place) } -> std::same_as<int>;
  { w.memory_barrier(Barrier::full, place) } -> std::same_as<void>;

  // --- heap: the new object is zeroed and constructed with the further arguments; kfree ends it.
  // Type and name are for people: ("group_device", "0000:01:00.0"). The type is a literal.
  { w.template kzalloc<int>("type", view, place, 0) } -> std::same_as<ptr<int>>;
  { w.kfree(ptr<int>(object), place) } -> std::same_as<void>;
  { w.kfree_rcu(ptr<int>(object), place) } -> std::same_as<void>;          // any context
  { w.kfree_rcu_mightsleep(ptr<int>(object), place) } -> std::same_as<void>;  // sleeps
  { w.object_id(static_cast<const void*>(object)) } -> std::same_as<ObjectId>;  // of the object around an address
  { w.set_lifetime(static_cast<const void*>(object), Lifetime::root) } -> std::same_as<void>;
  { w.intern(view) } -> std::same_as<StringId>;                            // no operation
  { w.text(StringId{}) } -> std::convertible_to<std::string_view>;

  // --- readers and grace periods
  { w.rcu_read_lock(place) } -> std::same_as<void>;
  { w.rcu_read_unlock(place) } -> std::same_as<void>;
  { w.rcu_read_lock_held() } -> std::same_as<bool>;      // an explicit section; no operation
  { w.rcu_read_lock_any_held() } -> std::same_as<bool>;  // or any implicit one; no operation
  { w.synchronize_rcu(place) } -> std::same_as<void>;    // sleeps
  { w.synchronize_rcu_expedited(place) } -> std::same_as<void>;
  { w.call_rcu(text, callback, place) } -> std::same_as<void>;  // text: name of the callback; any context
  { w.rcu_barrier(place) } -> std::same_as<void>;        // sleeps; callbacks only
  { w.kvfree_rcu_barrier(place) } -> std::same_as<void>; // sleeps; kfree_rcu only
  // polled: true once a grace period that started after the cookie was taken has ended; any context
  { w.get_state_synchronize_rcu(place) } -> std::same_as<std::int64_t>;
  { w.start_poll_synchronize_rcu(place) } -> std::same_as<std::int64_t>;  // and starts one
  { w.poll_state_synchronize_rcu(std::int64_t{}, place) } -> std::same_as<bool>;
  { w.cond_synchronize_rcu(std::int64_t{}, place) } -> std::same_as<void>;  // sleeps

  // --- sleepable RCU: `srcu_struct(literal name)`; grace periods wait for sections of their domain only
  { w.srcu_read_lock(domain, place) } -> std::same_as<int>;             // any context; the section may sleep
  { w.srcu_read_unlock(domain, int{}, place) } -> std::same_as<void>;   // the index that srcu_read_lock returned
  { w.srcu_read_lock_held(domain) } -> std::same_as<bool>;              // no operation
  { w.synchronize_srcu(domain, place) } -> std::same_as<void>;          // sleeps
  { w.call_srcu(domain, text, callback, place) } -> std::same_as<void>; // runs in a kworker with BH off
  { w.srcu_barrier(domain, place) } -> std::same_as<void>;              // sleeps

  // --- work: `work_struct(literal name)`, then init_work once
  { w.init_work(work, text, callback) } -> std::same_as<void>;
  { w.queue_work(work, place) } -> std::same_as<bool>;       // false: was pending; any context
  { w.queue_rcu_work(work, place) } -> std::same_as<bool>;   // after a grace period; any context
  { w.flush_work(work, place) } -> std::same_as<void>;       // sleeps
  { w.flush_rcu_work(work, place) } -> std::same_as<void>;   // sleeps
  { w.cancel_work_sync(work, place) } -> std::same_as<bool>; // sleeps; true: was pending
  { w.disable_work_sync(work, place) } -> std::same_as<bool>;
  { w.enable_work(work, place) } -> std::same_as<bool>;
  { w.flush_workqueue(place) } -> std::same_as<void>;        // sleeps; not for work before its grace period's end

  // --- locks: `mutex(literal name)`, `spinlock(literal name)`
  { w.mutex_lock(lock, place) } -> std::same_as<void>;       // sleeps
  { w.mutex_trylock(lock, place) } -> std::same_as<bool>;
  { w.mutex_unlock(lock, place) } -> std::same_as<void>;
  { w.is_held(lock) } -> std::same_as<bool>;                 // by the caller; no operation
  { w.spin_lock(spinlock, SpinMode::irqsave, place) } -> std::same_as<void>;  // any context; its holder is a reader
  { w.spin_trylock(spinlock, place) } -> std::same_as<bool>;
  { w.spin_unlock(spinlock, SpinMode::irqsave, place) } -> std::same_as<void>;
  { w.is_held(spinlock) } -> std::same_as<bool>;
  { w.mask(Mask::irq, place) } -> std::same_as<void>;        // the caller is a reader until unmask
  { w.unmask(Mask::irq, place) } -> std::same_as<void>;
  { w.has_irqs_off() } -> std::same_as<bool>;                // by mask or spin_lock; no operation

  // --- waiting: `completion(literal name)`; relax stands in a loop that reads until something changes
  { w.complete(done, place) } -> std::same_as<void>;         // any context
  { w.wait_for_completion(done, place) } -> std::same_as<void>;  // sleeps
  { w.relax(place) } -> std::same_as<void>;

  // --- reference counts: `refcount(literal name, int initial)`; kind: get_device, put_device, kref_get ...
  // Results are the count afterwards. Addition on 0 and underflow are findings; the count saturates then.
  { w.refcount_inc(count, EventKind::get_device, place) } -> std::same_as<int>;
  { w.refcount_dec(count, EventKind::put_device, place) } -> std::same_as<int>;
  { w.refcount_inc_not_zero(count, EventKind::kref_get, place) } -> std::same_as<bool>;
  { w.refcount_read(count, place) } -> std::same_as<int>;

  // --- sets of names, one atomic step each (sysfs directories): `name_set(literal name)`; sleep
  { w.add_name(names, StringId{}, EventKind::sysfs_create_link, place) } -> std::same_as<bool>;  // false: exists
  { w.remove_name(names, StringId{}, EventKind::sysfs_remove_link, place) } -> std::same_as<bool>;

  // --- context
  { w.might_sleep(view, place) } -> std::same_as<void>;  // checks only; view: what may sleep
  { w.context() } -> std::same_as<Context>;
  // --- log: an event without operation; a value that event.def calls a string id is one of intern()
  { w.trace(EventKind::note, static_cast<const void*>(nullptr), std::int64_t{}, place) } -> std::same_as<void>;
  // --- reports a defect at the caller; fatal kinds do not return. The object may be null.
  { w.report(FindingKind::warn_on, static_cast<const void*>(nullptr), text, place) } -> std::same_as<void>;

  // --- actors: declared in set-up; run_actors returns when all of them, all callbacks and all work have ended
  // Called again, it waits for the callbacks and the work that were queued since.
  { w.declare(actor) } -> std::same_as<void>;
  { w.run_actors() } -> std::same_as<void>;
  // --- after run_actors, before teardown: reports what leaked (API.md 5)
  { w.check_end_of_run() } -> std::same_as<void>;
};
// clang-format on

}  // namespace rcuscope
