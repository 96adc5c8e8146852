// SPDX-License-Identifier: LGPL-2.1-or-later
// The latency histogram: logarithmic buckets, as in HdrHistogram.
#include "live/grace_period.h"

#include <algorithm>
#include <bit>

namespace rcuscope::live {
namespace {

/// The bucket of a latency: its highest bit and the four bits below.
std::size_t bucket_of(std::uint64_t latency) {
  if (latency < 16) return latency;
  const auto highest = static_cast<unsigned>(std::bit_width(latency)) - 1;
  return 16 * (highest - 3) + ((latency >> (highest - 4)) & 15);
}

/// The largest latency of a bucket.
std::uint64_t end_of_bucket(std::size_t bucket) {
  if (bucket < 16) return bucket;
  const std::size_t shift = bucket / 16 - 1;
  return ((16 + bucket % 16 + 1) << shift) - 1;
}

}  // namespace

void LatencyHistogram::add(Nanoseconds latency) {
  const Nanoseconds positive = std::max<Nanoseconds>(latency, 0);
  counts_[bucket_of(static_cast<std::uint64_t>(positive))].fetch_add(1, std::memory_order_relaxed);
  Nanoseconds max = max_.load(std::memory_order_relaxed);
  while (max < positive && !max_.compare_exchange_weak(max, positive)) {
  }
}

LatencyPercentiles LatencyHistogram::percentiles() const {
  LatencyPercentiles result;
  for (const auto& count : counts_) result.count += count.load(std::memory_order_relaxed);
  if (result.count == 0) return result;
  result.max = max_.load(std::memory_order_relaxed);
  result.p50 = std::min(value_at(result.count * 50 / 100), result.max);
  result.p90 = std::min(value_at(result.count * 90 / 100), result.max);
  result.p99 = std::min(value_at(result.count * 99 / 100), result.max);
  return result;
}

Nanoseconds LatencyHistogram::value_at(std::uint64_t rank) const {
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < bucket_count; ++i) {
    seen += counts_[i].load(std::memory_order_relaxed);
    if (seen > rank) return static_cast<Nanoseconds>(end_of_bucket(i));
  }
  return max_.load(std::memory_order_relaxed);
}

}  // namespace rcuscope::live
