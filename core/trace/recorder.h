// SPDX-License-Identifier: LGPL-2.1-or-later
// Recorder: a per-thread ring of events; record() never blocks, never allocates, counts what it
// drops.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <vector>

#include "trace/event.h"

namespace rcuscope {

/// Single producer (the thread), single consumer (the drain). Indices only grow.
class EventRing {
 public:
  /// Requires: slot_count is a power of two.
  explicit EventRing(std::uint32_t slot_count);

  void record(const Event& event) noexcept {
    if (has_room() || finds_room()) {
      record_in_room(event, event.time);
    } else {
      lost_count_.store(lost_count_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }
  }

  /// True if there was room at the producer's last look at the consumer. Context: the producer.
  bool has_room() const noexcept {
    return head_.load(std::memory_order_relaxed) - tail_seen_ <= mask_;
  }
  /// Records the event with another time stamp. Requires: has_room().
  void record_in_room(const Event& event, Timestamp time) noexcept {
    const std::uint64_t head = head_.load(std::memory_order_relaxed);
    Event& slot = slots_[head & mask_];
    slot = event;
    slot.time = time;
    head_.store(head + 1, std::memory_order_release);
  }

  /// Calls `take` with what was recorded since the last call, in one or two pieces. Context: the
  /// one consumer.
  template <class Take>
  void drain(Take take) {
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    const std::uint64_t head = head_.load(std::memory_order_acquire);  // pairs with record()
    if (head == tail) return;
    const std::uint64_t first = tail & mask_, count = head - tail;
    const std::uint64_t until_wrap = std::min(count, mask_ + 1 - first);
    take(std::span<const Event>(slots_.get() + first, until_wrap));
    if (until_wrap < count) take(std::span<const Event>(slots_.get(), count - until_wrap));
    tail_.store(head, std::memory_order_release);  // pairs with the producer's look at tail_
  }
  std::uint64_t lost_count() const { return lost_count_.load(std::memory_order_relaxed); }

 private:
  struct Free {
    void operator()(Event* slots) const { std::free(slots); }
  };

  bool finds_room() noexcept {
    tail_seen_ = tail_.load(std::memory_order_acquire);
    return has_room();
  }

  std::uint64_t mask_;
  std::unique_ptr<Event[], Free> slots_;            // memory is taken as it is first used
  alignas(64) std::atomic<std::uint64_t> head_{0};  // written by the producer only
  std::uint64_t tail_seen_ = 0;                     // the producer's last look at tail_
  std::atomic<std::uint64_t> lost_count_{0};        // written by the producer only
  alignas(64) std::atomic<std::uint64_t> tail_{0};  // written by the consumer only
};

/// Events in pieces of one size: growing moves nothing, so that it never holds up a drain.
class EventPieces {
 public:
  void append(std::span<const Event> events);
  std::size_t size() const { return size_; }
  const Event& operator[](std::size_t i) const { return pieces_[i / piece_size][i % piece_size]; }

 private:
  static constexpr std::size_t piece_size = std::size_t{1} << 15;

  std::vector<std::unique_ptr<Event[]>> pieces_;
  std::size_t size_ = 0;
};

/// Time-stamp counter: about 10 ns, converted to CLOCK_MONOTONIC by TscAnchors at drain.
#if defined(__x86_64__) || defined(__i386__)
[[gnu::always_inline]] inline std::uint64_t read_tsc() noexcept { return __builtin_ia32_rdtsc(); }
#else
std::uint64_t read_tsc() noexcept;  ///< CLOCK_MONOTONIC itself.
#endif

/// Pairs of (TSC, CLOCK_MONOTONIC) taken at start and end of a recording.
class TscAnchors {
 public:
  TscAnchors();          ///< Takes the first pair.
  void take_end_pair();  ///< Takes the second pair; call before to_nanoseconds().
  Nanoseconds to_nanoseconds(std::uint64_t tsc) const;

 private:
  std::uint64_t start_tsc_ = 0, end_tsc_ = 0;
  Nanoseconds start_ns_ = 0, end_ns_ = 0;
};

}  // namespace rcuscope
