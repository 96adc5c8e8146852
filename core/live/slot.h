// SPDX-License-Identifier: LGPL-2.1-or-later
// ThreadSlot: what the inline fast paths look at; one for each thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace rcuscope {
class EventRing;
}

namespace rcuscope::live {

struct Actor;
class TypeLayout;

/// Atomics here are written by their own thread (nesting, section_count) or by the supervisor
/// (is_*_slow), always relaxed: they compile to plain moves.
struct ThreadSlot {
  /// Added to `nesting` of threads whose sections are not fast, so that unlock needs one compare.
  /// With it liburcu nests once for all explicit sections, without it once for each.
  static constexpr std::uint32_t slow_bias = 1U << 31;

  std::atomic<std::uint32_t> nesting{0};  ///< Explicit sections open, plus slow_bias.
  /// The thread's counter in liburcu's memb flavor, if its sections are fast. Null: not attached,
  /// traced, another flavor, ending ...
  std::atomic<unsigned long*> fast_reader{nullptr};
  unsigned long* reader = nullptr;          ///< The same, constant while an actor is on the thread.
  std::atomic<bool> is_access_slow{false};  ///< Each access is traced, or hands the CPU over.
  std::atomic<std::uint64_t> section_count{0};  ///< Outermost sections that have ended.
  Actor* actor = nullptr;                       ///< Null until the thread's first slow primitive.
  TypeLayout* layout = nullptr;                 ///< Set while the first object of a type is built.
  EventRing* ring = nullptr;                    ///< Of a run's own thread, where it records.
  bool belongs_to_run = false;                  ///< Registered with liburcu by the run or liburcu.

  std::uint32_t depth() const { return nesting.load(std::memory_order_relaxed) & ~slow_bias; }
  bool is_slow() const { return (nesting.load(std::memory_order_relaxed) & slow_bias) != 0; }
  void add_nesting(std::uint32_t difference) {
    nesting.store(nesting.load(std::memory_order_relaxed) + difference, std::memory_order_relaxed);
  }
  void count_section() {
    section_count.store(section_count.load(std::memory_order_relaxed) + 1,
                        std::memory_order_relaxed);
  }
};

// constinit: without it each use would call a function that asks whether it is initialised.
inline constinit thread_local ThreadSlot thread_slot;

}  // namespace rcuscope::live
