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

#if defined(__SANITIZE_THREAD__)
extern "C" void __tsan_acquire(void* address);
extern "C" void __tsan_release(void* address);
#endif

namespace rcuscope::live {

#if defined(__SANITIZE_THREAD__)
inline constinit char grace_period_order = 0;  // an address that stands for "all sections ended"
/// Tells TSan what it cannot see in the library: sections come before the end of a grace period.
inline void note_section_end() { __tsan_release(&grace_period_order); }
inline void note_grace_period_end() { __tsan_acquire(&grace_period_order); }
inline void memb_read_lock() { urcu_memb_read_lock(); }
inline void memb_read_unlock() {
  note_section_end();
  urcu_memb_read_unlock();
}
#else
[[gnu::always_inline]] inline void note_section_end() {}
[[gnu::always_inline]] inline void note_grace_period_end() {}
[[gnu::always_inline]] inline void memb_read_lock() { _urcu_memb_read_lock(); }
[[gnu::always_inline]] inline void memb_read_unlock() { _urcu_memb_read_unlock(); }
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
