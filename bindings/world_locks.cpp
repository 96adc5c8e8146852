// SPDX-License-Identifier: LGPL-2.1-or-later
// Kernel's locks, what an actor switches off on its CPU, completions. Spinlocks and switches are
// hot: loops of scenarios consist of them.
#include <string>

#include "call.h"
#include "errors.h"

namespace rcuscope::bindings {
namespace {

#define RCUSCOPE_TEXT(signature, text) signature "\n\n" text

// ---- mutexes
constexpr Spec mutex{"mutex",
                     RCUSCOPE_TEXT("mutex(self, name: str) -> Mutex",
                                   "A sleeping lock; also `with m:`."
                                   "\n\nContext: any.\nSource: include/linux/mutex.h."),
                     [](Call& call) {
                       return to_python(
                           call.kernel(),
                           Value::handle(Tag::mutex, call.world().make_mutex(call.text(0))));
                     },
                     {"name"},
                     1};
constexpr Spec mutex_lock{
    "mutex_lock",
    RCUSCOPE_TEXT("mutex_lock(self, mutex: Mutex) -> None",
                  "Takes it.\n\nContext: process; sleeps.\nReports: sleeping_in_atomic where the "
                  "caller must not sleep, deadlock.\nSource: kernel/locking/mutex.c."),
    [](Call& call) {
      call.world().mutex_lock(call.address(0, Tag::mutex), call.place());
      return none();
    },
    {"mutex"},
    1};
constexpr Spec mutex_unlock{
    "mutex_unlock",
    RCUSCOPE_TEXT("mutex_unlock(self, mutex: Mutex) -> None",
                  "Releases it.\n\nContext: process; the owner.\nReports: lock_imbalance if the "
                  "caller does not hold it.\nSource: kernel/locking/mutex.c."),
    [](Call& call) {
      call.world().mutex_unlock(call.address(0, Tag::mutex), call.place());
      return none();
    },
    {"mutex"},
    1};
constexpr Spec mutex_trylock{
    "mutex_trylock",
    RCUSCOPE_TEXT("mutex_trylock(self, mutex: Mutex) -> bool",
                  "Takes it if it is free; True then. Does not sleep.\n\nContext: process; does "
                  "not sleep.\nSource: kernel/locking/mutex.c."),
    [](Call& call) {
      return boolean(call.world().mutex_trylock(call.address(0, Tag::mutex), call.place()));
    },
    {"mutex"},
    1};

// ---- what lockdep knows
/// A handle of a mutex or a spinlock.
HandleObject* any_lock(Call& call) {
  return call.handle(0, is_handle(call.argument(0), Tag::spinlock) ? Tag::spinlock : Tag::mutex);
}
bool is_held(Call& call) {
  const Value lock = any_lock(call)->value;
  return call.world().is_held(lock.tag(), lock.pointer());
}
constexpr Spec lockdep_is_held{
    "lockdep_is_held",
    RCUSCOPE_TEXT("lockdep_is_held(self, lock: Mutex | Spinlock) -> bool",
                  "Whether the caller holds it. No operation.\n\nSource: include/linux/lockdep.h."),
    [](Call& call) { return boolean(is_held(call)); },
    {"lock"},
    1};
constexpr Spec lockdep_assert_held{
    "lockdep_assert_held",
    RCUSCOPE_TEXT("lockdep_assert_held(self, lock: Mutex | Spinlock) -> None",
                  "Reports `warn_on` unless the caller holds it. No operation.\n\nReports: warn_on "
                  "unless the caller holds it.\nSource: include/linux/lockdep.h."),
    [](Call& call) {
      if (is_held(call)) return none();
      call.world().report(FindingKind::warn_on, "WARNING: WARN_ON(!lockdep_is_held(lock))",
                          Call::place_now());
      return none();
    },
    {"lock"},
    1};

// ---- spinlocks
constexpr Spec spinlock{
    "spinlock",
    RCUSCOPE_TEXT("spinlock(self, name: str) -> Spinlock",
                  "A lock whose holder may not sleep or be preempted, and is a reader for "
                  "synchronize_rcu; also `with s:`."
                  "\n\nContext: any.\nSource: include/linux/spinlock.h."),
    [](Call& call) {
      return to_python(call.kernel(),
                       Value::handle(Tag::spinlock, call.world().make_spinlock(call.text(0))));
    },
    {"name"},
    1};

template <SpinMode mode>
PyObject* lock_spinlock(Call& call) {
  call.world().spin_lock(call.address(0, Tag::spinlock), mode, call.place());
  return none();
}
template <SpinMode mode>
PyObject* unlock_spinlock(Call& call) {
  call.world().spin_unlock(call.address(0, Tag::spinlock), mode, call.place());
  return none();
}

constexpr Spec spin_lock{
    "spin_lock",
    RCUSCOPE_TEXT("spin_lock(self, lock: Spinlock) -> None",
                  "Spins until it is free.\n\nContext: any.\nReports: deadlock if the holder never "
                  "lets go.\nSource: include/linux/spinlock.h."),
    lock_spinlock<SpinMode::plain>,
    {"lock"},
    1};
constexpr Spec spin_unlock{
    "spin_unlock",
    RCUSCOPE_TEXT("spin_unlock(self, lock: Spinlock) -> None",
                  "Releases it.\n\nContext: the owner.\nReports: lock_imbalance if the caller does "
                  "not hold it.\nSource: include/linux/spinlock.h."),
    unlock_spinlock<SpinMode::plain>,
    {"lock"},
    1};
constexpr Spec spin_trylock{
    "spin_trylock",
    RCUSCOPE_TEXT(
        "spin_trylock(self, lock: Spinlock) -> bool",
        "Takes it if it is free; True then.\n\nContext: any.\nSource: include/linux/spinlock.h."),
    [](Call& call) {
      return boolean(call.world().spin_trylock(call.address(0, Tag::spinlock), call.place()));
    },
    {"lock"},
    1};
constexpr Spec spin_lock_irq{
    "spin_lock_irq",
    RCUSCOPE_TEXT("spin_lock_irq(self, lock: Spinlock) -> None",
                  "The same, with interrupts off.\n\nContext: where interrupts are on.\nReports: "
                  "deadlock.\nSource: include/linux/spinlock.h."),
    lock_spinlock<SpinMode::irq>,
    {"lock"},
    1};
constexpr Spec spin_unlock_irq{
    "spin_unlock_irq",
    RCUSCOPE_TEXT("spin_unlock_irq(self, lock: Spinlock) -> None",
                  "Releases it; interrupts are on then, whatever was.\n\nContext: the "
                  "owner.\nReports: lock_imbalance.\nSource: include/linux/spinlock.h."),
    unlock_spinlock<SpinMode::irq>,
    {"lock"},
    1};
constexpr Spec spin_lock_bh{
    "spin_lock_bh",
    RCUSCOPE_TEXT("spin_lock_bh(self, lock: Spinlock) -> None",
                  "The same, with bottom halves (softirqs) off.\n\nContext: process or "
                  "softirq.\nReports: deadlock.\nSource: include/linux/spinlock.h."),
    lock_spinlock<SpinMode::bh>,
    {"lock"},
    1};
constexpr Spec spin_unlock_bh{
    "spin_unlock_bh",
    RCUSCOPE_TEXT("spin_unlock_bh(self, lock: Spinlock) -> None",
                  "Releases it; undoes one local_bh_disable.\n\nContext: the owner.\nReports: "
                  "lock_imbalance.\nSource: include/linux/spinlock.h."),
    unlock_spinlock<SpinMode::bh>,
    {"lock"},
    1};

PyObject* lock_irqsave(Call& call) {
  const bool were_off = call.world().has_irqs_off();
  call.world().spin_lock(call.address(0, Tag::spinlock), SpinMode::irqsave, call.place());
  return to_python(call.kernel(), Value::integer(were_off ? 1 : 0));
}
/// Flags of another lock are legal (two locks are handed over in a chain): they decide.
PyObject* unlock_irqrestore(Call& call) {
  void* const lock = call.address(0, Tag::spinlock);
  const bool has_flags = call.argument(1) != nullptr && call.argument(1) != Py_None;
  SpinMode mode = SpinMode::irqsave;
  if (has_flags) mode = call.integer(1, 0) == 0 ? SpinMode::irq : SpinMode::plain;
  call.world().spin_unlock(lock, mode, call.place());
  return none();
}
constexpr Spec spin_lock_irqsave{
    "spin_lock_irqsave",
    RCUSCOPE_TEXT(
        "spin_lock_irqsave(self, lock: Spinlock) -> int",
        "The same, with interrupts off; returns the flags for spin_unlock_irqrestore.\n\nContext: "
        "any.\nReports: deadlock.\nSource: include/linux/spinlock.h."),
    lock_irqsave,
    {"lock"},
    1};
constexpr Spec spin_unlock_irqrestore{
    "spin_unlock_irqrestore",
    RCUSCOPE_TEXT("spin_unlock_irqrestore(self, lock: Spinlock, flags: int | None = None) -> None",
                  "Releases it; interrupts are again as `flags` says (by default: as they were "
                  "when this lock was taken).\n\nContext: the owner.\nReports: "
                  "lock_imbalance.\nSource: include/linux/spinlock.h."),
    unlock_irqrestore,
    {"lock", "flags"},
    1};

// ---- what may interrupt the caller
template <Mask what>
PyObject* switch_off(Call& call) {
  call.world().mask(what, call.place());
  return none();
}
template <Mask what>
PyObject* switch_on(Call& call) {
  call.world().unmask(what, call.place());
  return none();
}

constexpr Spec local_irq_disable{
    "local_irq_disable",
    RCUSCOPE_TEXT("local_irq_disable(self) -> None",
                  "No interrupt on this CPU: the caller is a reader and may not sleep. Does not "
                  "nest.\n\nContext: any.\nReports: lock_imbalance if they are off at the actor's "
                  "end.\nSource: include/linux/irqflags.h."),
    switch_off<Mask::irq>};
constexpr Spec local_irq_enable{
    "local_irq_enable",
    RCUSCOPE_TEXT("local_irq_enable(self) -> None",
                  "Interrupts are on again.\n\nContext: any.\nSource: include/linux/irqflags.h."),
    switch_on<Mask::irq>};
constexpr Spec local_bh_disable{
    "local_bh_disable",
    RCUSCOPE_TEXT("local_bh_disable(self) -> None",
                  "No softirq on this CPU: the caller is a reader and may not sleep. "
                  "Nests.\n\nContext: process or softirq.\nReports: lock_imbalance without "
                  "local_bh_enable.\nSource: include/linux/bottom_half.h."),
    switch_off<Mask::bh>};
constexpr Spec local_bh_enable{
    "local_bh_enable",
    RCUSCOPE_TEXT("local_bh_enable(self) -> None",
                  "Undoes one local_bh_disable.\n\nContext: process or softirq.\nReports: "
                  "lock_imbalance without local_bh_disable.\nSource: include/linux/bottom_half.h."),
    switch_on<Mask::bh>};
constexpr Spec preempt_disable{
    "preempt_disable",
    RCUSCOPE_TEXT(
        "preempt_disable(self) -> None",
        "No other task on this CPU: the caller is a reader and may not sleep. Nests.\n\nContext: "
        "any.\nReports: lock_imbalance without preempt_enable.\nSource: include/linux/preempt.h."),
    switch_off<Mask::preempt>};
constexpr Spec preempt_enable{
    "preempt_enable",
    RCUSCOPE_TEXT("preempt_enable(self) -> None",
                  "Undoes one preempt_disable.\n\nContext: any.\nReports: lock_imbalance without "
                  "preempt_disable.\nSource: include/linux/preempt.h."),
    switch_on<Mask::preempt>};
constexpr Spec rcu_read_lock_bh{
    "rcu_read_lock_bh",
    RCUSCOPE_TEXT("rcu_read_lock_bh(self) -> None",
                  "local_bh_disable, for lockdep a section of its own kind: rcu_dereference wants "
                  "rcu_read_lock.\n\nContext: process or softirq.\nReports: lock_imbalance without "
                  "its unlock.\nSource: include/linux/rcupdate.h."),
    switch_off<Mask::rcu_bh>};
constexpr Spec rcu_read_unlock_bh{
    "rcu_read_unlock_bh",
    RCUSCOPE_TEXT("rcu_read_unlock_bh(self) -> None",
                  "Undoes one rcu_read_lock_bh.\n\nContext: process or softirq.\nReports: "
                  "lock_imbalance without its lock.\nSource: include/linux/rcupdate.h."),
    switch_on<Mask::rcu_bh>};
constexpr Spec rcu_read_lock_sched{
    "rcu_read_lock_sched",
    RCUSCOPE_TEXT("rcu_read_lock_sched(self) -> None",
                  "preempt_disable, for lockdep a section of its own kind: rcu_dereference wants "
                  "rcu_read_lock.\n\nContext: any.\nReports: lock_imbalance without its "
                  "unlock.\nSource: include/linux/rcupdate.h."),
    switch_off<Mask::rcu_sched>};
constexpr Spec rcu_read_unlock_sched{
    "rcu_read_unlock_sched",
    RCUSCOPE_TEXT("rcu_read_unlock_sched(self) -> None",
                  "Undoes one rcu_read_lock_sched.\n\nContext: any.\nReports: lock_imbalance "
                  "without its lock.\nSource: include/linux/rcupdate.h."),
    switch_on<Mask::rcu_sched>};

// ---- completions
constexpr Spec completion{
    "completion",
    RCUSCOPE_TEXT("completion(self, name: str) -> Completion",
                  "Something that some wait for and others complete."
                  "\n\nContext: any.\nSource: include/linux/completion.h."),
    [](Call& call) {
      return to_python(call.kernel(),
                       Value::handle(Tag::completion, call.world().make_completion(call.text(0))));
    },
    {"name"},
    1};
constexpr Spec complete{"complete",
                        RCUSCOPE_TEXT("complete(self, completion: Completion) -> None",
                                      "Lets one waiter go on, now or later.\n\nContext: "
                                      "any.\nSource: kernel/sched/completion.c."),
                        [](Call& call) {
                          call.world().complete(call.address(0, Tag::completion), call.place());
                          return none();
                        },
                        {"completion"},
                        1};
constexpr Spec wait_for_completion{
    "wait_for_completion",
    RCUSCOPE_TEXT("wait_for_completion(self, completion: Completion) -> None",
                  "Waits for one complete() that nobody else has used.\n\nContext: process; "
                  "sleeps.\nReports: sleeping_in_atomic where the caller must not sleep, deadlock "
                  "if nobody completes it.\nSource: kernel/sched/completion.c."),
    [](Call& call) {
      call.world().wait_for_completion(call.address(0, Tag::completion), call.place());
      return none();
    },
    {"completion"},
    1};

constexpr Spec cpu_relax{
    "cpu_relax",
    RCUSCOPE_TEXT("cpu_relax(self) -> None",
                  "In a loop that waits: goes on when something that the caller has read has "
                  "changed.\n\nContext: any.\nReports: stall if nobody is left to change "
                  "it.\nSource: arch/x86/include/asm/processor.h."),
    [](Call& call) {
      call.world().cpu_relax(call.place());
      return none();
    }};

#undef RCUSCOPE_TEXT

}  // namespace

std::span<const PyMethodDef> lock_methods() {
  static const PyMethodDef rows[] = {
      method<mutex>(),
      method<mutex_lock>(),
      method<mutex_unlock>(),
      method<mutex_trylock>(),
      method<lockdep_is_held>(),
      method<lockdep_assert_held>(),
      method<spinlock>(),
      method<spin_lock>(),
      method<spin_unlock>(),
      method<spin_trylock>(),
      method<spin_lock_irqsave>(),
      method<spin_unlock_irqrestore>(),
      method<spin_lock_irq>(),
      method<spin_unlock_irq>(),
      method<spin_lock_bh>(),
      method<spin_unlock_bh>(),
      method<local_irq_disable>(),
      method<local_irq_enable>(),
      method<local_bh_disable>(),
      method<local_bh_enable>(),
      method<preempt_disable>(),
      method<preempt_enable>(),
      method<rcu_read_lock_bh>(),
      method<rcu_read_unlock_bh>(),
      method<rcu_read_lock_sched>(),
      method<rcu_read_unlock_sched>(),
      method<completion>(),
      method<complete>(),
      method<wait_for_completion>(),
      method<cpu_relax>(),
  };
  return rows;
}

}  // namespace rcuscope::bindings
