// SPDX-License-Identifier: LGPL-2.1-or-later
// Draining every millisecond keeps a ring of the default size from overflowing at full speed.
#include "live/recording.h"

#include <algorithm>
#include <chrono>
#include <utility>

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
    give_to_sink();
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
  return lost_count_locked();
}

std::uint64_t Recording::lost_count_locked() const {
  std::uint64_t count = surplus_count_;
  for (const auto& ring : rings_) count += ring->lost_count();
  return count;
}

std::vector<Event> Recording::converted(std::size_t first) const {
  const auto time_of = [this](std::int64_t stamp) {
    return level_ == TraceLevel::logical
               ? stamp
               : anchors_.to_nanoseconds(static_cast<std::uint64_t>(stamp));
  };
  std::vector<Event> events;
  events.reserve(events_.size() - first);
  for (std::size_t i = first; i < events_.size(); ++i) {
    Event event = events_[i];
    if ((event.flags & section_record_flag) != 0) {
      event.flags = static_cast<std::uint16_t>(event.flags & ~section_record_flag);
      Event lock = event;
      lock.kind = EventKind::rcu_read_lock;
      lock.time = time_of(event.value);
      lock.value = 1;
      events.push_back(lock);
      event.value = 0;
    }
    event.time = time_of(event.time);
    events.push_back(event);
  }
  return events;
}

void Recording::set_sink(std::shared_ptr<EventSink> sink,
                         std::function<std::optional<TraceNames>()> new_names) {
  const std::lock_guard guard(mutex_);
  sink_ = std::move(sink);
  new_names_ = std::move(new_names);
}

/// Context: mutex_ is held, after drain(): names are taken after the events that use them.
void Recording::give_to_sink() {
  if (sink_ == nullptr || sink_error_ != nullptr || given_count_ == events_.size()) return;
  anchors_.take_end_pair();
  EventBatch batch{converted(given_count_), new_names_(), lost_count_locked()};
  given_count_ = events_.size();
  std::stable_sort(batch.events.begin(), batch.events.end(),
                   [](const Event& a, const Event& b) { return a.time < b.time; });
  try {
    sink_->write(batch);
  } catch (...) {  // the run goes on; move_to() tells
    sink_error_ = std::current_exception();
  }
}

void Recording::move_to(TraceBuilder& builder) {
  builder.add_lost_events(lost_count());
  const std::lock_guard guard(mutex_);
  drain();
  give_to_sink();
  if (sink_error_ != nullptr) std::rethrow_exception(sink_error_);
  anchors_.take_end_pair();
  for (const Event& event : converted(0)) builder.add(event);
  events_.clear();
  events_.shrink_to_fit();
  given_count_ = 0;
}

}  // namespace rcuscope::live
