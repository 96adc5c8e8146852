// SPDX-License-Identifier: LGPL-2.1-or-later
// The consumer's half of the ring, and the conversion of time-stamp counters to nanoseconds.
#include "trace/recorder.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <ctime>
#include <new>
#include <string>

#include "base/error.h"

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

/// Memory is taken as it is first used: by small pages in the beginning, so that a short run needs
/// little, and by huge ones where the kernel has them, since 4,096 page faults for each ring of the
/// default size cost a thread as much as a read of the clock for each of its first events.
Event* allocate_slots(std::size_t count) {
  constexpr std::size_t huge_page = std::size_t{1} << 21;
  const std::size_t bytes = count * sizeof(Event);
  void* slots = std::aligned_alloc(bytes > huge_page ? huge_page : alignof(Event), bytes);
  if (slots == nullptr) throw std::bad_alloc();
#if defined(MADV_HUGEPAGE)
  if (bytes > huge_page)
    madvise(static_cast<std::byte*>(slots) + huge_page, bytes - huge_page, MADV_HUGEPAGE);
#endif
  return static_cast<Event*>(slots);
}

}  // namespace

EventRing::EventRing(std::uint32_t slot_count)
    : mask_(checked_slot_count(slot_count) - 1), slots_(allocate_slots(slot_count)) {}

void EventPieces::append(std::span<const Event> events) {
  while (!events.empty()) {
    const std::size_t at = size_ % piece_size;
    if (at == 0) pieces_.push_back(std::make_unique_for_overwrite<Event[]>(piece_size));
    const std::size_t count = std::min(events.size(), piece_size - at);
    std::copy_n(events.begin(), count, pieces_.back().get() + at);
    events = events.subspan(count);
    size_ += count;
  }
}

#if !defined(__x86_64__) && !defined(__i386__)
std::uint64_t read_tsc() noexcept { return static_cast<std::uint64_t>(monotonic_now()); }
#endif

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
