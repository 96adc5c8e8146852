// SPDX-License-Identifier: LGPL-2.1-or-later
// Neighbours are joined by straight lines. What a reader holds may be columns away: its pointer
// takes the gap between two columns, then the one between two rows.
#include "memory_routes.h"

#include <algorithm>
#include <cmath>

namespace rcuscope::gui {
namespace {

class Router {
 public:
  Router(const MemoryGraph& graph, float scale) : graph_(graph), scale_(scale) {}

  PointerRoute route(const MemoryPointer& pointer, float label_width) {
    const Rect &a = rect(pointer.from), &b = rect(pointer.to);
    if (pointer.kind == PointerKind::held && a.x1 < b.x0) return held(pointer, label_width);
    // The way back stands below the way there.
    if (a.x1 < b.x0) return straight({a.x1, a.center().y}, {b.x0, b.center().y}, label_width);
    if (b.x1 < a.x0) {
      return straight({a.x0, a.center().y + px(8)}, {b.x1, b.center().y + px(8)}, label_width);
    }
    const bool is_neighbour = b.y0 >= a.y1 && b.y0 - a.y1 < px(30);
    if (is_neighbour) {
      const float x = a.x0 + px(24);
      return straight({x, a.y1}, {x, b.y0}, label_width);
    }
    const float x = std::max(a.x1, b.x1) + px(18), y = b.center().y - px(6);
    return {{{a.x1, a.center().y}, {x, a.center().y}, {x, y}, {b.x1, y}}, {}, false};
  }

 private:
  const Rect& rect(std::size_t node) const { return graph_.nodes[node].rect; }
  float px(float length) const { return length * scale_; }

  PointerRoute straight(Point from, Point to, float label_width) const {
    PointerRoute route{{from, to}, {}, true};
    const Point middle{(from.x + to.x) / 2, (from.y + to.y) / 2};
    const bool is_vertical = std::fabs(from.x - to.x) < 1;
    route.label_at =
        is_vertical ? Point{from.x + px(6), middle.y - px(8)}
                    : Point{middle.x - label_width / 2, middle.y + px(to.x < from.x ? 1 : -15)};
    return route;
  }

  /// How many pointers of the same actor came before.
  std::size_t number_of(const MemoryPointer& pointer) const {
    std::size_t number = 0;
    for (const MemoryPointer& other : graph_.pointers) {
      if (&other == &pointer) break;
      number += other.from == pointer.from && other.kind == PointerKind::held ? 1 : 0;
    }
    return number;
  }

  PointerRoute held(const MemoryPointer& pointer, float label_width) {
    const Rect &a = rect(pointer.from), &b = rect(pointer.to);
    const float shift = number_of(pointer) == 0 ? -px(7) : px(7);
    const Point from{a.x1, a.center().y + shift};
    const bool is_level = std::fabs(a.center().y - b.center().y) < 1;
    const Point to{b.x0, b.center().y + (is_level ? shift : px(10))};
    if (is_level && is_free({from.x, from.y - px(2), to.x, to.y + px(2)}, pointer)) {
      return straight(from, to, label_width);
    }
    // Several of them in one gap stand side by side.
    const auto lane = static_cast<float>(detour_count_++ % 4);
    const float down_x = a.x1 + px(16 + 8 * lane), up_x = b.x0 - px(16 + 5 * lane);
    const float corridor = b.y1 + px(4 + 4 * lane);
    PointerRoute route;
    route.points = {from, {down_x, from.y}, {down_x, corridor}, {up_x, corridor}, {up_x, to.y}, to};
    route.label_at = {a.x1 + px(6), from.y + (shift < 0 ? -px(15) : px(1))};
    return route;
  }

  bool is_free(const Rect& way, const MemoryPointer& pointer) const {
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (i != pointer.from && i != pointer.to && rect(i).overlaps(way)) return false;
    }
    return true;
  }

  const MemoryGraph& graph_;
  float scale_;
  std::size_t detour_count_ = 0;
};

}  // namespace

std::vector<PointerRoute> route_pointers(const MemoryGraph& graph, const LabelWidths& widths,
                                         float scale) {
  Router router(graph, scale);
  std::vector<PointerRoute> routes;
  for (std::size_t i = 0; i < graph.pointers.size(); ++i) {
    routes.push_back(router.route(graph.pointers[i], widths[i]));
  }
  return routes;
}

}  // namespace rcuscope::gui
