// SPDX-License-Identifier: LGPL-2.1-or-later
// App: two traces, one above the other, and the keys that are about the window and not the trace.
#include <imgui.h>

#include "app.h"
#include "panels/panels.h"
#include "timeline/timeline.h"

namespace rcuscope::gui {
namespace {

// Lengths of the design, before scaling.
constexpr float bar_height = 52;
constexpr float heading_height = 30;
constexpr float strip_height = 64;
constexpr float inspector_width = 336;
constexpr float difference_height = 34;

}  // namespace

bool App::apply_app_key(const KeyPress& press) {
  const bool has_timeline = page() == Page::timeline || page() == Page::scheduler;
  if (!has_timeline || shown().search.is_focused || shown().shows_help || press.is_repeat) {
    return false;
  }
  if (press.key == Key::escape && is_working()) {
    cancel_work();
    return true;
  }
  if (press.key == Key::tab && comparison_) {
    comparison_->shows_second = !comparison_->shows_second;
    return true;
  }
  switch (press.character) {
    case U'g':
      shown().shows_memory = !shown().shows_memory;
      return true;
    case U'c':
      if (!comparison_) return false;
      comparison_->is_linked = !comparison_->is_linked;
      shown().notice = comparison_->is_linked ? "clocks linked" : "clocks separate";
      return true;
    case U'o':
      shown().follows_end = !shown().follows_end;
      return true;
    case U'x':
      start_export(ExportKind::png);
      return true;
    case U'v':
      start_export(ExportKind::svg);
      return true;
    case U'i':
      start_export(ExportKind::gif);
      return true;
    default:
      return false;
  }
}

void App::draw_side(Ui& ui, bool is_second, const Rect& area) {
  Session& session = is_second ? comparison_->second() : session_;
  Ui side{ui.paint, ui.widgets, is_second ? "b." : "a."};
  const Rect heading{area.x0, area.y0, area.x1, area.y0 + ui.paint.px(heading_height)};
  const bool is_chosen = comparison_->shows_second == is_second;
  draw_timeline(side, session, {area.x0, heading.y1, area.x1, area.y1});
  if (draw_heading(side, session, heading, is_second ? "B" : "A", is_chosen)) {
    comparison_->shows_second = is_second;
  }
  // What one clicks in is what the keys are about from then on.
  const Mouse mouse = current_mouse();
  if (!is_chosen && area.contains(mouse.at) && ImGui::IsMouseClicked(0)) {
    comparison_->shows_second = is_second;
  }
}

void App::draw_comparison(Ui& ui, const Rect& screen) {
  const float scale = fonts_scale_;
  const Rect bar{screen.x0, screen.y0, screen.x1, screen.y0 + bar_height * scale};
  const float right = screen.width() / scale < 900 ? 0 : inspector_width * scale;
  Rect difference{screen.x0, screen.y1 - difference_height * scale, screen.x1, screen.y1};
  const Rect inspector{screen.x1 - right, bar.y1, screen.x1, difference.y0};
  const Rect strip{screen.x0, difference.y0 - strip_height * scale, inspector.x0, difference.y0};
  const float middle = (bar.y1 + strip.y0) / 2;
  draw_side(ui, false, {screen.x0, bar.y1, inspector.x0, middle});
  draw_side(ui, true, {screen.x0, middle, inspector.x0, strip.y0});
  draw_overview(ui, shown(), strip);
  if (right > 0) draw_inspector(ui, shown(), inspector);
  Painter& p = ui.paint;
  p.fill(difference, theme_.panel);
  p.line({difference.x0, difference.y0}, {difference.x1, difference.y0}, theme_.line_strong, 1);
  const LinkedClocks& clocks = comparison_->clocks();
  if (text_button(ui, "link",
                  {difference.x0 + p.px(14), difference.y0 + p.px(5), difference.x0 + p.px(124),
                   difference.y1 - p.px(5)},
                  comparison_->is_linked ? "clocks linked" : "separate", comparison_->is_linked)) {
    comparison_->is_linked = !comparison_->is_linked;
  }
  std::string text = std::to_string(clocks.pair_count()) + " moments in common";
  for (std::size_t i = 0; i < 2; ++i) {
    if (clocks.only_in(i).empty()) continue;
    text += std::string("     only in ") + (i == 0 ? "A: " : "B: ") + clocks.only_in(i);
  }
  p.text_fit(p.fonts().regular, difference.x0 + p.px(138), difference.y0 + p.px(8),
             difference.width() - p.px(150), theme_.text_secondary, text);
  draw_bar(ui, shown(), bar);
}

}  // namespace rcuscope::gui
