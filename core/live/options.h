// SPDX-License-Identifier: LGPL-2.1-or-later
// What a live run is given and what it gives back: options, hooks, statistics, result.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/time.h"
#include "live/grace_period.h"
#include "trace/finding.h"
#include "trace/store.h"

namespace rcuscope {

enum class TraceLevel : std::uint8_t {
  off,
  logical,  ///< Every event in the order of updates; no clock is read. The trace counts in steps.
  section,  ///< No single accesses; one record for an outermost section.
  full,     ///< Every event with a time stamp.
};

struct LiveOptions {
  std::string flavor = "memb";  ///< memb, mb, bp or qsbr.
  TraceLevel trace = TraceLevel::full;
  Nanoseconds timeout = 10'000'000'000;  ///< Without progress: deadlock or stall.
  /// Events that a thread can be ahead of the drain: at 10 M events/s, 50 ms in which the drain has
  /// no processor. Memory is taken as it is used.
  std::uint32_t ring_slot_count = 1U << 19;
  std::uint64_t event_count_max = 1U << 25;  ///< Events kept; further ones count as lost.
  std::size_t heap_bytes_max = std::size_t{1} << 30;
  std::uint64_t seed = 1;  ///< Of the small delays that vary repetitions.
};

/// Called on the run's own threads, so that a binding can attach its interpreter to them. None may
/// throw. before_wait and after_wait enclose everything in bodies, callbacks and work functions
/// that may wait for another thread: an interpreter's lock is released in between.
struct LiveHooks {
  std::function<void()> on_thread_start;
  std::function<void()> on_thread_end;
  std::function<void()> before_wait;
  std::function<void()> after_wait;
};

struct LiveStatistics {
  std::uint64_t repetition_count = 0;
  std::uint64_t finding_count = 0;  ///< Findings of all repetitions, equal ones included.
  std::uint64_t section_count = 0;  ///< Outermost explicit read-side critical sections.
  double sections_per_second = 0;
  Nanoseconds duration = 0;  ///< Time in which actors ran, summed over the repetitions.
  std::uint64_t callback_count = 0;
  std::uint64_t work_count = 0;
  std::uint64_t events_lost_count = 0;
  live::LatencyPercentiles grace_period;    ///< synchronize_rcu, from call to return.
  live::LatencyPercentiles callback_delay;  ///< call_rcu and kfree_rcu, from call to invocation.
};

struct LiveResult {
  TraceStore trace;
  std::vector<Finding> findings;  ///< Each distinct one once.
  LiveStatistics statistics;
};

/// How one repetition ended.
struct LiveOutcome {
  std::uint64_t finding_count = 0;
  bool was_cancelled = false;  ///< The poll function said so.
  bool stood_still = false;    ///< Deadlock or stall: another repetition would cost as much time.
  bool was_abandoned = false;  ///< A fatal finding, deadlock, stall or cancellation cut it short.
};

}  // namespace rcuscope
