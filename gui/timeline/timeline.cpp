// SPDX-License-Identifier: LGPL-2.1-or-later
// The timeline panel: what mouse and wheel do, lane names, and the tip under the pointer.
#include "timeline/timeline.h"

#include <imgui.h>

#include <algorithm>
#include <cmath>

#include "trace/describe.h"
#include "trace/words.h"

namespace rcuscope::gui {
namespace {

/// A pointer that moved further than this while pressed was a drag, not a click.
constexpr float click_distance_px = 4;

bool was_dragged(float scale) {
  const float limit = click_distance_px * scale;
  return ImGui::GetIO().MouseDragMaxDistanceSqr[0] > limit * limit;
}

class TimelinePanel {
 public:
  TimelinePanel(Ui& ui, Session& session, const Rect& area)
      : ui_(ui), p_(ui.paint), theme_(ui.paint.theme()), session_(session), area_(area) {
    plot_ = {area.x0 + p_.px(lane_names_width), area.y0, area.x1, area.y1};
    notes_.now = session.playback.playhead();
    for (const GracePeriodState& gp : session.world().grace_periods) {
      if (!gp.waits_for.empty()) notes_.grace_periods[gp.grace_period.value] = note_of(gp);
    }
    for (const TracedActorState& actor : session.world().actors) {
      if (actor.reader_nesting > 0) note_reader(actor);
    }
  }

  void draw() {
    const MeasureText measure = [this](TextStyle style, std::string_view text) {
      return p_.text_width(face(style), text);
    };
    TimelineLayout layout = compute_layout(input(measure));
    if (handle_input(layout)) layout = compute_layout(input(measure));
    draw_ground(layout);
    draw_layout(p_, session_, layout);
    draw_annotations(p_, session_, layout);
    draw_names(layout);
    draw_tip(layout);
  }

 private:
  const Face& face(TextStyle style) const {
    const Fonts& fonts = p_.fonts();
    return style == TextStyle::bold   ? fonts.bold
           : style == TextStyle::tiny ? fonts.tiny
                                      : fonts.small;
  }

  LayoutInput input(const MeasureText& measure) const {
    return {session_.trace(), session_.lanes(),       session_.events_of_actor(),
            session_.index(), session_.format(),      measure,
            notes_,           session_.view,          plot_,
            p_.scale(),       session_.lane_scroll_px};
  }

  std::string note_of(const GracePeriodState& gp) const {
    std::string note;
    for (ActorId reader : gp.waits_for) {
      note += (note.empty() ? "waits for " : ", ") +
              std::string(session_.trace().actor_name(reader.value));
    }
    return note;
  }

  /// The last thing that it followed a pointer to.
  void note_reader(const TracedActorState& reader) {
    const auto& objects = session_.trace().names().objects;
    const auto& lanes = session_.lanes().lanes;
    const auto held = std::find_if(reader.touched.begin(), reader.touched.end(), [&](ObjectId id) {
      const std::string& type = objects[static_cast<std::size_t>(id.value)].type;
      return type == "group_device" || type == "device" || type == "dev_iommu";
    });
    if (held == reader.touched.end()) return;
    for (std::size_t i = 0; i < lanes.size(); ++i) {
      if (lanes[i].actor != reader.actor) continue;
      notes_.readers[static_cast<std::int32_t>(i)] =
          "→ " + short_object_name(session_.trace().object_label(held->value));
    }
  }

  // --- input ---

  /// Return: true if what is visible has changed.
  bool handle_input(const TimelineLayout& layout) {
    const TimeView view = session_.view;
    const float scroll_px = session_.lane_scroll_px;
    const Mouse mouse = current_mouse();
    const Response ruler = ui_.interact("ruler", layout.ruler);
    if (ruler.is_active) {
      const double time = layout.axis.to_time(mouse.at.x);
      session_.playback.pause();
      session_.playback.move_to(static_cast<Timestamp>(std::floor(time)));
    }
    const Response lanes = ui_.interact("timeline", layout.lanes);
    if (lanes.is_hovered || ruler.is_hovered) on_wheel(layout, mouse);
    on_drag(layout, lanes, mouse);
    on_click(layout, lanes, mouse);
    if (ruler.is_pressed || lanes.is_pressed) session_.search.is_focused = false;
    return session_.view.start != view.start || session_.view.end != view.end ||
           session_.lane_scroll_px != scroll_px;
  }

  /// The left button measures; with Shift, or the middle one, it moves the view.
  void on_drag(const TimelineLayout& layout, const Response& lanes, const Mouse& mouse) {
    if (lanes.is_pressed) {
      session_.drag = {layout.axis.to_time(mouse.at.x), mouse.is_shift};
    }
    const bool is_dragging = lanes.is_active && was_dragged(p_.scale());
    if ((is_dragging && session_.drag.moves_view) || (lanes.is_hovered && mouse.is_middle_down)) {
      session_.pan(-static_cast<double>(mouse.moved.x) * layout.axis.per_pixel());
      scroll(layout, -mouse.moved.y);
    } else if (is_dragging && (mouse.moved.x != 0 || !session_.range)) {
      const float x = std::clamp(mouse.at.x, layout.lanes.x0, layout.lanes.x1);
      session_.set_range(session_.drag.start, layout.axis.to_time(x));
    }
  }

  void on_click(const TimelineLayout& layout, const Response& lanes, const Mouse& mouse) {
    if (lanes.is_double_clicked) {
      session_.selection = find_item(layout, mouse.at);
      session_.zoom_to_selection();
    } else if (lanes.is_clicked && !was_dragged(p_.scale())) {
      session_.selection = find_item(layout, mouse.at);
      if (session_.selection.kind == Selection::Kind::none) session_.clear_range();
      session_.inspector_scroll_px = 0;
      session_.notice.clear();
    }
  }

  void on_wheel(const TimelineLayout& layout, const Mouse& mouse) {
    if (mouse.wheel == 0) return;
    const bool can_scroll = layout.content_height > layout.lanes.height();
    if (mouse.is_shift) {
      session_.pan(-static_cast<double>(mouse.wheel) * session_.view.span() / 10);
    } else if (mouse.is_ctrl || !can_scroll) {
      session_.zoom(layout.axis.to_time(mouse.at.x),
                    std::pow(0.8, static_cast<double>(mouse.wheel)));
    } else {
      scroll(layout, -mouse.wheel * p_.px(40));
    }
  }

  void scroll(const TimelineLayout& layout, float by) {
    const float most = std::max(0.0f, layout.content_height - layout.lanes.height());
    session_.lane_scroll_px = std::clamp(session_.lane_scroll_px + by, 0.0f, most);
  }

  // --- drawing ---

  void draw_ground(const TimelineLayout& layout) {
    p_.fill(area_, theme_.background);
    p_.fill({area_.x0, area_.y0, plot_.x0, area_.y1}, theme_.panel);
    p_.push_clip({area_.x0, layout.lanes.y0, area_.x1, area_.y1});
    for (const Row& row : layout.rows) {
      if (row.lane % 2 == 1) p_.fill(row.rect, theme_.lane_alternate);
      p_.line({area_.x0, row.rect.y0}, {area_.x1, row.rect.y0}, theme_.line, 1);
    }
    if (!layout.rows.empty()) {
      const float bottom = layout.rows.back().rect.y1;
      p_.line({area_.x0, bottom}, {area_.x1, bottom}, theme_.line, 1);
    }
    p_.pop_clip();
  }

  void draw_names(const TimelineLayout& layout) {
    const std::string unit =
        layout.unit.name == "step" ? "step" : "time, " + std::string(layout.unit.name);
    p_.text(p_.fonts().tiny, area_.x0 + p_.px(14), area_.y0 + p_.px(6), theme_.text_faint, unit);
    p_.push_clip({area_.x0, layout.lanes.y0, plot_.x0, area_.y1});
    for (const Row& row : layout.rows) draw_name(row);
    p_.pop_clip();
    p_.line({plot_.x0, area_.y0}, {plot_.x0, area_.y1}, theme_.line_strong, 1);
    draw_scroll_bar(layout);
  }

  void draw_name(const Row& row) {
    const Lane& lane = session_.lanes().lanes[row.lane];
    const Rect cell{area_.x0, row.rect.y0 + 1, plot_.x0, row.rect.y1};
    const Response response = ui_.interact("lane:" + std::to_string(row.lane), cell);
    if (response.is_clicked) session_.selection = {Selection::Kind::lane, row.lane};
    const bool is_selected = session_.selection == Selection{Selection::Kind::lane, row.lane};
    if (is_selected || response.is_hovered) {
      p_.fill(cell, fade(theme_.accent, is_selected ? 0.10f : 0.04f));
    }
    p_.fill({cell.x0, cell.y0, cell.x0 + p_.px(3), cell.y1}, is_selected ? theme_.accent
                                                             : lane.must_not_sleep
                                                                 ? theme_.text_secondary
                                                                 : theme_.line_strong);
    const float middle = (row.rect.y0 + row.rect.y1) / 2;
    p_.text_fit(p_.fonts().regular, area_.x0 + p_.px(16), middle - p_.px(18),
                p_.px(lane_names_width - 24), theme_.text, lane.name);
    draw_context_line(lane, middle + p_.px(4));
  }

  void draw_context_line(const Lane& lane, float y) {
    const Face& tiny = p_.fonts().tiny;
    float x = area_.x0 + p_.px(16);
    if (lane.cpu.is_valid()) {
      x += p_.text(tiny, x, y, theme_.text_secondary, "CPU " + std::to_string(lane.cpu.value)) +
           p_.px(8);
    }
    const std::string context = kind_word(lane);
    if (!lane.must_not_sleep) {
      p_.text(tiny, x, y, theme_.text_faint, context);
      return;
    }
    const float width = p_.text_width(tiny, context) + p_.px(12);
    p_.stroke({x, y - p_.px(2), x + width, y + p_.px(16)}, theme_.line_strong, p_.px(9), 1);
    p_.text(tiny, x + p_.px(6), y, theme_.text_secondary, context);
    p_.text(tiny, x + width + p_.px(6), y, theme_.text_faint, "must not sleep");
  }

  void draw_scroll_bar(const TimelineLayout& layout) {
    const float shown = layout.lanes.height() / layout.content_height;
    if (shown >= 1 || layout.content_height <= 0) return;
    const float top =
        layout.lanes.y0 + layout.lanes.height() * session_.lane_scroll_px / layout.content_height;
    p_.fill({plot_.x1 - p_.px(6), top, plot_.x1 - p_.px(2), top + layout.lanes.height() * shown},
            fade(theme_.text_faint, 0.5f), p_.px(2));
  }

  // --- the tip ---

  std::string instant(Timestamp time) const {
    return session_.format().instant_in_view(static_cast<double>(time), session_.view.span());
  }

  void draw_tip(const TimelineLayout& layout) {
    const Mouse mouse = current_mouse();
    if (!layout.lanes.contains(mouse.at) || ImGui::GetIO().MouseDown[0]) return;
    const Selection item = find_item(layout, mouse.at);
    if (item.kind == Selection::Kind::none) return;
    EventIndex event = 0;
    std::string time;
    if (item.kind == Selection::Kind::span) {
      const Span& span = session_.lanes().spans[item.index];
      event = span.first_event;
      time = instant(span.start) + ", " +
             session_.format().duration(static_cast<double>(span.end - span.start));
    } else {
      event = item.kind == Selection::Kind::mark ? session_.lanes().marks[item.index].event
                                                 : item.index;
      time = instant(session_.trace().time(event));
    }
    const std::string sentence = describe_event(session_.trace(), event);
    const float width =
        std::max(p_.text_width(p_.fonts().small, sentence), p_.text_width(p_.fonts().tiny, time)) +
        p_.px(20);
    Rect tip{mouse.at.x + p_.px(14), mouse.at.y + p_.px(16), 0, 0};
    tip.x0 = std::max(area_.x0, std::min(tip.x0, area_.x1 - width - p_.px(4)));
    tip.x1 = tip.x0 + width;
    tip.y1 = tip.y0 + p_.px(44);
    p_.fill(tip, theme_.panel, p_.px(6));
    p_.stroke(tip, theme_.line_strong, p_.px(6), 1);
    p_.text(p_.fonts().small, tip.x0 + p_.px(10), tip.y0 + p_.px(6), theme_.text, sentence);
    p_.text(p_.fonts().tiny, tip.x0 + p_.px(10), tip.y0 + p_.px(24), theme_.text_secondary, time);
  }

  Ui& ui_;
  Painter& p_;
  const Theme& theme_;
  Session& session_;
  Rect area_, plot_;
  BarNotes notes_;
};

}  // namespace

Selection find_item(const TimelineLayout& layout, Point at) {
  const MarkGlyph* nearest = nullptr;
  float best = 12 * 12;
  for (const MarkGlyph& glyph : layout.marks) {
    const float dx = glyph.at.x - at.x;
    const float y = glyph.shape == MarkShape::pin ? glyph.head_y : glyph.at.y;
    const float distance = dx * dx + (y - at.y) * (y - at.y);
    if (glyph.has_label && glyph.label.contains(at)) return {Selection::Kind::mark, glyph.mark};
    if (distance >= best) continue;
    best = distance;
    nearest = &glyph;
  }
  if (nearest != nullptr) return {Selection::Kind::mark, nearest->mark};
  for (const EventDot& dot : layout.dots) {
    const float dx = dot.at.x - at.x, dy = dot.at.y - at.y;
    if (dx * dx + dy * dy < 5 * 5) return {Selection::Kind::event, dot.event};
  }
  for (auto bar = layout.folded.rbegin(); bar != layout.folded.rend(); ++bar) {
    if (bar->rect.contains(at)) return {Selection::Kind::span, bar->span};
  }
  for (auto bar = layout.bars.rbegin(); bar != layout.bars.rend(); ++bar) {
    if (bar->rect.contains(at)) return {Selection::Kind::span, bar->span};
  }
  return {};
}

void draw_timeline(Ui& ui, Session& session, const Rect& area) {
  TimelinePanel(ui, session, area).draw();
}

}  // namespace rcuscope::gui
