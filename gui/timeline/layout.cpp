// SPDX-License-Identifier: LGPL-2.1-or-later
// Rows, ruler, bands and badges of the timeline; bars, marks and arrows have files of their own.
#include "timeline/layout.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "timeline/layout_parts.h"
#include "trace/kernel_trace.h"
#include "trace/words.h"

namespace rcuscope::gui {
namespace layout {
namespace {

/// The most that a lane may take of the height. Set-up and tear-down get little: they are there,
/// but the story is elsewhere; and grace periods have few labels.
float row_height_limit(const Lane& lane) {
  if (lane.actor_kind == ActorKind::main) return row_height_min;
  return lane.kind == LaneKind::grace_periods ? 100 : row_height_max;
}

/// Shares the room evenly; what limited lanes leave goes to the others.
std::vector<float> row_heights(const LayoutInput& input, float room) {
  const auto& lanes = input.lanes.lanes;
  std::vector<std::size_t> order(lanes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return row_height_limit(lanes[a]) < row_height_limit(lanes[b]);
  });
  std::vector<float> heights(lanes.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    const float share = room / static_cast<float>(order.size() - i);
    const float limit = row_height_limit(lanes[order[i]]) * input.scale;
    heights[order[i]] = std::floor(std::clamp(share, row_height_min * input.scale, limit));
    room -= heights[order[i]];
  }
  return heights;
}

/// Nested bars need a taller outermost bar, so that the inner ones still take a label.
float bar_height(const LayoutInput& input, const LaneIndex& lane, float row) {
  const float deeper = static_cast<float>(std::min<std::size_t>(lane.slots.size(), 3)) - 1;
  const float single = (row < 90 * input.scale    ? 26
                        : row < 150 * input.scale ? 30
                                                  : 34) *
                       input.scale;
  const float wanted = single + std::max(0.0f, deeper) * 8 * input.scale;
  return std::floor(std::min(wanted, row * 0.52f));
}

}  // namespace

std::string fit_text(const LayoutInput& input, TextStyle style, std::string_view text,
                     float width) {
  std::string result(text);
  if (width <= 0) return {};
  if (input.measure(style, result) <= width) return result;
  while (!result.empty() && input.measure(style, result + "…") > width) {
    while (!result.empty() && (static_cast<unsigned char>(result.back()) & 0xC0) == 0x80) {
      result.pop_back();
    }
    if (!result.empty()) result.pop_back();
  }
  while (!result.empty() && result.back() == ' ') result.pop_back();
  return result.size() < 3 ? std::string() : result + "…";
}

void add_rows(const LayoutInput& input, TimelineLayout& out) {
  const std::vector<float> heights = row_heights(input, out.lanes.height());
  out.content_height = std::accumulate(heights.begin(), heights.end(), 0.0f);
  const float scroll =
      std::clamp(input.scroll_px, 0.0f, std::max(0.0f, out.content_height - out.lanes.height()));
  float next = out.lanes.y0 - std::floor(scroll);
  for (std::size_t lane = 0; lane < heights.size(); ++lane) {
    const float top = next, height = heights[lane];
    next += height;
    if (top + height <= out.lanes.y0 || top >= out.lanes.y1) continue;
    Row row;
    row.lane = lane;
    row.rect = {out.lanes.x0, top, out.lanes.x1, top + height};
    const float bar = bar_height(input, input.index.lanes[lane], height);
    const float bar_top = std::floor(top + (height - bar) / 2);
    row.bar = {out.lanes.x0, bar_top, out.lanes.x1, bar_top + bar};
    out.rows.push_back(row);
  }
}

void add_ticks(const LayoutInput& input, TimelineLayout& out) {
  out.unit = input.format.unit_for(out.axis.view.span());
  const double distance = input.format.tick_distance(out.axis.per_pixel() * 64 * input.scale);
  const auto origin = static_cast<double>(input.format.origin());
  const double last = static_cast<double>(input.lanes.end) + distance;
  double time = origin + std::ceil((out.axis.view.start - origin) / distance) * distance;
  for (; time <= out.axis.view.end; time += distance) {
    if (time < origin || time > last) continue;
    const double drawn = drawn_time(input.format.clock(), time);
    const float x = out.axis.to_x(drawn);
    std::string label = input.format.tick(time, out.unit, distance);
    // Half a number is a wrong number.
    const float width = input.measure(TextStyle::tiny, label) + 4 * input.scale;
    if (x + width > out.lanes.x1) label.clear();
    out.ticks.push_back({x, std::move(label)});
  }
}

void add_ticks_and_bands(const LayoutInput& input, TimelineLayout& out) {
  add_ticks(input, out);
  const float pad = 8 * input.scale;
  float title_end = out.lanes.x0;
  std::vector<FoldedRun> runs;
  for (std::size_t i = 0; i < input.lanes.lanes.size(); ++i) {
    if (input.lanes.lanes[i].kind != LaneKind::grace_periods) continue;
    for (const Track& slot : input.index.lanes[i].slots) {
      runs.clear();
      fold(slot, out.axis.view.start, out.axis.view.end, out.axis.per_pixel() * 2, runs);
      for (const FoldedRun& run : runs) {
        Band band;
        band.span = run.span;
        band.x0 = out.axis.to_x(static_cast<double>(run.start));
        band.x1 = std::max(band.x0 + 1, out.axis.to_x(static_cast<double>(run.end)));
        out.bands.push_back(band);
      }
    }
  }
  std::sort(out.bands.begin(), out.bands.end(),
            [](const Band& a, const Band& b) { return a.x0 < b.x0; });
  // Nearer to each other than this, edges are a fence in front of the lanes.
  constexpr float edge_distance = 24;
  const bool has_edges =
      static_cast<float>(out.bands.size()) * edge_distance * input.scale <= out.lanes.width();
  for (std::size_t i = 0; i < out.bands.size(); ++i) {
    Band& band = out.bands[i];
    band.has_edges = has_edges && band.x1 - band.x0 >= 5 * input.scale;
    if (band.x1 - band.x0 < 2 * pad) continue;  // no number fits
    const Span& span = input.lanes.spans[band.span];
    const float left = std::max({band.x0 + pad, out.lanes.x0 + pad, title_end + pad});
    float right = std::min(band.x1, out.lanes.x1) - pad;
    if (i + 1 < out.bands.size()) right = std::min(right, out.bands[i + 1].x0 - pad);
    const std::string number = grace_period_name(input.trace, span.grace_period.value);
    for (const std::string& title : {"Grace period " + number, "GP " + number, number}) {
      if (title.empty() || input.measure(TextStyle::tiny, title) > right - left) continue;
      band.title = title;
      title_end = left + input.measure(TextStyle::tiny, title);
      break;
    }
    const std::string duration = input.format.duration(static_cast<double>(span.end - span.start));
    const float width = input.measure(TextStyle::tiny, duration);
    if (!band.title.empty() && !span.is_open && title_end + 2 * pad + width < right) {
      band.duration = duration;
    }
  }
}

void add_badges(const LayoutInput& input, TimelineLayout& out, std::vector<RowState>& rows) {
  const auto& badges = input.index.badges;
  const auto time_of = [&](std::uint32_t b) {
    return static_cast<double>(input.lanes.badges[b].time);
  };
  const auto find = [&](double time) {
    return std::partition_point(badges.begin(), badges.end(),
                                [&](std::uint32_t b) { return time_of(b) < time; });
  };
  float last_x = -1e9f;
  for (std::size_t i = 0; i < out.rows.size(); ++i) {
    const Row& row = out.rows[i];
    if (input.lanes.lanes[row.lane].kind != LaneKind::grace_periods) continue;
    auto badge = find(out.axis.view.start);
    while (badge != badges.end() && time_of(*badge) <= out.axis.view.end) {
      float x = out.axis.to_x(drawn_time(input.format.clock(), time_of(*badge)));
      // Several readers may report in one moment: side by side, as long as they stay near it.
      if (x < last_x - 45 * input.scale) {
        const auto next = find(out.axis.to_time(last_x - 45 * input.scale));
        badge = next > badge ? next : badge + 1;
        continue;
      }
      if (x < last_x + 15 * input.scale) x = last_x + 15 * input.scale;
      last_x = x;
      const Point at{x, row.bar.y1};
      out.badges.push_back({*badge, at});
      const float r = 8 * input.scale;
      rows[i].labels.add({at.x - r, at.y - r, at.x + r, at.y + r});
      ++badge;
    }
  }
}

void add_dots(const LayoutInput& input, TimelineLayout& out) {
  // Nearer to each other than this they would be a line that says nothing.
  const double distance = 5 * static_cast<double>(input.scale);
  for (const Row& row : out.rows) {
    const std::int32_t actor = input.lanes.lanes[row.lane].actor.value;
    if (actor < 0 || static_cast<std::size_t>(actor) >= input.events_of_actor.size()) continue;
    const auto& events = input.events_of_actor[static_cast<std::size_t>(actor)];
    const auto before = [&](std::uint32_t event, double time) {
      return static_cast<double>(input.trace.time(event)) < time;
    };
    const auto first = std::lower_bound(events.begin(), events.end(), out.axis.view.start, before);
    const auto last = std::lower_bound(first, events.end(), out.axis.view.end, before);
    if (static_cast<double>(last - first) * distance > static_cast<double>(out.lanes.width())) {
      continue;
    }
    float last_x = -1e9f;
    for (auto event = first; event != last; ++event) {
      const auto time = static_cast<double>(input.trace.time(*event));
      const float x = out.axis.to_x(drawn_time(input.format.clock(), time));
      if (x < last_x + 5 * input.scale) continue;
      last_x = x;
      out.dots.push_back({*event, {x, row.bar.y1}});
    }
  }
}

}  // namespace layout

double drawn_time(Clock clock, double time) { return clock == Clock::steps ? time + 0.5 : time; }

TimelineLayout compute_layout(const LayoutInput& input) {
  TimelineLayout out;
  out.axis = {input.view, input.area.x0, input.area.x1};
  out.ruler = input.area;
  out.ruler.y1 = input.area.y0 + layout::header_height * input.scale;
  out.lanes = input.area;
  out.lanes.y0 = out.ruler.y1;
  layout::add_rows(input, out);
  std::vector<layout::RowState> rows(out.rows.size(), layout::RowState(out.lanes));
  layout::add_ticks_and_bands(input, out);
  layout::count_arrows(input, out);
  layout::collect_marks(input, out, rows);
  layout::reserve_curves(input, out, rows);
  layout::add_bars(input, out, rows);
  layout::add_badges(input, out, rows);
  layout::add_marks(input, out, rows);
  layout::add_arrows(input, out, rows);
  layout::add_dots(input, out);
  return out;
}

}  // namespace rcuscope::gui
