// SPDX-License-Identifier: LGPL-2.1-or-later
// Rows, bars and bands: what takes room, before points and labels are fitted in.
#include "io/svg_layout.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "io/svg_text.h"
#include "trace/time_text.h"

namespace rcuscope::svg {
namespace {

constexpr double plot_width = 1030;
constexpr double px_per_step = 20;  ///< A trace of many steps is drawn wider, within limits.
constexpr double plot_width_limit = 1800;
constexpr double fold_width = 34;          ///< Of a stretch of time without an event.
constexpr double least_fold_share = 0.16;  ///< Of what is not folded yet; a shorter one is drawn.
constexpr std::size_t fold_limit = 6;
constexpr double setup_width = 150;  ///< At most, for what `main` does before or after the story.
constexpr double room_after_end = 148;  ///< For the labels of the last events.
constexpr double margin = 16;
constexpr double ruler_height = 26;
constexpr double strip_height = 18;  ///< Names of grace periods under the ruler.
constexpr int strip_limit = 3;
constexpr double track_height = 27;
constexpr int track_limit = 6;
constexpr double row_top_padding = 22;  ///< Room for the labels of pins.
constexpr double row_bottom_padding = 19;
constexpr double nested_inset = 3;
constexpr int depth_limit = 3;
constexpr double least_bar_width = 1.5;
constexpr double strip_bar_height = 8;
constexpr double base_line_height = 2;
constexpr double tick_distance = 76;  ///< Wanted between two numbers of the ruler.
constexpr double least_tick_distance = 40;
constexpr double tick_size = 10.5;  ///< Font size, px.

/// Where a span goes in its row: beside others (track) or inside one (depth).
struct Slot {
  int track = 0;
  int depth = 0;
  bool is_strip = false;
  bool is_shown = true;
};

bool is_inside(const Span& inner, const Span& outer) {
  return outer.start <= inner.start && inner.end <= outer.end;
}

/// Spans that nest share a track; spans that cross get tracks of their own.
class TrackAssigner {
 public:
  explicit TrackAssigner(const Lanes& lanes) : lanes_(lanes), slots_(lanes.spans.size()) {}

  std::vector<Slot> run() {
    std::size_t first = 0;
    while (first < lanes_.spans.size()) {
      std::size_t last = first;
      while (last < lanes_.spans.size() && lanes_.spans[last].lane == lanes_.spans[first].lane) {
        ++last;
      }
      choose_strips(first, last);
      assign(first, last);
      first = last;
    }
    return std::move(slots_);
  }

 private:
  /// A section without rcu_read_lock is shown small where there is something explicit inside.
  void choose_strips(std::size_t first, std::size_t last) {
    std::vector<std::size_t> strips;
    for (std::size_t i = first; i < last; ++i) {
      const SpanKind kind = lanes_.spans[i].kind;
      if (kind == SpanKind::actor) slots_[i].is_strip = true;
      std::erase_if(strips, [&](std::size_t strip) {
        return lanes_.spans[strip].end <= lanes_.spans[i].start;
      });
      if (kind == SpanKind::implicit) strips.push_back(i);
      if (kind != SpanKind::reader && kind != SpanKind::callback) continue;
      for (const std::size_t strip : strips) {
        slots_[strip].is_strip = true;
        const bool is_covered = is_inside(lanes_.spans[strip], lanes_.spans[i]);
        if (is_covered) slots_[strip].is_shown = false;
      }
    }
  }

  void assign(std::size_t first, std::size_t last) {
    std::array<std::vector<std::size_t>, track_limit> open;
    for (std::size_t i = first; i < last; ++i) {
      if (slots_[i].is_strip) continue;
      const Span& span = lanes_.spans[i];
      int track = 0;
      for (; track < track_limit - 1; ++track) {
        auto& stack = open[static_cast<std::size_t>(track)];
        while (!stack.empty() && lanes_.spans[stack.back()].end <= span.start) stack.pop_back();
        if (stack.empty()) break;
        // Two grace periods never share a track: neither is a part of the other.
        const bool may_nest = span.kind != SpanKind::grace_period;
        if (may_nest && is_inside(span, lanes_.spans[stack.back()])) break;
      }
      auto& stack = open[static_cast<std::size_t>(track)];
      slots_[i].track = track;
      slots_[i].depth = std::min(static_cast<int>(stack.size()), depth_limit);
      stack.push_back(i);
    }
  }

  const Lanes& lanes_;
  std::vector<Slot> slots_;
};

void place_rows(const Lanes& lanes, const std::vector<Slot>& slots, double top, Picture& out) {
  std::vector<int> tracks(lanes.lanes.size(), 1);
  for (std::size_t i = 0; i < lanes.spans.size(); ++i) {
    int& count = tracks[static_cast<std::size_t>(lanes.spans[i].lane)];
    count = std::max(count, slots[i].track + 1);
  }
  const std::size_t shown = std::min(lanes.lanes.size(), lane_limit);
  out.hidden_lanes_count = lanes.lanes.size() - shown;
  for (std::size_t lane = 0; lane < shown; ++lane) {
    const double height = row_top_padding + tracks[lane] * track_height + row_bottom_padding -
                          (track_height - bar_height);
    Row row;
    row.box = {0, top, out.width, top + height};
    row.track_top = top + row_top_padding;
    row.lane = static_cast<std::int32_t>(lane);
    out.rows.push_back(row);
    top += height;
  }
}

double inset_of(const Slot& slot, SpanKind kind) {
  if (kind == SpanKind::actor) return (bar_height - base_line_height) / 2;
  if (slot.is_strip) return (bar_height - strip_bar_height) / 2;
  return slot.depth * nested_inset;
}

std::vector<const Mark*> error_marks(const Lanes& lanes) {
  std::vector<const Mark*> marks;
  for (const Mark& mark : lanes.marks) {
    if (mark.is_error) marks.push_back(&mark);
  }
  return marks;
}

/// Where the reader of a finding goes on with what is gone.
double error_start(const std::vector<const Mark*>& errors, const Span& span,
                   const TimeScale& scale) {
  for (const Mark* mark : errors) {
    const bool is_within = mark->time >= span.start && mark->time <= span.end;
    if (mark->lane == span.lane && is_within) return scale.point_x(mark->time);
  }
  return -1;
}

void place_bars(const Lanes& lanes, const std::vector<Slot>& slots, const TimeScale& scale,
                Picture& out) {
  struct Last {
    double right = -1;
    std::int32_t lane = -1;
  };
  std::array<Last, 16> last_of_kind{};
  const std::vector<const Mark*> errors = error_marks(lanes);
  for (std::size_t i = 0; i < lanes.spans.size(); ++i) {
    const Span& span = lanes.spans[i];
    const Slot& slot = slots[i];
    if (!slot.is_shown || static_cast<std::size_t>(span.lane) >= out.rows.size()) continue;
    const double top = out.rows[static_cast<std::size_t>(span.lane)].track_top +
                       slot.track * track_height + inset_of(slot, span.kind);
    Bar bar;
    bar.span = i;
    bar.is_strip = slot.is_strip;
    bar.box = {scale.x(span.start), top, scale.x(span.end),
               top + bar_height - 2 * inset_of(slot, span.kind)};
    bar.box.right = std::max(bar.box.right, bar.box.left + least_bar_width);
    if (span.is_error) bar.error_from = error_start(errors, span, scale);
    // What adds less than half a pixel to its neighbour is not seen; errors always are.
    Last& last = last_of_kind[static_cast<std::size_t>(span.kind)];
    if (last.lane == span.lane && !span.is_error && bar.box.right < last.right + 0.5) continue;
    last = {bar.box.right, span.lane};
    out.bars.push_back(bar);
  }
}

/// Bands with their strips in as few lines as possible. Return: how many lines.
int place_bands(const Lanes& lanes, const TimeScale& scale, double top, Picture& out) {
  std::array<double, strip_limit> ends{};
  int lines = 0;
  for (std::size_t i = 0; i < lanes.spans.size(); ++i) {
    const Span& span = lanes.spans[i];
    if (span.kind != SpanKind::grace_period) continue;
    Band band;
    band.span = i;
    band.left = scale.x(span.start);
    band.right = std::max(scale.x(span.end), band.left + least_bar_width);
    const bool is_too_narrow = band.right - band.left < 24;
    for (int line = 0; line < strip_limit && !is_too_narrow; ++line) {
      double& end = ends[static_cast<std::size_t>(line)];
      if (end > band.left) continue;
      end = band.right;
      band.strip = {band.left, top + line * strip_height, band.right,
                    top + (line + 1) * strip_height};
      lines = std::max(lines, line + 1);
      break;
    }
    out.bands.push_back(band);
  }
  return lines;
}

struct Interval {
  Timestamp start = 0;
  Timestamp end = 0;
};

/// From the first to the last event of anybody but `main`; all, if there is nobody else.
Interval story_of(const TraceStore& trace, const Lanes& lanes) {
  const auto is_main = [&trace](EventIndex i) {
    const std::int32_t actor = trace.columns().actor[i];
    return actor < 0 ||
           trace.names().actors[static_cast<std::size_t>(actor)].kind == ActorKind::main;
  };
  EventIndex first = 0;
  while (first < trace.size() && is_main(first)) ++first;
  if (first == trace.size()) return {lanes.start, lanes.end};
  EventIndex last = trace.size() - 1;
  while (is_main(last)) --last;
  return {trace.time(first), trace.time(last) + 1};
}

Timestamp unfolded_duration(const TimeScale& scale) {
  Timestamp duration = 0;
  for (const TimeScale::Piece& piece : scale.pieces())
    if (!piece.is_fold) duration += piece.end - piece.start;
  return duration;
}

struct TimeUnit {
  const char* name;
  std::int64_t size;
};

TimeUnit unit_for(Clock clock, Timestamp duration) {
  if (clock == Clock::steps) return {"step", 1};
  if (duration < 10'000) return {"time, ns", 1};
  if (duration < 10'000'000) return {"time, µs", 1'000};
  if (duration < 10'000'000'000) return {"time, ms", 1'000'000};
  return {"time, s", 1'000'000'000};
}

void place_folds(const TraceStore& trace, const TimeScale& scale, Picture& out) {
  for (const TimeScale::Piece& piece : scale.pieces()) {
    if (!piece.is_fold) continue;
    out.folds.push_back(
        {piece.left, piece.right, duration_text(trace.clock(), piece.end - piece.start)});
  }
}

/// The length of a fold is written there.
bool is_at_fold(double x, const std::string& text, const Picture& out) {
  const double reach = text_width(text, tick_size) / 2 + 8;
  return std::any_of(out.folds.begin(), out.folds.end(), [&](const Fold& fold) {
    return x + reach > fold.left && x - reach < fold.right;
  });
}

void place_ticks(const TraceStore& trace, const Lanes& lanes, const TimeScale& scale,
                 Picture& out) {
  const TimeUnit unit = unit_for(trace.clock(), unfolded_duration(scale));
  out.time_unit = unit.name;
  const double px_per_unit = scale.px_per_unit() * static_cast<double>(unit.size);
  std::int64_t distance = 1;
  for (int i = 0; static_cast<double>(distance) * px_per_unit < tick_distance; ++i) {
    distance = i % 3 == 1 ? distance / 2 * 5 : distance * 2;  // 1, 2, 5, 10, 20, 50 ...
  }
  const bool is_steps = trace.clock() == Clock::steps;
  // Steps are numbered as everywhere else, nanoseconds from the beginning of the trace.
  const std::int64_t zero = is_steps ? 0 : lanes.start;
  const auto first_from = [&](Timestamp time) {
    return (time - zero + distance * unit.size - 1) / (distance * unit.size) * distance;
  };
  for (const TimeScale::Piece& piece : scale.pieces()) {
    if (piece.is_fold) continue;
    const bool is_last = &piece == &scale.pieces().back();
    for (std::int64_t count = first_from(piece.start);; count += distance) {
      const Timestamp time = zero + count * unit.size;
      const double x = is_steps ? scale.point_x(time) : scale.x(time);
      if (x > out.plot.right - 20 || (time >= piece.end && !is_last)) break;
      const std::string text = std::to_string(count);
      const bool is_crowded = !out.ticks.empty() && x - out.ticks.back().x < least_tick_distance;
      if (!is_crowded && !is_at_fold(x, text, out)) out.ticks.push_back({x, text});
    }
  }
}

/// The stretches without an event that are so long that they leave too little to the others.
std::vector<Interval> idle_stretches(const TraceStore& trace, const Interval& whole) {
  std::vector<Interval> stretches;
  for (EventIndex i = 1; i < trace.size(); ++i)
    if (trace.time(i) > trace.time(i - 1)) stretches.push_back({trace.time(i - 1), trace.time(i)});
  std::stable_sort(stretches.begin(), stretches.end(), [](const Interval& a, const Interval& b) {
    return a.end - a.start > b.end - b.start;
  });
  Timestamp left = whole.end - whole.start;
  std::size_t count = 0;
  while (count < std::min(stretches.size(), fold_limit)) {
    const Timestamp length = stretches[count].end - stretches[count].start;
    if (static_cast<double>(length) < least_fold_share * static_cast<double>(left)) break;
    left -= length;
    ++count;
  }
  stretches.resize(count);
  std::sort(stretches.begin(), stretches.end(),
            [](const Interval& a, const Interval& b) { return a.start < b.start; });
  return stretches;
}

}  // namespace

TimeScale::TimeScale(const TraceStore& trace, const Lanes& lanes)
    : is_steps_(trace.clock() == Clock::steps) {
  is_steps_ ? add_steps(trace, lanes) : add_nanoseconds(trace, lanes);
}

void TimeScale::add_steps(const TraceStore& trace, const Lanes& lanes) {
  const Interval story = story_of(trace, lanes);
  const auto duration = static_cast<double>(std::max<Timestamp>(story.end - story.start, 1));
  const double width =
      std::clamp(duration * px_per_step, plot_width - 2 * setup_width, plot_width_limit);
  px_per_unit_ = width / duration;
  add_piece(lanes.start, story.start, px_per_unit_, setup_width);
  add_piece(story.start, std::max(story.end, story.start + 1), px_per_unit_, width);
  add_piece(story.end, lanes.end, px_per_unit_, setup_width);
}

void TimeScale::add_nanoseconds(const TraceStore& trace, const Lanes& lanes) {
  const Interval whole{lanes.start, std::max(lanes.end, lanes.start + 1)};
  const std::vector<Interval> idle = idle_stretches(trace, whole);
  Timestamp duration = whole.end - whole.start;
  for (const Interval& stretch : idle) duration -= stretch.end - stretch.start;
  const double width = plot_width - fold_width * static_cast<double>(idle.size());
  px_per_unit_ = width / static_cast<double>(std::max<Timestamp>(duration, 1));
  Timestamp from = whole.start;
  for (const Interval& stretch : idle) {
    add_piece(from, stretch.start, px_per_unit_, width);
    add_piece(stretch.start, stretch.end, px_per_unit_, fold_width);
    pieces_.back().is_fold = true;
    from = stretch.end;
  }
  add_piece(from, whole.end, px_per_unit_, width);
}

void TimeScale::add_piece(Timestamp start, Timestamp end, double px_per_unit, double width_limit) {
  if (start >= end) return;
  const double left = pieces_.empty() ? head_width + margin : pieces_.back().right;
  const double width = std::min(static_cast<double>(end - start) * px_per_unit, width_limit);
  pieces_.push_back({start, end, left, left + width});
}

/// There may be events from before the first piece and after the last one.
const TimeScale::Piece& TimeScale::piece_at(Timestamp time) const {
  const auto next =
      std::upper_bound(pieces_.begin(), pieces_.end(), time,
                       [](Timestamp t, const Piece& piece) { return t < piece.start; });
  return next == pieces_.begin() ? pieces_.front() : *std::prev(next);
}

double TimeScale::x(Timestamp time) const {
  const Piece& piece = piece_at(time);
  const double px_per_unit =
      (piece.right - piece.left) / static_cast<double>(piece.end - piece.start);
  return piece.left + static_cast<double>(time - piece.start) * px_per_unit;
}

void place_rows_and_bars(const TraceStore& trace, const Lanes& lanes, const TimeScale& scale,
                         Picture& out) {
  out.width = scale.right() + room_after_end;
  out.ruler_top = header_height;
  const double strips_top = out.ruler_top + ruler_height;
  const int lines = place_bands(lanes, scale, strips_top, out);
  const std::vector<Slot> slots = TrackAssigner(lanes).run();
  const double rows_top = strips_top + lines * strip_height;
  place_rows(lanes, slots, rows_top, out);
  const double rows_bottom = out.rows.empty() ? rows_top : out.rows.back().box.bottom;
  out.plot = {head_width, rows_top, out.width, rows_bottom};
  place_bars(lanes, slots, scale, out);
  place_folds(trace, scale, out);
  place_ticks(trace, lanes, scale, out);
}

Picture make_picture(const TraceStore& trace, const Lanes& lanes) {
  Picture out;
  const TimeScale scale(trace, lanes);
  place_rows_and_bars(trace, lanes, scale, out);
  place_points(trace, lanes, scale, out);
  place_labels(trace, lanes, out);
  return out;
}

}  // namespace rcuscope::svg
