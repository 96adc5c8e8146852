// SPDX-License-Identifier: LGPL-2.1-or-later
// GracePeriods: numbers and cookies of grace periods, and how long they took.
//
// A cookie is what get_state_synchronize_rcu returns: the grace period has elapsed once one that
// started after the cookie was taken has ended. It is the verdict on each kfree (LIVE: no reader
// pays for it, and every run gives the same answer).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "base/time.h"

namespace rcuscope::live {

using Cookie = std::int64_t;  ///< Number of grace periods started so far; -1 = none taken.

/// The GracePeriodId in a trace, from 0, of a grace period's number, from 1.
constexpr std::int32_t trace_id(std::int64_t number) {
  return static_cast<std::int32_t>(number - 1);
}

/// Context: any thread.
class GracePeriods {
 public:
  /// A grace period starts now. Return: its number, from 1.
  std::int64_t start() { return started_count_.fetch_add(1) + 1; }

  /// The grace period of RCU with that number has ended.
  void end(std::int64_t number) {
    raise(latest_ended_, number);
    raise(latest_ended_of_any_, number);
  }
  /// The same for one of SRCU, whose readers alone are out of the way.
  void end_srcu(std::int64_t number) { raise(latest_ended_of_any_, number); }

  Cookie cookie() const { return started_count_.load(); }
  bool has_elapsed(Cookie cookie) const { return latest_ended_.load() > cookie; }
  /// Counts grace periods of SRCU, too: nobody knows whose readers an object has.
  bool has_any_elapsed(Cookie cookie) const { return latest_ended_of_any_.load() > cookie; }

 private:
  static void raise(std::atomic<std::int64_t>& latest, std::int64_t number) {
    std::int64_t seen = latest.load();
    while (seen < number && !latest.compare_exchange_weak(seen, number)) {
    }
  }

  std::atomic<std::int64_t> started_count_{0};
  std::atomic<std::int64_t> latest_ended_{0};  // the largest number of RCU that has ended
  std::atomic<std::int64_t> latest_ended_of_any_{0};
};

struct LatencyPercentiles {
  std::uint64_t count = 0;
  Nanoseconds p50 = 0;
  Nanoseconds p90 = 0;
  Nanoseconds p99 = 0;
  Nanoseconds max = 0;
};

/// Histogram with buckets 1/16 of a power of two wide: percentiles are at most 6 % too high.
/// Context: any thread.
class LatencyHistogram {
 public:
  void add(Nanoseconds latency);
  LatencyPercentiles percentiles() const;

 private:
  static constexpr std::size_t buckets_per_octave = 16;
  static constexpr std::size_t bucket_count = 64 * buckets_per_octave;
  Nanoseconds value_at(std::uint64_t rank) const;

  std::array<std::atomic<std::uint64_t>, bucket_count> counts_{};
  std::atomic<Nanoseconds> max_{0};
};

}  // namespace rcuscope::live
