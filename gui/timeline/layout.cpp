// SPDX-License-Identifier: LGPL-2.1-or-later
// Rows, ruler, bands and bars of the timeline; marks and arrows have files of their own.
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

/// Bar of a slot: actors nest inwards; grace periods that overlap share the height.
Rect slot_rect(const LayoutInput& input, const Row& row, std::size_t slot, float x0, float x1) {
  const std::size_t slot_count = input.index.lanes[row.lane].slots.size();
  if (input.lanes.lanes[row.lane].kind == LaneKind::grace_periods && slot_count > 1) {
    const float room = row.rect.height() - 12 * input.scale;
    const float each = room / static_cast<float>(slot_count);
    const float top = row.rect.y0 + 6 * input.scale + each * static_cast<float>(slot);
    return {x0, std::floor(top), x1, std::floor(top + std::min(each - 1, 26 * input.scale))};
  }
  const float inset = 4 * input.scale * static_cast<float>(std::min<std::size_t>(slot, 3));
  return {x0, row.bar.y0 + inset, x1, row.bar.y1 - inset};
}

class BarBuilder {
 public:
  BarBuilder(const LayoutInput& input, TimelineLayout& out) : input_(input), out_(out) {
    resolution_ = out.axis.per_pixel() * bar_resolution * static_cast<double>(input.scale);
  }

  void add_row(const Row& row, RowState& state) {
    const LaneIndex& lane = input_.index.lanes[row.lane];
    // Atomic actors are drawn as the sections that they are.
    if (!input_.lanes.lanes[row.lane].must_not_sleep) add_contexts(row, lane.actor);
    add_contexts(row, lane.context);
    const std::size_t first = out_.bars.size();
    for (std::size_t slot = 0; slot < lane.slots.size(); ++slot) {
      for (const FoldedRun& run : visible_runs(lane.slots[slot])) {
        out_.bars.push_back(make_bar(run, row, slot));
      }
    }
    for (std::size_t i = first; i < out_.bars.size(); ++i) add_label(i, first, state);
    for (std::size_t i = first; i < out_.bars.size(); ++i) add_caption(i, first, row, state);
  }

 private:
  const Span& span(const Bar& bar) const { return input_.lanes.spans[bar.span]; }

  std::vector<FoldedRun> visible_runs(const Track& track) const {
    return fold(track, out_.axis.view.start, out_.axis.view.end, resolution_);
  }

  Rect clipped(const FoldedRun& run, Rect rect) const {
    const float x0 = out_.axis.to_x(static_cast<double>(run.start));
    const float x1 = out_.axis.to_x(static_cast<double>(run.end));
    const float least = std::floor(3 * input_.scale);
    // A little outside, so that a bar that goes on beyond the edge has no rounded end there.
    rect.x0 = std::max(x0, out_.lanes.x0 - 8 * input_.scale);
    rect.x1 = std::min(std::max(x1, x0 + least), out_.lanes.x1 + 8 * input_.scale);
    return rect;
  }

  void add_contexts(const Row& row, const Track& track) {
    for (const FoldedRun& run : visible_runs(track)) {
      Bar bar;
      bar.span = run.span;
      bar.count = run.count;
      const float grow = 5 * input_.scale;
      bar.rect = clipped(run, {0, row.bar.y0 - grow, 0, row.bar.y1 + grow});
      out_.contexts.push_back(std::move(bar));
    }
  }

  Bar make_bar(const FoldedRun& run, const Row& row, std::size_t slot) const {
    Bar bar;
    bar.span = run.span;
    bar.count = run.count;
    bar.busy_share = run.busy_share;
    bar.rect = clipped(run, slot_rect(input_, row, slot, 0, 0));
    bar.error_x = bar.rect.x1;
    if (span(bar).is_error) {
      bar.error_x = first_error_x(span(bar), row);
      // What went wrong in the last step of a trace still needs a place to be seen.
      bar.rect.x1 = std::max(bar.rect.x1, bar.error_x + 24 * input_.scale);
    }
    return bar;
  }

  float first_error_x(const Span& wrong, const Row& row) const {
    const LaneIndex& lane = input_.index.lanes[row.lane];
    const auto begin = input_.lanes.marks.begin() + static_cast<std::ptrdiff_t>(lane.first_mark);
    const auto end = input_.lanes.marks.begin() + static_cast<std::ptrdiff_t>(lane.last_mark);
    auto mark = std::lower_bound(begin, end, wrong.start,
                                 [](const Mark& m, Timestamp t) { return m.time < t; });
    for (; mark != end && mark->time <= wrong.end; ++mark) {
      if (mark->is_error) {
        const double time = drawn_time(input_.format.clock(), static_cast<double>(mark->time));
        return out_.axis.to_x(time);
      }
    }
    return out_.axis.to_x(static_cast<double>(wrong.start));
  }

  struct Gap {
    float x0, x1;
  };

  /// The free stretches of a bar: between the bars inside it and the marks on it.
  std::vector<Gap> gaps(std::size_t at, std::size_t first_of_row, const RowState& state) const {
    const Bar& bar = out_.bars[at];
    std::vector<Gap> taken;
    for (std::size_t i = first_of_row; i < out_.bars.size(); ++i) {
      const Rect& other = out_.bars[i].rect;
      const bool is_inside = i != at && other.height() < bar.rect.height() &&
                             other.x0 >= bar.rect.x0 && other.x0 < bar.rect.x1;
      if (is_inside) taken.push_back({other.x0, other.x1});
    }
    for (const MarkGlyph& glyph : state.glyphs) {
      const float reach = (glyph.shape == MarkShape::pin ? 0 : 9 * glyph.size) * input_.scale;
      taken.push_back({glyph.at.x - reach, glyph.at.x + reach});
    }
    std::sort(taken.begin(), taken.end(), [](const Gap& a, const Gap& b) { return a.x0 < b.x0; });
    std::vector<Gap> free;
    float x = std::max(bar.rect.x0, out_.lanes.x0) + 3 * input_.scale;
    const float end =
        std::min({bar.rect.x1, out_.lanes.x1, std::max(bar.error_x, x)}) - 3 * input_.scale;
    for (const Gap& gap : taken) {
      if (gap.x1 <= x || gap.x0 >= end) continue;
      free.push_back({x, gap.x0});
      x = std::max(x, gap.x1);
    }
    free.push_back({x, end});
    return free;
  }

  /// The label stands in the first gap that takes all of it, else shortened in the widest.
  void add_label(std::size_t at, std::size_t first_of_row, RowState& state) {
    Bar& bar = out_.bars[at];
    const bool takes_text = bar.count == 1 && bar.rect.height() >= 15 * input_.scale;
    const std::string text = takes_text ? label_text(bar) : std::string();
    if (!text.empty()) {
      const float pad = 3 * input_.scale;
      const float wanted = input_.measure(TextStyle::small, text) + 2 * pad;
      Gap best{0, 0};
      for (const Gap& gap : gaps(at, first_of_row, state)) {
        if (best.x1 - best.x0 >= wanted) break;
        if (gap.x1 - gap.x0 > best.x1 - best.x0) best = gap;
      }
      const float left = best.x0 + pad;
      bar.label = shortest_fit(bar, text, best.x1 - best.x0 - 2 * pad);
      const float width = input_.measure(TextStyle::small, bar.label);
      bar.label_rect = {left, bar.rect.y0, left + width, bar.rect.y1};
      if (!bar.label.empty()) state.labels.add(bar.label_rect.inset(0, 4 * input_.scale));
    }
    // Outlined bars are a ground on which text can stand; filled ones are not.
    const SpanKind kind = span(bar).kind;
    if (kind != SpanKind::mutex && kind != SpanKind::spinlock) {
      state.solid.add(bar.rect);
    }
  }

  /// All of it, else the bare kind, else as much as still says something.
  std::string shortest_fit(const Bar& bar, const std::string& text, float room) const {
    if (input_.measure(TextStyle::small, text) <= room) return text;
    const std::string kind(short_word(span(bar).kind));
    if (!kind.empty() && input_.measure(TextStyle::small, kind) <= room) return kind;
    const std::string cut = fit_text(input_, TextStyle::small, text, room);
    return cut.size() >= 9 ? cut : std::string();
  }

  std::string label_text(const Bar& bar) const {
    const Span& s = span(bar);
    if (s.kind != SpanKind::grace_period) return s.label;
    const auto note = input_.grace_period_notes.find(s.grace_period.value);
    return note == input_.grace_period_notes.end() ? s.label : s.label + "   " + note->second;
  }

  void add_caption(std::size_t at, std::size_t first_of_row, const Row& row, RowState& state) {
    Bar& bar = out_.bars[at];
    for (std::size_t i = first_of_row; i < at; ++i) {
      if (out_.bars[i].span == bar.span) return;  // an error is there twice: on top, too
    }
    const Span& reader = span(bar);
    if (bar.count != 1) return;
    const std::string text = reader_caption(input_.trace, reader);
    if (text.empty()) return;
    const float width = input_.measure(TextStyle::tiny, text);
    const float left = std::max(bar.rect.x0, out_.lanes.x0) + 2 * input_.scale;
    if (width > bar.rect.x1 - left && !reader.is_error) return;
    const float right = std::min(bar.rect.x1, out_.lanes.x1) - 2 * input_.scale - width;
    // Clear of arrows if that can be; under them it still reads.
    for (const bool avoids_curves : {true, false}) {
      for (const float x : {left, std::max(left, right)}) {
        const Rect place{x, row.bar.y1 + 2 * input_.scale, x + width,
                         row.bar.y1 + (1 + label_height) * input_.scale};
        const bool is_free =
            state.labels.is_free(place) && (!avoids_curves || state.curves.is_free(place));
        if (!is_free || place.y1 > row.rect.y1 + input_.scale) continue;
        bar.caption = text;
        bar.caption_at = {place.x0, place.y0};
        state.labels.add(place);
        return;
      }
    }
  }

  const LayoutInput& input_;
  TimelineLayout& out_;
  double resolution_ = 1;
};

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
  for (std::size_t i = 0; i < input.lanes.lanes.size(); ++i) {
    if (input.lanes.lanes[i].kind != LaneKind::grace_periods) continue;
    for (const Track& slot : input.index.lanes[i].slots) {
      for (const FoldedRun& run :
           fold(slot, out.axis.view.start, out.axis.view.end, out.axis.per_pixel() * 2)) {
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

void add_bars(const LayoutInput& input, TimelineLayout& out, std::vector<RowState>& rows) {
  BarBuilder builder(input, out);
  for (std::size_t i = 0; i < out.rows.size(); ++i) builder.add_row(out.rows[i], rows[i]);
}

void add_badges(const LayoutInput& input, TimelineLayout& out, std::vector<RowState>& rows) {
  float last_x = -1e9f;
  for (std::size_t i = 0; i < out.rows.size(); ++i) {
    const Row& row = out.rows[i];
    if (input.lanes.lanes[row.lane].kind != LaneKind::grace_periods) continue;
    const auto first =
        std::lower_bound(input.index.badges.begin(), input.index.badges.end(), out.axis.view.start,
                         [&](std::uint32_t b, double t) {
                           return static_cast<double>(input.lanes.badges[b].time) < t;
                         });
    for (auto badge = first; badge != input.index.badges.end(); ++badge) {
      const auto time = static_cast<double>(input.lanes.badges[*badge].time);
      if (time > out.axis.view.end) break;
      float x = out.axis.to_x(drawn_time(input.format.clock(), time));
      // Several readers may report in one moment: side by side, as long as they stay near it.
      if (x < last_x + 15 * input.scale) {
        if (x < last_x - 45 * input.scale) continue;
        x = last_x + 15 * input.scale;
      }
      last_x = x;
      const Point at{x, row.bar.y1};
      out.badges.push_back({*badge, at});
      const float r = 8 * input.scale;
      rows[i].labels.add({at.x - r, at.y - r, at.x + r, at.y + r});
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
  std::vector<layout::RowState> rows(out.rows.size());
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
