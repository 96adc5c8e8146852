// SPDX-License-Identifier: LGPL-2.1-or-later
// The consumer's half of the ring, and the conversion of time-stamp counters to nanoseconds.
#include "trace/recorder.h"

#include <algorithm>
#include <bit>
#include <ctime>
#include <string>

#include "base/error.h"

#if defined(__x86_64__) || defined(__i386__)
#include <x86intrin.h>
#endif

namespace rcuscope {
namespace {

Nanoseconds monotonic_now() noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<Nanoseconds>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

struct AnchorPair {
  std::uint64_t tsc;
  Nanoseconds nanoseconds;
};

/// The clock is read between two reads of the counter; the narrowest of some tries is the one that
/// was not interrupted.
AnchorPair take_pair() {
  constexpr int tries = 8;
  AnchorPair best{};
  std::uint64_t best_width = ~std::uint64_t{0};
  for (int i = 0; i < tries; ++i) {
    const std::uint64_t before = read_tsc();
    const Nanoseconds now = monotonic_now();
    const std::uint64_t width = read_tsc() - before;
    if (width >= best_width) continue;
    best_width = width;
    best = {before + width / 2, now};
  }
  return best;
}

std::uint64_t checked_slot_count(std::uint32_t slot_count) {
  if (!std::has_single_bit(slot_count)) {
    throw UsageError("ring of " + std::to_string(slot_count) +
                     " slots; expected a power of two, so that an index is one AND");
  }
  return slot_count;
}

}  // namespace

EventRing::EventRing(std::uint32_t slot_count)
    : mask_(checked_slot_count(slot_count) - 1), slots_(std::make_unique<Event[]>(slot_count)) {}

void EventRing::drain(std::vector<Event>& out) {
  const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
  const std::uint64_t head = head_.load(std::memory_order_acquire);  // pairs with record()
  for (std::uint64_t i = tail; i != head; ++i) out.push_back(slots_[i & mask_]);
  tail_.store(head, std::memory_order_release);  // pairs with the producer's look at tail_
}

std::uint64_t read_tsc() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  return __rdtsc();
#else
  return static_cast<std::uint64_t>(monotonic_now());
#endif
}

TscAnchors::TscAnchors() {
  const AnchorPair pair = take_pair();
  start_tsc_ = pair.tsc;
  start_ns_ = pair.nanoseconds;
}

void TscAnchors::take_end_pair() {
  const AnchorPair pair = take_pair();
  end_tsc_ = pair.tsc;
  end_ns_ = pair.nanoseconds;
}

Nanoseconds TscAnchors::to_nanoseconds(std::uint64_t tsc) const {
  // Signed, because an event may have been stamped just before the first pair was taken.
  const auto since_start = static_cast<double>(static_cast<std::int64_t>(tsc - start_tsc_));
  const auto tsc_span = static_cast<double>(static_cast<std::int64_t>(end_tsc_ - start_tsc_));
  if (tsc_span <= 0) return start_ns_;
  const auto ns_span = static_cast<double>(end_ns_ - start_ns_);
  return start_ns_ + static_cast<Nanoseconds>(since_start * (ns_span / tsc_span));
}

}  // namespace rcuscope
