// SPDX-License-Identifier: LGPL-2.1-or-later
// Draining every millisecond keeps a ring of the default size from overflowing at full speed.
#include "live/recording.h"

#include <chrono>

#include "live/actor.h"

namespace rcuscope::live {

using std::chrono_literals::operator""ms;

Recording::Recording(const LiveOptions& options)
    : level_(options.trace),
      ring_slot_count_(options.ring_slot_count),
      event_count_max_(options.event_count_max) {}

Recording::~Recording() {
  {
    const std::lock_guard guard(mutex_);
    is_stopping_ = true;
  }
  stop_requested_.notify_all();
  if (drainer_.joinable()) drainer_.join();
}

EventRing* Recording::add_ring() {
  if (level_ == TraceLevel::off) return nullptr;
  auto ring = std::make_unique<EventRing>(ring_slot_count_);
  const std::lock_guard guard(mutex_);
  if (!drainer_.joinable()) drainer_ = std::thread([this] { drain_until_stopped(); });
  return rings_.emplace_back(std::move(ring)).get();
}

void Recording::drain_until_stopped() {
  std::unique_lock lock(mutex_);
  while (!is_stopping_) {
    drain();
    stop_requested_.wait_for(lock, 1ms);
  }
}

/// Context: mutex_ is held, which makes the caller the one consumer.
void Recording::drain() {
  for (const auto& ring : rings_) ring->drain(events_);
  if (events_.size() <= event_count_max_) return;
  surplus_count_ += events_.size() - event_count_max_;
  events_.resize(event_count_max_);
}

std::uint64_t Recording::lost_count() const {
  const std::lock_guard guard(mutex_);
  std::uint64_t count = surplus_count_;
  for (const auto& ring : rings_) count += ring->lost_count();
  return count;
}

void Recording::move_to(TraceBuilder& builder) {
  builder.add_lost_events(lost_count());
  const std::lock_guard guard(mutex_);
  drain();
  anchors_.take_end_pair();
  const auto time_of = [this](std::int64_t stamp) {
    return level_ == TraceLevel::logical
               ? stamp
               : anchors_.to_nanoseconds(static_cast<std::uint64_t>(stamp));
  };
  for (Event event : events_) {
    if ((event.flags & section_record_flag) != 0) {
      event.flags = static_cast<std::uint16_t>(event.flags & ~section_record_flag);
      Event lock = event;
      lock.kind = EventKind::rcu_read_lock;
      lock.time = time_of(event.value);
      lock.value = 1;
      builder.add(lock);
      event.value = 0;
    }
    event.time = time_of(event.time);
    builder.add(event);
  }
  events_.clear();
  events_.shrink_to_fit();
}

}  // namespace rcuscope::live
