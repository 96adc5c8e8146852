// SPDX-License-Identifier: LGPL-2.1-or-later
// ThreadSlot: what the inline fast paths look at; one for each thread.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/thread_local.h"
#include "trace/event.h"

namespace rcuscope {
class EventRing;
}

namespace rcuscope::live {

struct Actor;
class TypeLayout;

/// Atomics here are written by their own thread, or by the supervisor that ends a repetition
/// (end_fast_paths), always relaxed: they compile to plain moves.
struct ThreadSlot {
  /// The thread's counter in liburcu's memb flavor, if new sections may be fast. Null: not
  /// attached, traced, another flavor, ending ...
  std::atomic<unsigned long*> fast_reader{nullptr};
  /// The same for the end of sections: constant while an actor is on the thread. Null: sections are
  /// counted in `nesting`, and liburcu nests once for all of them.
  unsigned long* reader = nullptr;
  /// liburcu's in one explicit section: one more in an interrupt, and one for what is switched off.
  std::atomic<std::uint32_t> outermost_nesting{1};
  /// The same as fast_reader for sections of levels full and section: they are recorded without the
  /// actor's help, and counted in `nesting`. Null: they take the long way.
  std::atomic<unsigned long*> recorded_reader{nullptr};
  std::atomic<bool> is_access_slow{false};      ///< Each access is traced, or hands the CPU over.
  std::atomic<std::uint32_t> nesting{0};        ///< Explicit sections open, unless `reader` counts.
  std::atomic<std::uint64_t> section_count{0};  ///< Outermost sections that have ended.
  Actor* actor = nullptr;                       ///< Null until the thread's first slow primitive.
  TypeLayout* layout = nullptr;                 ///< Set while the first object of a type is built.
  EventRing* ring = nullptr;                    ///< Of a run's own thread, where it records.
  bool belongs_to_run = false;                  ///< Registered with liburcu by the run or liburcu.
  bool records_locks = false;                   ///< Level full; level section: starts are kept.
  Event lock_event;    ///< What each rcu_read_lock records at recorded_reader, but for the time.
  Event unlock_event;  ///< The same of rcu_read_unlock. Level section: `value` is the start.

  /// Each further primitive takes the slow path. Context: any thread.
  void end_fast_paths() {
    fast_reader.store(nullptr, std::memory_order_relaxed);
    recorded_reader.store(nullptr, std::memory_order_relaxed);
    is_access_slow.store(true, std::memory_order_relaxed);
  }

  /// Requires: `reader` counts.
  bool is_in_outermost_section() const {
    return nesting_of(std::atomic_ref(*reader).load(std::memory_order_relaxed)) ==
           outermost_nesting.load(std::memory_order_relaxed);
  }
  /// Explicit sections that are open.
  std::uint32_t depth() const {
    if (reader == nullptr) return nesting.load(std::memory_order_relaxed);
    return nesting_of(std::atomic_ref(*reader).load(std::memory_order_relaxed)) -
           (outermost_nesting.load(std::memory_order_relaxed) - 1);
  }
  void add_nesting(std::uint32_t difference) {
    nesting.store(nesting.load(std::memory_order_relaxed) + difference, std::memory_order_relaxed);
  }
  /// liburcu nests in the lower half of its counter.
  static std::uint32_t nesting_of(unsigned long counter) {
    return static_cast<std::uint32_t>(counter & ((1UL << (sizeof(counter) * 4)) - 1));
  }
  void count_section() {
    section_count.store(section_count.load(std::memory_order_relaxed) + 1,
                        std::memory_order_relaxed);
  }
};

// constinit: without it each use would call a function that asks whether it is initialised.
inline constinit RCUSCOPE_FAST_THREAD_LOCAL ThreadSlot thread_slot;

}  // namespace rcuscope::live
