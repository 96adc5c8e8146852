// SPDX-License-Identifier: LGPL-2.1-or-later
// The memory graph on the screen: cards and pointers; what is freed is struck through, what is
// wrong is dashed and red, so that shape says it as well as colour.
#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include "memory_graph.h"
#include "memory_routes.h"
#include "panels/panels.h"

namespace rcuscope::gui {
namespace {

class MemoryPanel {
 public:
  MemoryPanel(Ui& ui, Session& session, const Rect& area)
      : ui_(ui), p_(ui.paint), theme_(ui.paint.theme()), session_(session), area_(area) {}

  void draw() {
    p_.fill(area_, theme_.panel);
    p_.line({area_.x0, area_.y0}, {area_.x1, area_.y0}, theme_.line_strong, 1);
    graph_ = make_memory_graph(session_.trace(), session_.world());
    const Rect room{area_.x0, area_.y0 + px(22), area_.x1, area_.y1};
    place_nodes(graph_, room, p_.scale());
    scroll(room);
    p_.push_clip(room);
    const std::vector<PointerRoute> routes = route_pointers(graph_, label_widths(), p_.scale());
    for (std::size_t i = 0; i < routes.size(); ++i) draw_pointer(routes[i], graph_.pointers[i]);
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) draw_node(i);
    for (std::size_t i = 0; i < routes.size(); ++i) draw_label(routes[i], graph_.pointers[i]);
    p_.pop_clip();
    draw_head();
    draw_wires(room);
  }

 private:
  float px(float length) const { return p_.px(length); }

  void scroll(const Rect& room) {
    const Response all = ui_.interact("memory", room);
    const float most = std::max(0.0f, graph_.height - room.height());
    if (all.is_hovered) session_.memory_scroll_px -= current_mouse().wheel * px(40);
    session_.memory_scroll_px = std::clamp(session_.memory_scroll_px, 0.0f, most);
    for (MemoryNode& node : graph_.nodes) {
      node.rect.y0 -= session_.memory_scroll_px;
      node.rect.y1 -= session_.memory_scroll_px;
    }
  }

  void draw_head() {
    p_.text(p_.fonts().bold, area_.x0 + px(20), area_.y0 + px(8), theme_.text, "Memory");
    struct Sign {
      PointerKind kind;
      const char* text;
    };
    constexpr Sign signs[] = {{PointerKind::link, "list"},
                              {PointerKind::stale, "stale, for readers on it"},
                              {PointerKind::field, "field"},
                              {PointerKind::held, "a reader's own, from its lane"},
                              {PointerKind::poisoned, "poison, or freed"}};
    float x = area_.x0 + px(100);
    const float y = area_.y0 + px(16);
    for (const Sign& sign : signs) {
      MemoryPointer pointer;
      pointer.kind = sign.kind;
      draw_pointer({{{x, y}, {x + px(26), y}}, {}, false}, pointer);
      x += px(32);
      x += p_.text(p_.fonts().tiny, x, y - px(7), theme_.text_secondary, sign.text) + px(18);
    }
  }

  /// Over the panels between the timeline and this one.
  void draw_wires(const Rect& room) {
    const Rect* lanes = ui_.widgets.find(ui_.prefix + "timeline");
    if (lanes == nullptr) return;
    const auto cell_of = [this](ActorId actor) -> const Rect* {
      const std::optional<std::size_t> lane = lane_of(actor);
      return lane ? ui_.widgets.find(ui_.prefix + "lane:" + std::to_string(*lane)) : nullptr;
    };
    for (const LaneWire& wire : wires_from_lanes(graph_, cell_of, *lanes, p_.scale())) {
      const Color color = color_of(graph_.nodes[wire.node]);
      const float y = std::clamp(wire.corner.y, room.y0, room.y1);  // the graph may be scrolled
      p_.line(wire.from, {wire.corner.x, y}, color, px(2));
      if (!wire.is_cut) p_.circle(wire.from, px(4), color);
      if (y == wire.corner.y) p_.line(wire.corner, wire.to, color, px(2));
    }
  }

  std::optional<std::size_t> lane_of(ActorId actor) const {
    const auto& lanes = session_.lanes().lanes;
    for (std::size_t i = 0; i < lanes.size(); ++i) {
      if (lanes[i].actor == actor) return i;
    }
    return std::nullopt;
  }

  Color color_of(const MemoryNode& node) const {
    return node.kind == MemoryNodeKind::actor && node.tone == Tone::reader
               ? theme_.reader
               : tone_color(theme_, node.tone);
  }

  // --- nodes ---

  void draw_node(std::size_t index) {
    const MemoryNode& node = graph_.nodes[index];
    const Color color = color_of(node);
    const Rect& r = node.rect;
    const Response response = ui_.interact("memory:" + node.title, r);
    if (response.is_clicked) select(node);
    const bool is_round = node.kind == MemoryNodeKind::actor;
    const float radius = is_round ? r.height() / 2 : px(5);
    p_.fill(r, theme_.raised, radius);
    if (node.kind == MemoryNodeKind::poison) p_.hatch(r, fade(color, 0.25f), px(8), px(1.2f));
    const bool is_loud = node.tone == Tone::error || node.tone == Tone::waiting;
    p_.stroke(r, is_loud || response.is_hovered ? color : theme_.line_strong, radius,
              px(is_loud ? 1.8f : 1));
    const float x = r.x0 + px(is_round ? 18 : 10), room = r.x1 - x - px(8);
    const bool has_detail = !node.detail.empty();
    const float y = has_detail ? r.y0 + px(4) : r.center().y - px(8);
    const Color text = node.is_struck ? theme_.text_faint : theme_.text;
    const float width = p_.text_fit(p_.fonts().mono, x, y, room, text, node.title);
    if (node.is_struck) {
      p_.line({x - px(3), y + px(9)}, {x + width + px(3), y + px(9)}, color, px(1.5f));
    }
    if (!has_detail) return;
    p_.circle({x + px(3), r.y1 - px(11)}, px(3), color);
    p_.text_fit(p_.fonts().tiny, x + px(11), r.y1 - px(18), room - px(11), theme_.text_secondary,
                node.detail);
  }

  /// A reader's lane; or the last event about an object.
  void select(const MemoryNode& node) {
    if (const auto lane = node.actor.is_valid() ? lane_of(node.actor) : std::nullopt) {
      session_.selection = {Selection::Kind::lane, *lane};
    }
    if (!node.object.is_valid()) return;
    for (EventIndex i = session_.event_count_so_far(); i-- > 0;) {
      if (session_.trace().columns().object[i] != node.object.value) continue;
      session_.selection = {Selection::Kind::event, i};
      return;
    }
  }

  // --- pointers ---

  Color color_of(const MemoryPointer& pointer) const {
    if (pointer.is_dangling || pointer.kind == PointerKind::poisoned) return theme_.error;
    switch (pointer.kind) {
      case PointerKind::link:
        return theme_.linked;
      case PointerKind::stale:
        return theme_.grace_period;
      case PointerKind::held:
        return theme_.reader;
      default:
        return theme_.text_faint;
    }
  }

  /// Solid: structures that are in order. Dashed: what only who is already there may follow.
  /// `head`: how much of its end is left free.
  void draw_line(Point from, Point to, const MemoryPointer& pointer, float head) {
    const bool is_dashed = pointer.kind == PointerKind::stale || pointer.is_dangling ||
                           pointer.kind == PointerKind::poisoned;
    const float width = px(pointer.kind == PointerKind::held ? 2.2f : 1.5f);
    const float length = std::max(1.0f, std::hypot(to.x - from.x, to.y - from.y));
    const Point unit{(to.x - from.x) / length, (to.y - from.y) / length};
    const auto at = [&](float way) { return Point{from.x + unit.x * way, from.y + unit.y * way}; };
    const float dash = is_dashed ? px(6) : length;
    for (float way = 0; way < length - head; way += is_dashed ? 2 * dash : length) {
      p_.line(at(way), at(std::min(length - head, way + dash)), color_of(pointer), width);
    }
  }

  void draw_stroke(Point from, Point to, const MemoryPointer& pointer) {
    const float head = px(7);
    draw_line(from, to, pointer, head);
    const float length = std::max(1.0f, std::hypot(to.x - from.x, to.y - from.y));
    const Point unit{(to.x - from.x) / length, (to.y - from.y) / length};
    const Point neck{to.x - unit.x * head, to.y - unit.y * head};
    const Point side{-unit.y * head / 2, unit.x * head / 2};
    p_.triangle(to, {neck.x + side.x, neck.y + side.y}, {neck.x - side.x, neck.y - side.y},
                color_of(pointer));
  }

  LabelWidths label_widths() const {
    LabelWidths widths;
    for (const MemoryPointer& pointer : graph_.pointers) {
      widths.push_back(p_.text_width(p_.fonts().tiny, pointer.label));
    }
    return widths;
  }

  void draw_pointer(const PointerRoute& route, const MemoryPointer& pointer) {
    const std::size_t last = route.points.size() - 1;
    for (std::size_t i = 0; i + 1 < last; ++i) {
      draw_line(route.points[i], route.points[i + 1], pointer, 0);
    }
    draw_stroke(route.points[last - 1], route.points[last], pointer);
    if (pointer.kind == PointerKind::held) {
      p_.circle(route.points.front(), px(3.5f), color_of(pointer));
    }
  }

  /// On a ground of its own: lines may pass behind it.
  void draw_label(const PointerRoute& route, const MemoryPointer& pointer) {
    if (!route.has_label) return;
    const Face& tiny = p_.fonts().tiny;
    const Point at = route.label_at;
    const float width = p_.text_width(tiny, pointer.label);
    p_.fill({at.x - px(2), at.y + px(1), at.x + width + px(2), at.y + px(14)},
            fade(theme_.panel, 0.85f), px(2));
    p_.text(tiny, at.x, at.y, color_of(pointer), pointer.label);
  }

  Ui& ui_;
  Painter& p_;
  const Theme& theme_;
  Session& session_;
  Rect area_;
  MemoryGraph graph_;
};

}  // namespace

void draw_memory(Ui& ui, Session& session, const Rect& area) {
  MemoryPanel(ui, session, area).draw();
}

}  // namespace rcuscope::gui
