// SPDX-License-Identifier: LGPL-2.1-or-later
// The help overlay: every key and what the mouse does.
#include <array>
#include <utility>

#include "panels/panels.h"

namespace rcuscope::gui {
namespace {

using Row = std::pair<const char*, const char*>;

constexpr std::array<Row, 16> rows = {{
    {"Space", "play or pause"},
    {"← →", "previous or next event"},
    {"Shift ← →", "previous or next event of the selected lane"},
    {"Home End", "start or end of the trace"},
    {"W S  or  + -", "zoom in or out"},
    {"A D", "move left or right"},
    {"F", "zoom to the selection, or to everything"},
    {"Ctrl wheel", "zoom at the pointer"},
    {"Shift wheel", "move left or right"},
    {"Wheel", "scroll the lanes; zoom when all of them are visible"},
    {"Drag", "move the view; in the ruler: the playhead"},
    {"Click", "select; double click zooms to it, or shows everything"},
    {"E", "events or source in the lower panels"},
    {"T", "light or dark"},
    {"Esc", "nothing selected"},
    {"?", "this help"},
}};

}  // namespace

void draw_help(Ui& ui, const Rect& screen) {
  Painter& p = ui.paint;
  const Theme& theme = p.theme();
  p.fill(screen, theme.shade);
  const float row_height = p.px(26), width = p.px(560);
  const float height = row_height * static_cast<float>(rows.size()) + p.px(76);
  const Point c = screen.center();
  const Rect card{c.x - width / 2, c.y - height / 2, c.x + width / 2, c.y + height / 2};
  p.fill(card, theme.panel, p.px(10));
  p.stroke(card, theme.line_strong, p.px(10));
  p.text(p.fonts().bold, card.x0 + p.px(24), card.y0 + p.px(20), theme.text, "Keys and mouse");
  const std::string close = "click to close";
  p.text(p.fonts().tiny, card.x1 - p.px(24) - p.text_width(p.fonts().tiny, close),
         card.y0 + p.px(23), theme.text_faint, close);
  float y = card.y0 + p.px(54);
  for (const auto& [key, meaning] : rows) {
    p.text(p.fonts().mono, card.x0 + p.px(24), y, theme.text, key);
    p.text(p.fonts().regular, card.x0 + p.px(160), y, theme.text_secondary, meaning);
    y += row_height;
  }
}

}  // namespace rcuscope::gui
