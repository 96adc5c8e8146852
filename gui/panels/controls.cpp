// SPDX-License-Identifier: LGPL-2.1-or-later
// Each control is an invisible named button and a few shapes.
#include "panels/controls.h"

#include <algorithm>

#include "panels/panels.h"

namespace rcuscope::gui {
namespace {

constexpr float wheel_step = 48;
constexpr float segment_padding = 11;

}  // namespace

bool push_button(Ui& ui, const std::string& name, const Rect& rect, std::string_view text,
                 ButtonLook look, bool is_enabled) {
  Painter& p = ui.paint;
  const Theme& theme = p.theme();
  const Response response = is_enabled ? ui.interact(name, rect) : Response{};
  const float radius = p.px(6);
  const bool is_primary = look == ButtonLook::primary;
  if (is_primary) {
    const float opacity = !is_enabled ? 0.35f : response.is_hovered ? 0.85f : 1;
    p.fill(rect, fade(theme.accent, opacity), radius);
  } else {
    p.fill(rect, response.is_hovered ? theme.selected_segment : theme.raised, radius);
    p.stroke(rect, response.is_hovered ? theme.accent : theme.line_strong, radius);
  }
  const Color color = is_primary ? theme.on_accent : is_enabled ? theme.text : theme.text_faint;
  const Face& face = is_primary ? p.fonts().bold : p.fonts().regular;
  const std::string shown = p.fitted(face, text, rect.width() - p.px(12));
  p.text_between(face, rect.center().x - p.text_width(face, shown) / 2, rect.y0, rect.y1, color,
                 shown);
  return response.is_clicked;
}

float push_button_width(const Painter& painter, std::string_view text) {
  return painter.text_width(painter.fonts().bold, text) + painter.px(30);
}

int segments(Ui& ui, const std::string& name, Point at, float right,
             const std::vector<std::string>& texts, int chosen) {
  Painter& p = ui.paint;
  const float height = p.px(segments_height);
  std::vector<float> widths;
  float width = 0;
  for (const std::string& text : texts) {
    widths.push_back(p.text_width(p.fonts().regular, text) + p.px(2 * segment_padding));
    width += widths.back();
  }
  if (const float room = right - at.x; width > room) {
    const float less =
        std::min((width - room) / static_cast<float>(texts.size()), p.px(2 * segment_padding - 6));
    for (float& one : widths) one -= less;
    width -= less * static_cast<float>(texts.size());
  }
  p.fill({at.x, at.y, at.x + width, at.y + height}, p.theme().raised, p.px(6));
  int clicked = -1;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const Rect rect{at.x, at.y, at.x + widths[i], at.y + height};
    const int index = static_cast<int>(i);
    if (text_button(ui, name + ":" + std::to_string(i), rect, texts[i], index == chosen))
      clicked = index;
    at.x += widths[i];
  }
  return clicked;
}

void draw_text_field(Ui& ui, const std::string& name, const Rect& box, TextField& field,
                     std::string_view hint) {
  Painter& p = ui.paint;
  const Theme& theme = p.theme();
  const Face& face = p.fonts().regular;
  if (ui.interact(name, box).is_clicked) field.is_focused = true;
  p.fill(box, theme.raised, p.px(6));
  if (field.is_focused) p.stroke(box, theme.accent, p.px(6), p.px(1.5f));
  const Rect room{box.x0 + p.px(12), box.y0, box.x1 - p.px(10), box.y1};
  if (field.text.empty() && !field.is_focused) {
    p.text_between(face, room.x0, box.y0, box.y1, theme.text_faint,
                   p.fitted(face, hint, room.width()));
    return;
  }
  const float width = p.text_width(face, field.text);
  const float start = room.x0 - std::max(0.0f, width + p.px(3) - room.width());
  p.push_clip(room);
  p.text_between(face, start, box.y0, box.y1, theme.text, field.text);
  const float caret = start + width + p.px(1.5f);
  if (field.is_focused)
    p.line({caret, box.y0 + p.px(8)}, {caret, box.y1 - p.px(8)}, theme.accent, p.px(1.5f));
  p.pop_clip();
}

void draw_outcome(Painter& p, Point c, Tone tone) {
  const Color color = tone_color(p.theme(), tone);
  switch (tone) {
    case Tone::good:
      p.circle(c, p.px(5), color);
      break;
    case Tone::error:
      p.diamond(c, p.px(6), color, color);
      break;
    case Tone::waiting:
      p.ring(c, p.px(5), color, p.px(1.6f));
      p.circle(c, p.px(2), color);
      break;
    default:
      p.ring(c, p.px(4), p.theme().line_strong, p.px(1.4f));
  }
}

ScrollArea::ScrollArea(Ui& ui, const std::string& name, const Rect& area, float& scroll_px)
    : ui_(ui), area_(area), scroll_px_(scroll_px) {
  ui.widgets.add(name, area);
  const Mouse mouse = current_mouse();
  if (area.contains(mouse.at) && !mouse.is_ctrl)
    scroll_px_ -= mouse.wheel * ui.paint.px(wheel_step);
  scroll_px_ = std::max(0.0f, scroll_px_);
  ui.paint.push_clip(area);
}

void ScrollArea::finish(float bottom) {
  Painter& p = ui_.paint;
  const float height = bottom - top(), room = area_.height();
  const float most = std::max(0.0f, height - room);
  if (most > 0) {
    const float bar = std::max(p.px(24), room * room / height);
    const float y = area_.y0 + (room - bar) * std::min(1.0f, scroll_px_ / most);
    p.fill({area_.x1 - p.px(6), y + p.px(2), area_.x1 - p.px(2), y + bar - p.px(2)},
           p.theme().line_strong, p.px(2));
  }
  scroll_px_ = std::min(scroll_px_, most);
  p.pop_clip();
}

float draw_wrapped(Painter& p, const Face& face, float line_height, const Rect& room, Color color,
                   std::string_view text, std::size_t line_count_max) {
  float y = room.y0;
  const std::vector<std::string> lines = wrap_text(p, face, text, room.width());
  for (std::size_t i = 0; i < std::min(lines.size(), line_count_max); ++i) {
    const bool is_cut = i + 1 == line_count_max && lines.size() > line_count_max;
    p.text(face, room.x0, y, color,
           is_cut ? p.fitted(face, lines[i] + " " + lines[i + 1], room.width()) : lines[i]);
    y += line_height;
  }
  return y;
}

}  // namespace rcuscope::gui
