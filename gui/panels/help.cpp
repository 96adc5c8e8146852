// SPDX-License-Identifier: LGPL-2.1-or-later
// The help overlay: every key and what the mouse does.
#include <array>
#include <string>
#include <utility>

#include "panels/panels.h"

namespace rcuscope::gui {
namespace {

/// A row without a key is a heading.
using Row = std::pair<const char*, const char*>;

constexpr std::array<Row, 19> time_rows = {{
    {"", "Time"},
    {"Space", "play or pause"},
    {"← →", "previous or next event"},
    {"Shift ← →", "the same in the selected lane"},
    {"Home End", "start or end of the trace"},
    {"L", "play the range again and again"},
    {"M", "bookmark at the playhead, or none"},
    {", .", "previous or next bookmark"},
    {"", "View"},
    {"W S  + -  ↑ ↓", "zoom in or out"},
    {"A D", "move left or right"},
    {"F", "zoom to range, selection, or all"},
    {"E", "events or source below"},
    {"G", "objects and pointers below"},
    {"O", "follow the end of a growing trace"},
    {"Tab", "of two traces, the other one"},
    {"C", "link or separate their clocks"},
    {"T", "light or dark"},
    {"?", "this help"},
}};

constexpr std::array<Row, 19> other_rows = {{
    {"", "Find"},
    {"/", "search; Esc leaves it"},
    {"Enter  N", "next event that matches"},
    {"Shift Enter  P", "previous one"},
    {"[ ]", "along an arrow: to cause or effect"},
    {"Esc", "takes back range, selection, search"},
    {"", "Mouse"},
    {"Click", "select; twice: zoom there, or to all"},
    {"Drag", "measure a range"},
    {"Middle drag", "move the view; so does Shift drag"},
    {"Drag in ruler", "move the playhead"},
    {"Wheel", "scroll the lanes, else zoom"},
    {"Ctrl wheel", "zoom at the pointer"},
    {"Shift wheel", "move left or right"},
    {"1…9  U", "as the scheduler: run an actor, undo"},
    {"", "Take away what is seen"},
    {"X", "as a picture, PNG"},
    {"V", "as a drawing that plays, SVG"},
    {"I", "as an animation, GIF"},
}};

constexpr float row_height = 26;
constexpr float column_width = 410;

void draw_rows(Painter& p, const std::array<Row, 19>& rows, float x, float y) {
  const Theme& theme = p.theme();
  for (const auto& [key, meaning] : rows) {
    const bool is_heading = *key == '\0';
    p.text(p.fonts().mono, x, y, theme.text, key);
    p.text(is_heading ? p.fonts().bold : p.fonts().regular, is_heading ? x : x + p.px(140), y,
           is_heading ? theme.accent : theme.text_secondary, meaning);
    y += p.px(row_height);
  }
}

}  // namespace

void draw_help(Ui& ui, const Rect& screen) {
  Painter& p = ui.paint;
  const Theme& theme = p.theme();
  p.fill(screen, theme.shade);
  const float width = p.px(2 * column_width + 48);
  const float height = p.px(row_height * static_cast<float>(time_rows.size()) + 76);
  const Point c = screen.center();
  const Rect card{c.x - width / 2, c.y - height / 2, c.x + width / 2, c.y + height / 2};
  p.fill(card, theme.panel, p.px(10));
  p.stroke(card, theme.line_strong, p.px(10));
  p.text(p.fonts().bold, card.x0 + p.px(24), card.y0 + p.px(20), theme.text, "Keys and mouse");
  const std::string close = "click to close";
  p.text(p.fonts().tiny, card.x1 - p.px(24) - p.text_width(p.fonts().tiny, close),
         card.y0 + p.px(23), theme.text_faint, close);
  draw_rows(p, time_rows, card.x0 + p.px(24), card.y0 + p.px(56));
  draw_rows(p, other_rows, card.x0 + p.px(24 + column_width), card.y0 + p.px(56));
}

}  // namespace rcuscope::gui
