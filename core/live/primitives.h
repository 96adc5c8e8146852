// SPDX-License-Identifier: LGPL-2.1-or-later
// The primitives of Live that are not inline: slow paths, waits, and everything that updates.
//
// All act for the calling thread's actor. On a thread that no LiveRun started, readers, grace
// periods and mutexes work (the thread is registered with liburcu on first use); what needs a run
// throws UsageError.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "live/heap.h"
#include "live/objects.h"
#include "world/world.h"

namespace rcuscope::live {

enum class AccessKind : bool { load, store };

// --- readers
void read_lock_slow();
void read_unlock_slow();
bool is_reader();  ///< Explicit or implicit.

// --- memory: before_access when slot.is_access_slow, check_alive when poison was seen. A place
// comes in pieces, so that it stays in registers and out of the fast path's stack.
void before_access(const void* location, Access access, AccessKind kind);
void check_alive(const void* address, const char* file, const char* function, std::uint32_t line);
/// A location of pointers changed: publication and unlinking of what it pointed to.
void pointer_changed(const void* location, const void* old_object, const void* new_object,
                     Access access);
void publish_entry(const void* node);

// --- heap
Heap::Slot begin_kzalloc(const Heap::Type& type, std::string_view name, const Place& place);
void end_kzalloc(const Heap::Type& type, bool was_built);
void kfree(const void* object, const Place& place);
void kfree_rcu(const void* object, const Place& place);
void kfree_rcu_mightsleep(const void* object, const Place& place);
ObjectId object_id(const void* address);
void set_lifetime(const void* object, Lifetime lifetime);
StringId intern(std::string_view text);
std::string_view text(StringId id);

// --- grace periods and callbacks
void synchronize_rcu(bool is_expedited, const Place& place);
void call_rcu(std::string name, Callback callback, const Place& place);
void rcu_barrier(const Place& place);
void kvfree_rcu_barrier(const Place& place);

// --- polled grace periods
Cookie get_state_synchronize_rcu(const Place& place);
Cookie start_poll_synchronize_rcu(const Place& place);
bool poll_state_synchronize_rcu(Cookie cookie, const Place& place);
void cond_synchronize_rcu(Cookie cookie, const Place& place);

// --- sleepable RCU
int srcu_read_lock(SrcuStruct& domain, const Place& place);
void srcu_read_unlock(SrcuStruct& domain, int index, const Place& place);
bool srcu_read_lock_held(const SrcuStruct& domain);
void synchronize_srcu(SrcuStruct& domain, const Place& place);
void call_srcu(SrcuStruct& domain, std::string name, Callback callback, const Place& place);
void srcu_barrier(SrcuStruct& domain, const Place& place);

// --- work
void init_work(WorkStruct& work, std::string name, Callback function);
bool queue_work(WorkStruct& work, bool after_grace_period, const Place& place);
void flush_work(WorkStruct& work, const Place& place);
bool cancel_work_sync(WorkStruct& work, bool disables, const Place& place);
bool enable_work(WorkStruct& work, const Place& place);
void flush_workqueue(const Place& place);

// --- locks
void mutex_lock(Mutex& mutex, const Place& place);
bool mutex_trylock(Mutex& mutex, const Place& place);
void mutex_unlock(Mutex& mutex, const Place& place);
bool is_held(const Mutex& mutex);
void spin_lock(Spinlock& lock, SpinMode mode, const Place& place);
bool spin_trylock(Spinlock& lock, const Place& place);
void spin_unlock(Spinlock& lock, SpinMode mode, const Place& place);
bool is_held(const Spinlock& lock);

// --- what may interrupt the caller
void mask(Mask what, const Place& place);
void unmask(Mask what, const Place& place);
bool has_irqs_off();

// --- completions, and loops that wait
void complete(Completion& completion, const Place& place);
void wait_for_completion(Completion& completion, const Place& place);
void relax(const Place& place);

// --- reference counts and sets of names
int refcount_inc(Refcount& count, EventKind kind, const Place& place);
int refcount_dec(Refcount& count, EventKind kind, const Place& place);
bool refcount_inc_not_zero(Refcount& count, EventKind kind, const Place& place);
int refcount_read(const Refcount& count, const Place& place);
bool add_name(NameSet& names, StringId name, EventKind kind, const Place& place);
bool remove_name(NameSet& names, StringId name, EventKind kind, const Place& place);

// --- context, log, actors
void might_sleep(std::string_view what, const Place& place);
Context context();
void trace(EventKind kind, const void* object, std::int64_t value, const Place& place);
void report(FindingKind kind, const void* object, std::string text, const Place& place);
void declare(ActorSpec actor);
void run_actors();
void check_end_of_run();

}  // namespace rcuscope::live
