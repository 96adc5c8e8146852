// SPDX-License-Identifier: LGPL-2.1-or-later
// TimelineLayout: lanes at one zoom as rectangles, points and placed labels; pure, so tests see
// every decision without a window.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "format_time.h"
#include "geometry.h"
#include "timeline/index.h"
#include "timeline/view.h"
#include "trace/lanes.h"

namespace rcuscope::gui {

enum class TextStyle : std::uint8_t { small, tiny, bold };
/// Width in pixels.
using MeasureText = std::function<float(TextStyle, std::string_view)>;

/// What bars say about the moment of the playhead, besides their labels.
struct BarNotes {
  std::map<std::int32_t, std::string> grace_periods;  ///< In progress: "waits for CPU 2".
  std::map<std::int32_t, std::string> readers;  ///< By lane, what it has in hand: "→ gdev 01:00.1".
  Timestamp now = 0;                            ///< Of the readers' notes.
};

struct LayoutInput {
  const TraceStore& trace;
  const Lanes& lanes;
  const std::vector<std::vector<std::uint32_t>>& events_of_actor;  ///< Ascending.
  const TimelineIndex& index;
  const TimeFormat& format;
  const MeasureText& measure;
  const BarNotes& notes;
  TimeView view;
  Rect area;  ///< Ruler on top, lanes below.
  float scale = 1;
  float scroll_px = 0;
};

struct Row {
  std::size_t lane = 0;
  Rect rect;
  Rect bar;  ///< Where the lane's bars stand: the whole width, at bar height.
};

/// One span that is wide enough for a shape of its own.
struct Bar {
  Rect rect;
  std::uint32_t span = 0;
  SpanLook look;
  bool is_error = false;
  float error_x = 0;  ///< Of an error: from here on it is wrong.
  std::string label;  ///< Shortened to its room; empty = none.
  Rect label_rect;
  std::string caption;  ///< Below a reader that a grace period waits for; empty = none.
  Point caption_at;
};

/// A span of a few pixels, or several that are nearer to each other than that: a plain rectangle.
struct FoldedBar {
  Rect rect;
  std::uint32_t span = 0;   ///< The first of them.
  std::uint32_t count = 1;  ///< Spans that were folded into it.
  float busy_share = 1;     ///< Of its time, what those take.
  SpanLook look;
};

enum class MarkShape : std::uint8_t { pin, ring, diamond, crossed, link, note, finding };

struct MarkGlyph {
  std::size_t mark = 0;      ///< Of several: the first.
  std::size_t position = 0;  ///< Of that mark in the lane's MarkTrack.
  std::uint32_t count = 1;   ///< Marks that stand too close together to be told apart.
  std::string text;          ///< "kfree gdev0", "3 × kfree gdev0", "kfree gdev0 +2"; of findings
                             ///< "data race, list corruption".
  MarkShape shape{};
  Point at;
  float size = 1;    ///< Share of the full glyph: less where marks stand close together.
  float head_y = 0;  ///< Pins and raised labels: where the stem ends.
  bool has_stem = false;
  bool has_label = false;
  bool is_on_arrow = false;  ///< The label found no place that an arrow does not cross.
  Rect label;
};

struct ArrowPath {
  std::size_t arrow = 0;
  Point from, from_control, to_control, to;
  bool is_straight = false;
  bool has_plate = false;
  Rect plate;
};

struct Band {
  std::uint32_t span = 0;
  float x0 = 0;
  float x1 = 0;
  std::string title;      ///< Empty when it does not fit.
  std::string duration;   ///< Likewise.
  bool has_edges = true;  ///< Not where they would stand close together.
};

struct BadgeDot {
  std::uint32_t badge = 0;
  Point at;
};

/// An event without a mark of its own: a point on the base line of its lane.
struct EventDot {
  EventIndex event = 0;
  Point at;
};

struct Tick {
  float x = 0;
  std::string label;
};

struct TimelineLayout {
  TimeAxis axis;
  Rect ruler, lanes;
  TimeUnit unit;
  float content_height = 0;  ///< Of all rows; more than lanes.height() means that it scrolls.
  std::vector<Tick> ticks;
  std::vector<Band> bands;
  std::vector<Row> rows;            ///< The visible ones.
  std::vector<FoldedBar> contexts;  ///< Under the bars: running actors and implicit sections.
  std::vector<Bar> bars;
  std::vector<FoldedBar> folded;  ///< On the bars.
  std::vector<MarkGlyph> marks;
  std::vector<ArrowPath> arrows;
  std::vector<BadgeDot> badges;
  std::vector<EventDot> dots;  ///< None where they would stand too close together.
  /// Not drawn, because so many would cover the rest: all but those of errors.
  std::size_t hidden_arrow_count = 0;
  std::string hidden_arrows_note;  ///< "1 204 arrows: zoom in to see them"; empty = none hidden.
  Rect hidden_arrows_at;
};

/// Cost: logarithmic in the trace, linear in what is visible.
TimelineLayout compute_layout(const LayoutInput& input);

/// The moment at which an event is drawn: the middle of its step, or its nanosecond.
double drawn_time(Clock clock, double time);

MarkShape shape_of(const Mark& mark);

}  // namespace rcuscope::gui
