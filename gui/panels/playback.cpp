// SPDX-License-Identifier: LGPL-2.1-or-later
// Transport buttons, speeds and the time of the playhead.
#include <algorithm>
#include <array>
#include <string>

#include "panels/panels.h"

namespace rcuscope::gui {
namespace {

enum class Icon { to_start, back, play, pause, forward, to_end };

/// Points right for `direction` 1, left for -1.
void draw_arrow_head(Painter& p, Point c, float direction, Color color) {
  const float r = p.px(5.5f);
  const Point tip{c.x + direction * r * 0.9f, c.y};
  p.triangle({c.x - direction * r * 0.6f, c.y - r}, tip, {c.x - direction * r * 0.6f, c.y + r},
             color);
}

void draw_bar(Painter& p, Point c, Color color) {
  const float half = p.px(1.2f), r = p.px(5.5f);
  p.fill({c.x - half, c.y - r, c.x + half, c.y + r}, color);
}

void draw_icon(Painter& p, Icon icon, Point c, Color color) {
  const auto at = [&](float dx) { return Point{c.x + p.px(dx), c.y}; };
  switch (icon) {
    case Icon::to_start:
      draw_bar(p, at(-6), color);
      draw_arrow_head(p, at(-1.5f), -1, color);
      draw_arrow_head(p, at(4.5f), -1, color);
      break;
    case Icon::back:
      draw_bar(p, at(-5), color);
      draw_arrow_head(p, at(2), -1, color);
      break;
    case Icon::play:
      draw_arrow_head(p, at(0), 1, color);
      break;
    case Icon::pause:
      p.fill({c.x - p.px(5), c.y - p.px(5.5f), c.x - p.px(1.5f), c.y + p.px(5.5f)}, color, p.px(1));
      p.fill({c.x + p.px(1.5f), c.y - p.px(5.5f), c.x + p.px(5), c.y + p.px(5.5f)}, color, p.px(1));
      break;
    case Icon::forward:
      draw_arrow_head(p, at(-2), 1, color);
      draw_bar(p, at(5), color);
      break;
    case Icon::to_end:
      draw_arrow_head(p, at(-4.5f), 1, color);
      draw_arrow_head(p, at(1.5f), 1, color);
      draw_bar(p, at(6), color);
      break;
  }
}

bool icon_button(Ui& ui, const std::string& name, const Rect& rect, Icon icon) {
  Painter& p = ui.paint;
  const Theme& theme = p.theme();
  const Response response = ui.interact(name, rect);
  const bool is_primary = icon == Icon::play || icon == Icon::pause;
  if (is_primary) {
    p.fill(rect, fade(theme.accent, response.is_hovered ? 0.85f : 1), p.px(6));
  } else if (response.is_hovered || response.is_active) {
    p.fill(rect, theme.raised, p.px(6));
  }
  draw_icon(p, icon, rect.center(), is_primary ? theme.on_accent : theme.text);
  return response.is_clicked;
}

float draw_transport(Ui& ui, Session& session, const Rect& bar, float x) {
  const float scale = ui.paint.scale(), height = 32 * scale;
  const float top = bar.center().y - height / 2;
  const auto button = [&](const char* name, float width, float gap, Icon icon) {
    const Rect rect{x, top, x + width * scale, top + height};
    x += (width + gap) * scale;
    return icon_button(ui, name, rect, icon);
  };
  const auto end_of = [](Timestamp time) { return static_cast<double>(time); };
  if (button("start", 32, 2, Icon::to_start)) {
    session.move_playhead(end_of(session.playback.start()));
  }
  if (button("back", 32, 4, Icon::back)) session.step(-1);
  const bool is_playing = session.playback.is_playing();
  if (button("play", 44, 4, is_playing ? Icon::pause : Icon::play)) session.playback.toggle();
  if (button("step", 32, 2, Icon::forward)) session.step(1);
  if (button("end", 32, 0, Icon::to_end)) session.move_playhead(end_of(session.playback.end()));
  return x;
}

constexpr float speed_width = 38;

float speeds_width(const Painter& p) {
  return p.px(speed_width) * static_cast<float>(playback_speeds.size());
}

constexpr std::array<const char*, 4> speed_names = {"¼×", "1×", "4×", "16×"};
static_assert(speed_names.size() == playback_speeds.size());

/// In a narrow window: the speed that it is; a click takes the next one.
float draw_speed(Ui& ui, Session& session, const Rect& bar, float x) {
  Painter& p = ui.paint;
  const Rect rect{x, bar.center().y - p.px(16), x + p.px(speed_width), bar.center().y + p.px(16)};
  p.fill(rect, p.theme().raised, p.px(6));
  const int speed = session.playback.speed();
  if (text_button(ui, "speed", rect, speed_names[static_cast<std::size_t>(speed)], false)) {
    session.playback.set_speed((speed + 1) % static_cast<int>(speed_names.size()));
  }
  return rect.x1;
}

float draw_speeds(Ui& ui, Session& session, const Rect& bar, float x) {
  constexpr const auto& names = speed_names;
  Painter& p = ui.paint;
  const float width = p.px(speed_width), top = bar.center().y - p.px(16), bottom = top + p.px(32);
  p.fill({x, top, x + width * static_cast<float>(names.size()), bottom}, p.theme().raised, p.px(6));
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Rect rect{x, top, x + width, bottom};
    const int speed = static_cast<int>(i);
    if (text_button(ui, "speed:" + std::to_string(i), rect, names[i],
                    session.playback.speed() == speed)) {
      session.playback.set_speed(speed);
    }
    x += width;
  }
  return x;
}

}  // namespace

float playback_width(const Painter& painter, bool has_all_speeds) {
  constexpr float transport_width = 32 + 2 + 32 + 4 + 44 + 4 + 32 + 2 + 32;
  const float speeds = has_all_speeds ? speeds_width(painter) : painter.px(speed_width);
  return painter.px(transport_width + 12 + 18) + speeds;
}

float draw_playback(Ui& ui, Session& session, const Rect& bar, float x, float right) {
  Painter& p = ui.paint;
  x = draw_transport(ui, session, bar, x) + p.px(12);
  if (x + speeds_width(p) <= right) {
    x = draw_speeds(ui, session, bar, x) + p.px(18);
  } else if (x + p.px(speed_width) <= right) {
    x = draw_speed(ui, session, bar, x) + p.px(18);
  }
  const TimeFormat& format = session.format();
  const std::string now = format.instant_in_view(session.playback.position(), session.view.span());
  std::string end = "/ " + format.number(static_cast<double>(session.playback.end()));
  if (end.ends_with(".0")) end.resize(end.size() - 2);
  const std::string_view unit = format.whole_unit().name;
  // Zoomed in, now is in another unit than the whole.
  if (format.unit_for(session.view.span()).name != unit) end += " " + std::string(unit);
  const auto fits = [&](const Face& face, std::string_view text) {
    return x + p.text_width(face, text) <= right;
  };
  if (!fits(p.fonts().mono_bold, now)) return x;
  x += p.text_between(p.fonts().mono_bold, x, bar.y0, bar.y1, p.theme().text, now) + p.px(8);
  if (!fits(p.fonts().mono, end)) return std::min(x, right);
  x += p.text_between(p.fonts().mono, x, bar.y0, bar.y1, p.theme().text_faint, end);
  return x;
}

}  // namespace rcuscope::gui
