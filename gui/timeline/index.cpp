// SPDX-License-Identifier: LGPL-2.1-or-later
// Tracks by lowest free slot, and folding by binary and galloping search.
#include "timeline/index.h"

#include <algorithm>
#include <cmath>

namespace rcuscope::gui {
namespace {

void append(Track& track, const Span& span, std::uint32_t index) {
  if (span.is_error) track.errors.push_back(static_cast<std::uint32_t>(track.spans.size()));
  track.starts.push_back(span.start);
  track.ends.push_back(std::max(span.start, span.end));
  track.busy.push_back((track.busy.empty() ? 0 : track.busy.back()) + track.ends.back() -
                       span.start);
  track.spans.push_back(index);
}

bool is_free(const Track& track, Timestamp start) {
  return track.ends.empty() || track.ends.back() <= start;
}

/// The lowest slot that is free from the span's start on. Slots stay few: nesting is shallow, and
/// only private grace periods overlap in numbers.
Track& slot_for(LaneIndex& lane, const Span& span) {
  for (Track& slot : lane.slots) {
    if (is_free(slot, span.start)) return slot;
  }
  return lane.slots.emplace_back();
}

void index_arrows(const Lanes& lanes, TimelineIndex& index) {
  for (std::uint32_t i = 0; i < lanes.arrows.size(); ++i) {
    index.arrows.push_back(i);
    if (lanes.arrows[i].kind == ArrowKind::freed_then_used) index.error_arrows.push_back(i);
  }
  const auto first = [&](std::uint32_t i) {
    return std::min(lanes.arrows[i].from, lanes.arrows[i].to);
  };
  std::stable_sort(index.arrows.begin(), index.arrows.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return first(a) < first(b); });
  for (std::uint32_t i : index.arrows) {
    const Timestamp last = std::max(lanes.arrows[i].from, lanes.arrows[i].to);
    index.arrow_ends_max.push_back(
        index.arrow_ends_max.empty() ? last : std::max(index.arrow_ends_max.back(), last));
  }
}

/// The last position of a run that begins at `first` and ends before `limit`.
std::size_t gallop(const std::vector<Timestamp>& ends, std::size_t first, double limit) {
  const auto fits = [&](std::size_t i) {
    return i < ends.size() && static_cast<double>(ends[i]) <= limit;
  };
  std::size_t step = 1, position = first;
  while (fits(position + step)) {
    position += step;
    step *= 2;
  }
  for (; step > 0; step /= 2) {
    if (fits(position + step)) position += step;
  }
  return position;
}

float busy_share(const Track& track, std::size_t first, std::size_t last) {
  const Timestamp before = first == 0 ? 0 : track.busy[first - 1];
  const Timestamp length = track.ends[last] - track.starts[first];
  if (length <= 0) return 1;
  return static_cast<float>(track.busy[last] - before) / static_cast<float>(length);
}

void add_errors(const Track& track, std::size_t first, std::size_t last, double resolution,
                std::vector<FoldedRun>& runs) {
  auto error = std::lower_bound(track.errors.begin(), track.errors.end(), first);
  double drawn_until = -1e300;
  for (; error != track.errors.end() && *error < last; ++error) {
    const Timestamp start = track.starts[*error], end = track.ends[*error];
    if (static_cast<double>(end) <= drawn_until) continue;
    runs.push_back({track.spans[*error], 1, start, end, 1});
    drawn_until = std::max(static_cast<double>(end), static_cast<double>(start) + resolution);
  }
}

}  // namespace

TimelineIndex index_timeline(const Lanes& lanes) {
  TimelineIndex index;
  index.lanes.resize(lanes.lanes.size());
  for (std::uint32_t i = 0; i < lanes.spans.size(); ++i) {
    const Span& span = lanes.spans[i];
    if (span.lane < 0 || static_cast<std::size_t>(span.lane) >= index.lanes.size()) continue;
    LaneIndex& lane = index.lanes[static_cast<std::size_t>(span.lane)];
    if (span.kind == SpanKind::grace_period) index.grace_periods.push_back(i);
    if (span.kind == SpanKind::actor) {
      append(lane.actor, span, i);
    } else if (span.kind == SpanKind::implicit) {
      append(lane.context, span, i);
    } else {
      append(slot_for(lane, span), span, i);
    }
  }
  for (std::size_t i = 0; i < lanes.marks.size(); ++i) {
    if (lanes.marks[i].lane < 0 ||
        static_cast<std::size_t>(lanes.marks[i].lane) >= index.lanes.size()) {
      continue;
    }
    LaneIndex& lane = index.lanes[static_cast<std::size_t>(lanes.marks[i].lane)];
    if (lane.first_mark == lane.last_mark) lane.first_mark = i;
    lane.last_mark = i + 1;
  }
  index_arrows(lanes, index);
  for (std::uint32_t i = 0; i < lanes.badges.size(); ++i) index.badges.push_back(i);
  std::stable_sort(index.badges.begin(), index.badges.end(),
                   [&](auto a, auto b) { return lanes.badges[a].time < lanes.badges[b].time; });
  return index;
}

std::vector<FoldedRun> fold(const Track& track, double from, double to, double resolution) {
  std::vector<FoldedRun> runs;
  const auto after = std::lower_bound(
      track.ends.begin(), track.ends.end(), from,
      [](Timestamp end, double limit) { return static_cast<double>(end) < limit; });
  const auto first = static_cast<std::size_t>(after - track.ends.begin());
  std::size_t i = first;
  while (i < track.starts.size() && static_cast<double>(track.starts[i]) <= to) {
    const auto start = static_cast<double>(track.starts[i]);
    const bool is_small = static_cast<double>(track.ends[i]) - start < resolution;
    const std::size_t last = is_small ? gallop(track.ends, i, start + resolution) : i;
    runs.push_back({track.spans[i], static_cast<std::uint32_t>(last - i + 1), track.starts[i],
                    track.ends[last], busy_share(track, i, last)});
    i = last + 1;
  }
  add_errors(track, first, i, resolution, runs);
  return runs;
}

}  // namespace rcuscope::gui
