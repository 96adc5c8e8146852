// SPDX-License-Identifier: LGPL-2.1-or-later
// The picture of a trace in pixels, before it is written: rows, bars, points, curves and labels
// that do not overlap. Pure, so that tests can measure it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "trace/lanes.h"

namespace rcuscope::svg {

struct Box {
  double left = 0, top = 0, right = 0, bottom = 0;

  double width() const { return right - left; }
  double height() const { return bottom - top; }
  double middle_x() const { return (left + right) / 2; }
  double middle_y() const { return (top + bottom) / 2; }
  bool overlaps(const Box& other) const {
    return left < other.right && other.left < right && top < other.bottom && other.top < bottom;
  }
  bool contains(const Box& other) const {
    return left <= other.left && other.right <= right && top <= other.top && other.bottom <= bottom;
  }
};

enum class Anchor : std::uint8_t { start, middle, end };

/// What a label stands on: the bare picture, a ground that hides lines, a panel with a border.
enum class Plate : std::uint8_t { none, ground, panel, bar };

/// A text that has its place. `style` is a class of the style sheet.
struct Label {
  Box box;
  std::string text;
  std::string style;
  Anchor anchor = Anchor::start;
  Plate plate = Plate::none;
};

struct Row {
  Box box;
  double track_top = 0;  ///< Top of the first track of bars.
  std::int32_t lane = 0;
};

struct Bar {
  Box box;
  std::size_t span = 0;    ///< Index into Lanes::spans.
  bool is_strip = false;   ///< Thin, because what happens inside is drawn above it.
  double error_from = -1;  ///< From here to the right it is drawn as broken; -1 = nowhere.
};

/// A grace period over all lanes, with its name in the strip under the ruler.
struct Band {
  double left = 0, right = 0;
  Box strip;             ///< Empty if there was no room for a strip.
  std::size_t span = 0;  ///< Index into Lanes::spans.
};

enum class GlyphKind : std::uint8_t { pin, diamond, hollow_diamond, cross, ring, dot, alert };

/// One mark, or several that are too close to be told apart: then it shows the weightiest.
struct Glyph {
  double x = 0, y = 0;
  GlyphKind kind{};
  std::size_t mark = 0;             ///< Index into Lanes::marks.
  std::vector<std::size_t> folded;  ///< The others.
};

struct BadgePoint {
  double x = 0, y = 0;
  std::string text;
  std::size_t badge = 0;  ///< Index into Lanes::badges.
};

struct Curve {
  double x1 = 0, y1 = 0, x2 = 0, y2 = 0;
  std::size_t arrow = 0;  ///< Index into Lanes::arrows.
};

struct Tick {
  double x = 0;
  std::string text;
};

/// A stretch of time in which nothing happens, drawn narrow.
struct Fold {
  double left = 0, right = 0;
  std::string text;  ///< How long it is: "9.8 ms".
};

struct Picture {
  double width = 0;
  Box plot;  ///< The lanes without their heads.
  double ruler_top = 0;
  std::string time_unit;
  std::vector<Tick> ticks;
  std::vector<Fold> folds;
  std::vector<Row> rows;
  std::vector<Band> bands;
  std::vector<Bar> bars;
  std::vector<Glyph> glyphs;
  std::vector<BadgePoint> badges;
  std::vector<Curve> curves;
  std::vector<Label> labels;
  std::size_t hidden_lanes_count = 0;  ///< Beyond lane_limit.
};

inline constexpr double head_width = 244;    ///< Column of lane names, px.
inline constexpr double header_height = 66;  ///< Title and verdict, px.
inline constexpr double bar_height = 22;
inline constexpr double label_size = 11.5;  ///< Font size, px.
inline constexpr std::size_t lane_limit = 48;

/// Time to pixels. In a trace of steps, what only `main` does before and after the story is pressed
/// together, since set-up may take more steps than all that is to be shown. In one of nanoseconds
/// long stretches without an event are: a thread that looks for work every 10 ms would leave no
/// room for readers of a microsecond.
class TimeScale {
 public:
  struct Piece {
    Timestamp start = 0, end = 0;
    double left = 0, right = 0;
    bool is_fold = false;
  };

  TimeScale(const TraceStore& trace, const Lanes& lanes);
  double x(Timestamp time) const;
  /// Where a point of that time is drawn: in the middle of its step.
  double point_x(Timestamp time) const { return is_steps_ ? (x(time) + x(time + 1)) / 2 : x(time); }
  double left() const { return pieces_.front().left; }
  double right() const { return pieces_.back().right; }  ///< End of the trace.
  /// The share (0 to 1) of the way from left to right.
  double share(Timestamp time) const { return (point_x(time) - left()) / (right() - left()); }
  double px_per_unit() const { return px_per_unit_; }  ///< In the story.
  const std::vector<Piece>& pieces() const { return pieces_; }

 private:
  const Piece& piece_at(Timestamp time) const;
  void add_piece(Timestamp start, Timestamp end, double px_per_unit, double width_limit);
  void add_steps(const TraceStore& trace, const Lanes& lanes);
  void add_nanoseconds(const TraceStore& trace, const Lanes& lanes);

  std::vector<Piece> pieces_;
  double px_per_unit_ = 1;
  bool is_steps_ = false;
};

Picture make_picture(const TraceStore& trace, const Lanes& lanes);

// --- the parts of make_picture, in this order ---

void place_rows_and_bars(const TraceStore& trace, const Lanes& lanes, const TimeScale& scale,
                         Picture& out);
void place_points(const TraceStore& trace, const Lanes& lanes, const TimeScale& scale,
                  Picture& out);
void place_labels(const TraceStore& trace, const Lanes& lanes, Picture& out);

}  // namespace rcuscope::svg
