// SPDX-License-Identifier: LGPL-2.1-or-later
// Tracks by lowest free slot; marks, arrows and badges by time. All of it is appended to.
#include "timeline/index.h"

#include <algorithm>

namespace rcuscope::gui {
namespace {

bool is_free(const Track& track, Timestamp start) {
  return track.ends.empty() || (!track.is_open && track.ends.back() <= start);
}

/// The lowest slot that is free from the span's start on. Slots stay few: nesting is shallow, and
/// only private grace periods overlap in numbers.
Track& slot_for(std::vector<Track>& slots, const Span& span) {
  for (Track& slot : slots) {
    if (is_free(slot, span.start)) return slot;
  }
  return slots.emplace_back();
}

/// Who got a lock in the same moment did not wait.
bool is_no_wait(const Span& span) {
  return span.kind == SpanKind::blocked && span.start == span.end && !span.is_open;
}

}  // namespace

void MarkTrack::append(const Mark& mark, std::uint32_t index) {
  const auto position = static_cast<std::uint32_t>(times.size());
  const auto next = static_cast<std::uint32_t>(positions.size());
  const std::uint32_t label = label_numbers_.try_emplace(mark.label, next).first->second;
  if (label == next) positions.emplace_back();
  const bool goes_on = position > 0 && labels.back() == label;
  same_since.push_back(goes_on ? same_since.back() : position);
  times.push_back(mark.time);
  marks.push_back(index);
  labels.push_back(label);
  positions[label].push_back(position);
  const bool is_put = mark.kind == EventKind::put_device || mark.kind == EventKind::kref_put;
  if (mark.is_error) {
    errors.push_back(position);
  } else if (is_put) {
    puts.push_back(position);
  }
}

std::size_t MarkTrack::find(double time) const {
  const auto found = std::partition_point(
      times.begin(), times.end(), [time](Timestamp t) { return static_cast<double>(t) < time; });
  return static_cast<std::size_t>(found - times.begin());
}

std::size_t MarkTrack::count_of(std::uint32_t label, std::size_t first, std::size_t last) const {
  const std::vector<std::uint32_t>& places = positions[label];
  const auto begin = std::lower_bound(places.begin(), places.end(), first);
  return static_cast<std::size_t>(std::lower_bound(begin, places.end(), last) - begin);
}

std::vector<std::uint32_t> ArrowIndex::find(double from, double to, std::size_t count_max) const {
  std::vector<std::uint32_t> found;
  const auto begin = std::partition_point(
      lasts.begin(), lasts.end(), [from](Timestamp t) { return static_cast<double>(t) < from; });
  auto i = static_cast<std::size_t>(begin - lasts.begin());
  while (i < arrows.size() && found.size() < count_max) {
    const std::size_t block = i / block_size;
    if (static_cast<double>(least_firsts[block]) > to) {
      i = (block + 1) * block_size;
      continue;
    }
    if (static_cast<double>(firsts[i]) <= to) found.push_back(arrows[i]);
    ++i;
  }
  return found;
}

void TimelineIndex::extend(const Lanes& from) {
  lanes.resize(from.lanes.size());
  update_open(from);
  for (; span_count_ < from.spans.size(); ++span_count_) {
    add_span(from, static_cast<std::uint32_t>(span_count_));
  }
  for (; mark_count_ < from.marks.size(); ++mark_count_) {
    const Mark& mark = from.marks[mark_count_];
    if (mark.lane < 0 || static_cast<std::size_t>(mark.lane) >= lanes.size()) continue;
    lanes[static_cast<std::size_t>(mark.lane)].marks.append(
        mark, static_cast<std::uint32_t>(mark_count_));
  }
  const std::size_t arrow_count = arrow_count_;
  for (; arrow_count_ < from.arrows.size(); ++arrow_count_) {
    if (from.arrows[arrow_count_].kind == ArrowKind::freed_then_used) {
      arrows.errors.push_back(static_cast<std::uint32_t>(arrow_count_));
    }
  }
  std::vector<std::uint32_t> fresh;
  for (std::size_t i = arrow_count; i < arrow_count_; ++i) {
    fresh.push_back(static_cast<std::uint32_t>(i));
  }
  const auto last_end = [&](std::uint32_t i) {
    return std::max(from.arrows[i].from, from.arrows[i].to);
  };
  std::stable_sort(fresh.begin(), fresh.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return last_end(a) < last_end(b); });
  for (const std::uint32_t i : fresh) add_arrow(from, i);
  const auto sorted = static_cast<std::ptrdiff_t>(badges.size());
  for (; badge_count_ < from.badges.size(); ++badge_count_) {
    badges.push_back(static_cast<std::uint32_t>(badge_count_));
  }
  std::stable_sort(badges.begin() + sorted, badges.end(),
                   [&](auto a, auto b) { return from.badges[a].time < from.badges[b].time; });
}

/// Only the last span of a track can have been open when it was taken in.
void TimelineIndex::update_open(const Lanes& from) {
  const auto update = [&](Track& track) {
    if (!track.spans.empty()) track.update_last(from.spans[track.spans.back()]);
  };
  for (LaneIndex& lane : lanes) {
    update(lane.actor);
    for (Track& track : lane.contexts) update(track);
    for (Track& track : lane.slots) update(track);
  }
}

void TimelineIndex::add_span(const Lanes& from, std::uint32_t i) {
  const Span& span = from.spans[i];
  if (span.lane < 0 || static_cast<std::size_t>(span.lane) >= lanes.size()) return;
  if (is_no_wait(span)) return;
  LaneIndex& lane = lanes[static_cast<std::size_t>(span.lane)];
  if (span.kind == SpanKind::grace_period) grace_periods.push_back(i);
  if (span.kind == SpanKind::actor) {
    lane.actor.append(span, i);
  } else {
    slot_for(span.kind == SpanKind::implicit ? lane.contexts : lane.slots, span).append(span, i);
  }
}

void TimelineIndex::add_arrow(const Lanes& from, std::uint32_t i) {
  const Arrow& arrow = from.arrows[i];
  if (arrows.arrows.size() % ArrowIndex::block_size == 0) {
    arrows.least_firsts.push_back(std::min(arrow.from, arrow.to));
  }
  arrows.arrows.push_back(i);
  arrows.firsts.push_back(std::min(arrow.from, arrow.to));
  arrows.lasts.push_back(std::max(arrow.from, arrow.to));
  arrows.least_firsts.back() = std::min(arrows.least_firsts.back(), arrows.firsts.back());
}

TimelineIndex index_timeline(const Lanes& lanes) {
  TimelineIndex index;
  index.extend(lanes);
  return index;
}

}  // namespace rcuscope::gui
