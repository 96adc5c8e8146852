// SPDX-License-Identifier: LGPL-2.1-or-later
// The read side of liburcu's memb flavor, inline; liburcu's macros end with this file.
//
// liburcu allows its inlines to LGPL code by _LGPL_SOURCE. Under ThreadSanitizer the functions are
// called instead: liburcu's own protocol, instrumented here and not in the library, looks racy.
#pragma once

#if !defined(__SANITIZE_THREAD__) && !defined(_LGPL_SOURCE)
#define _LGPL_SOURCE
#endif
#include <urcu/urcu-memb.h>

#include <atomic>

#if defined(__SANITIZE_THREAD__)
extern "C" void __tsan_acquire(void* address);
extern "C" void __tsan_release(void* address);
#endif

namespace rcuscope::live {

#if defined(__SANITIZE_THREAD__)
// Addresses that stand for the order that liburcu keeps and TSan cannot see in the library.
inline constinit char sections_ended = 0;
inline constinit char grace_period_started = 0;
/// What a section did comes before the end of a grace period that waits for it; what was done
/// before call_rcu comes before the callback.
inline void tsan_release() { __tsan_release(&sections_ended); }
inline void tsan_acquire() { __tsan_acquire(&sections_ended); }
/// What was done before a grace period is seen by each section that it does not wait for.
inline void tsan_release_to_sections() { __tsan_release(&grace_period_started); }
inline void tsan_enter_section() { __tsan_acquire(&grace_period_started); }
inline unsigned long* memb_reader() { return nullptr; }
inline void memb_read_lock(unsigned long*) {
  urcu_memb_read_lock();
  tsan_enter_section();
}
inline void memb_read_unlock(unsigned long*) {
  tsan_release();
  urcu_memb_read_unlock();
}
#else
/// The calling thread's counter, for as long as the thread lives. Null: there is no fast path,
/// since the kernel has no sys_membarrier and readers need barriers of their own; that never
/// changes.
inline unsigned long* memb_reader() {
  return urcu_memb_has_sys_membarrier ? &URCU_TLS(urcu_memb_reader).ctr : nullptr;
}
[[gnu::always_inline]] inline void tsan_release() {}
[[gnu::always_inline]] inline void tsan_acquire() {}
[[gnu::always_inline]] inline void tsan_release_to_sections() {}
[[gnu::always_inline]] inline void tsan_enter_section() {}
/// _urcu_memb_read_lock() and unlock, with the thread's counter given: in C++ liburcu asks at each
/// use whether its thread-local variable needs a constructor, and a shared library calls for it.
/// Nor is asked for sys_membarrier again: memb_reader() has found it.
[[gnu::always_inline]] inline void memb_read_lock(unsigned long* reader) {
  std::atomic_signal_fence(std::memory_order_seq_cst);
  const std::atomic_ref counter(*reader);
  const unsigned long nesting = counter.load(std::memory_order_relaxed);
  if ((nesting & URCU_GP_CTR_NEST_MASK) == 0) [[likely]] {
    const std::atomic_ref grace_period(urcu_memb_gp.ctr);
    counter.store(grace_period.load(std::memory_order_relaxed), std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);  // pairs with the updater's membarrier
  } else {
    counter.store(nesting + URCU_GP_COUNT, std::memory_order_relaxed);
  }
}
[[gnu::always_inline]] inline void memb_read_unlock(unsigned long* reader) {
  const std::atomic_ref counter(*reader);
  const unsigned long nesting = counter.load(std::memory_order_relaxed);
  if ((nesting & URCU_GP_CTR_NEST_MASK) == URCU_GP_COUNT) [[likely]] {
    std::atomic_signal_fence(std::memory_order_seq_cst);
    counter.store(nesting - URCU_GP_COUNT, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    urcu_common_wake_up_gp(&urcu_memb_gp);
  } else {
    counter.store(nesting - URCU_GP_COUNT, std::memory_order_relaxed);
  }
  std::atomic_signal_fence(std::memory_order_seq_cst);
}
#endif

}  // namespace rcuscope::live

// These are macros with the names of our functions.
#undef rcu_dereference
#undef rcu_assign_pointer
#undef rcu_cmpxchg_pointer
#undef rcu_xchg_pointer
#undef rcu_set_pointer
#undef urcu_memb_read_lock
#undef urcu_memb_read_unlock
#undef urcu_memb_read_ongoing
