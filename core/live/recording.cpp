// SPDX-License-Identifier: LGPL-2.1-or-later
// Draining every millisecond keeps a ring of the default size from overflowing at full speed.
#include "live/recording.h"

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

#include "live/actor.h"
#include "trace/sorted_events.h"

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
  auto track = std::make_unique<Track>();
  track->ring = std::make_unique<EventRing>(ring_slot_count_);
  const std::lock_guard guard(mutex_);
  if (!drainer_.joinable()) drainer_ = std::thread([this] { drain_until_stopped(); });
  return tracks_.emplace_back(std::move(track))->ring.get();
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
  for (const auto& track : tracks_) {
    track->ring->drain([this, &track](std::span<const Event> events) {
      const auto count = std::min<std::uint64_t>(events.size(), event_count_max_ - event_count_);
      track->events.append(events.first(static_cast<std::size_t>(count)));
      event_count_ += count;
      surplus_count_ += events.size() - count;
    });
  }
}

std::uint64_t Recording::lost_count() const {
  const std::lock_guard guard(mutex_);
  return lost_count_locked();
}

std::uint64_t Recording::lost_count_locked() const {
  std::uint64_t count = surplus_count_;
  for (const auto& track : tracks_) count += track->ring->lost_count();
  return count;
}

std::vector<Event> Recording::converted(const Track& track, std::size_t first,
                                        std::size_t last) const {
  const auto time_of = [this](std::int64_t stamp) {
    return level_ == TraceLevel::logical
               ? stamp
               : anchors_.to_nanoseconds(static_cast<std::uint64_t>(stamp));
  };
  std::vector<Event> events;
  events.reserve(last - first);
  for (std::size_t i = first; i < last; ++i) {
    Event event = track.events[i];
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
  // A section is recorded at its end, after what happened inside.
  if (!std::is_sorted(events.begin(), events.end(), is_earlier))
    std::stable_sort(events.begin(), events.end(), is_earlier);
  return events;
}

void Recording::set_sink(std::shared_ptr<EventSink> sink,
                         std::function<std::optional<TraceNames>()> new_names) {
  const std::lock_guard guard(mutex_);
  sink_ = std::move(sink);
  new_names_ = std::move(new_names);
}

/// In parts, each of which is in the file before the next one is made: a process that is killed
/// loses little of what has piled up, and rings do not run over meanwhile. What comes meanwhile is
/// for the next call. Context: mutex_ is held, after drain(): names are taken after the events that
/// use them.
/// Return: true if something was given.
bool Recording::give_to_sink() {
  if (sink_ == nullptr) return false;
  std::size_t news_max = 0;
  for (const auto& track : tracks_)
    news_max = std::max(news_max, track->events.size() - track->given_count);
  constexpr std::size_t part_max = std::size_t{1} << 14;
  for (std::size_t given = 0; given < news_max && sink_error_ == nullptr; given += part_max) {
    give_part(part_max);
    drain();
  }
  return news_max > 0 && sink_error_ == nullptr;
}

/// Up to that many records of each track.
void Recording::give_part(std::size_t records_max) {
  anchors_.take_end_pair();
  std::vector<std::vector<Event>> sorted;
  for (const auto& track : tracks_) {
    const std::size_t first = track->given_count;
    track->given_count = std::min(first + records_max, track->events.size());
    sorted.push_back(converted(*track, first, track->given_count));
  }
  const EventBatch batch{merged(std::move(sorted)), new_names_(), lost_count_locked()};
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
  while (give_to_sink()) continue;
  if (sink_error_ != nullptr) std::rethrow_exception(sink_error_);
  anchors_.take_end_pair();
  std::vector<std::vector<Event>> sorted;
  for (const auto& track : tracks_) {
    sorted.push_back(converted(*track, 0, track->events.size()));
    track->events = EventPieces();
    track->given_count = 0;
  }
  event_count_ = 0;
  for (const Event& event : merged(std::move(sorted))) builder.add(event);
}

}  // namespace rcuscope::live
