// SPDX-License-Identifier: LGPL-2.1-or-later
// Arrows between lanes: curves from bar edge to bar edge, labels where nothing else stands.
#include <algorithm>
#include <cmath>
#include <string>

#include "timeline/layout_parts.h"

namespace rcuscope::gui::layout {
namespace {

/// More arrows than one for so many pixels of width are a carpet, not a picture.
constexpr float pixels_per_arrow = 16;
/// Counting ends here: more is said to be "more than" this.
constexpr std::size_t arrow_count_max = 10'000;

const Row* find_row(const TimelineLayout& out, std::int32_t lane) {
  for (const Row& row : out.rows) {
    if (static_cast<std::int32_t>(row.lane) == lane) return &row;
  }
  return nullptr;
}

Point on_curve(const ArrowPath& path, float t) {
  const float s = 1 - t;
  const float a = s * s * s, b = 3 * s * s * t, c = 3 * s * t * t, d = t * t * t;
  return {a * path.from.x + b * path.from_control.x + c * path.to_control.x + d * path.to.x,
          a * path.from.y + b * path.from_control.y + c * path.to_control.y + d * path.to.y};
}

ArrowPath make_path(const LayoutInput& input, const TimelineLayout& out, std::size_t index,
                    const Row& from, const Row& to) {
  const Arrow& arrow = input.lanes.arrows[index];
  const auto x_of = [&](Timestamp time) {
    return out.axis.to_x(drawn_time(input.format.clock(), static_cast<double>(time)));
  };
  ArrowPath path;
  path.arrow = index;
  const bool is_down = to.rect.y0 > from.rect.y0;
  path.from = {x_of(arrow.from), is_down ? from.bar.y1 : from.bar.y0};
  path.to = {x_of(arrow.to), is_down ? to.bar.y0 - 1 : to.bar.y1 + 1};
  if (&from == &to) path.to.y = to.bar.y0 - 1;  // an arch over the lane's own bars
  const float distance = std::fabs(path.to.y - path.from.y);
  path.is_straight = &from != &to && std::fabs(path.to.x - path.from.x) < 24 * input.scale;
  const float reach = &from == &to ? 26 * input.scale : std::min(70 * input.scale, distance * 0.6f);
  path.from_control = {path.from.x, path.from.y + (is_down ? reach : -reach)};
  path.to_control = {path.to.x, path.to.y + (is_down || &from == &to ? -reach : reach)};
  return path;
}

void place_plate(const LayoutInput& input, const TimelineLayout& out, ArrowPath& path,
                 std::vector<RowState>& rows) {
  const std::string& label = input.lanes.arrows[path.arrow].label;
  if (label.empty() || path.is_straight) return;
  const float half_width = input.measure(TextStyle::tiny, label) / 2 + 5 * input.scale;
  const float half_height = 9 * input.scale;
  for (const float t : {0.5f, 0.4f, 0.6f, 0.3f, 0.7f, 0.22f, 0.78f}) {
    const Point center = on_curve(path, t);
    const Rect plate{center.x - half_width, center.y - half_height, center.x + half_width,
                     center.y + half_height};
    if (plate.x0 < out.lanes.x0 || plate.x1 > out.lanes.x1) continue;
    const bool is_free = std::all_of(rows.begin(), rows.end(), [&](const RowState& row) {
      return row.labels.is_free(plate) && row.solid.is_free(plate);
    });
    if (!is_free) continue;
    path.plate = plate;
    path.has_plate = true;
    if (!rows.empty()) rows.front().labels.add(plate);
    return;
  }
}

bool is_in_view(const LayoutInput& input, const TimelineLayout& out, std::uint32_t index) {
  const Arrow& arrow = input.lanes.arrows[index];
  return static_cast<double>(std::max(arrow.from, arrow.to)) >= out.axis.view.start &&
         static_cast<double>(std::min(arrow.from, arrow.to)) <= out.axis.view.end;
}

/// The paths of all arrows that are drawn.
std::vector<ArrowPath> drawn_paths(const LayoutInput& input, const TimelineLayout& out) {
  std::vector<ArrowPath> paths;
  const auto add = [&](std::uint32_t index) {
    const Arrow& arrow = input.lanes.arrows[index];
    const Row* from = find_row(out, arrow.from_lane);
    const Row* to = find_row(out, arrow.to_lane);
    if (from == nullptr || to == nullptr) return;
    const ArrowPath path = make_path(input, out, index, *from, *to);
    const bool is_point = std::fabs(path.from.x - path.to.x) < 1 && from == to;
    if (!is_point) paths.push_back(path);
  };
  if (out.hidden_arrow_count == 0) {
    const auto most =
        static_cast<std::size_t>(out.lanes.width() / (pixels_per_arrow * input.scale));
    for (const std::uint32_t index :
         input.index.arrows.find(out.axis.view.start, out.axis.view.end, most + 1)) {
      add(index);
    }
    return paths;
  }
  for (const std::uint32_t index : input.index.arrows.errors) {
    if (is_in_view(input, out, index)) add(index);
  }
  return paths;
}

/// The rectangles around short pieces of a path.
std::vector<Rect> pieces_of(const ArrowPath& path, float scale) {
  const float length =
      std::fabs(path.to.x - path.from.x) + std::fabs(path.to.y - path.from.y) + 40 * scale;
  const int count = std::max(2, static_cast<int>(length / (8 * scale)));
  const float reach = 3 * scale;
  std::vector<Rect> pieces;
  Point last = path.from;
  for (int i = 1; i <= count; ++i) {
    const float t = static_cast<float>(i) / static_cast<float>(count);
    const Point next = path.is_straight ? Point{path.from.x + t * (path.to.x - path.from.x),
                                                path.from.y + t * (path.to.y - path.from.y)}
                                        : on_curve(path, t);
    pieces.push_back({std::min(last.x, next.x) - reach, std::min(last.y, next.y) - 1,
                      std::max(last.x, next.x) + reach, std::max(last.y, next.y) + 1});
    last = next;
  }
  return pieces;
}

/// In the lower right corner, where it covers least; nothing else may be written there.
void say_what_is_hidden(const LayoutInput& input, TimelineLayout& out) {
  const bool is_counted = out.hidden_arrow_count <= arrow_count_max;
  const std::size_t count = std::min(out.hidden_arrow_count, arrow_count_max);
  out.hidden_arrows_note = (is_counted ? "" : "more than ") +
                           with_thousands(std::to_string(count)) + " arrows: zoom in to see them";
  const float width = input.measure(TextStyle::tiny, out.hidden_arrows_note) + 16 * input.scale;
  const float x1 = out.lanes.x1 - 10 * input.scale, y1 = out.lanes.y1 - 6 * input.scale;
  out.hidden_arrows_at = {x1 - width, y1 - 20 * input.scale, x1, y1};
}

}  // namespace

void count_arrows(const LayoutInput& input, TimelineLayout& out) {
  const std::size_t count =
      input.index.arrows.find(out.axis.view.start, out.axis.view.end, arrow_count_max + 1).size();
  if (static_cast<float>(count) * pixels_per_arrow * input.scale <= out.lanes.width()) return;
  out.hidden_arrow_count = count;
  say_what_is_hidden(input, out);
}

void reserve_curves(const LayoutInput& input, const TimelineLayout& out,
                    std::vector<RowState>& rows) {
  for (const ArrowPath& path : drawn_paths(input, out)) {
    for (const Rect& piece : pieces_of(path, input.scale)) {
      for (std::size_t i = 0; i < out.rows.size(); ++i) {
        if (out.rows[i].rect.overlaps(piece)) rows[i].curves.add(piece);
      }
    }
  }
}

void add_arrows(const LayoutInput& input, TimelineLayout& out, std::vector<RowState>& rows) {
  out.arrows = drawn_paths(input, out);
  for (ArrowPath& path : out.arrows) place_plate(input, out, path, rows);
}

}  // namespace rcuscope::gui::layout
