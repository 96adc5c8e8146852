// SPDX-License-Identifier: LGPL-2.1-or-later
// Arrows between lanes: curves from bar edge to bar edge, labels where nothing else stands.
#include <algorithm>
#include <cmath>

#include "timeline/layout_parts.h"

namespace rcuscope::gui::layout {
namespace {

/// More arrows than this on one screen are a carpet, not a picture.
constexpr std::size_t arrow_count_max = 400;

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

}  // namespace

void add_arrows(const LayoutInput& input, TimelineLayout& out, std::vector<RowState>& rows) {
  const auto& ends = input.index.arrow_ends_max;
  const auto first = std::lower_bound(
      ends.begin(), ends.end(), out.axis.view.start,
      [](Timestamp end, double limit) { return static_cast<double>(end) < limit; });
  for (auto i = static_cast<std::size_t>(first - ends.begin());
       i < ends.size() && out.arrows.size() < arrow_count_max; ++i) {
    const Arrow& arrow = input.lanes.arrows[input.index.arrows[i]];
    if (static_cast<double>(std::min(arrow.from, arrow.to)) > out.axis.view.end) break;
    const Row* from = find_row(out, arrow.from_lane);
    const Row* to = find_row(out, arrow.to_lane);
    if (from == nullptr || to == nullptr) continue;
    ArrowPath path = make_path(input, out, input.index.arrows[i], *from, *to);
    const bool is_point = std::fabs(path.from.x - path.to.x) < 1 && from == to;
    if (is_point) continue;
    place_plate(input, out, path, rows);
    out.arrows.push_back(path);
  }
}

}  // namespace rcuscope::gui::layout
