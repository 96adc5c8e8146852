// SPDX-License-Identifier: LGPL-2.1-or-later
// How the session page is divided, and the tabs that lead from page to page.
#include "panels/pages.h"

#include <algorithm>
#include <array>

#include "panels/controls.h"
#include "panels/panels.h"

namespace rcuscope::gui {
namespace {

struct Tab {
  const char* name;
  const char* text;
  Page page;
};
constexpr std::array<Tab, 4> tabs = {{{"page.session", "Session", Page::session},
                                      {"page.matrix", "Matrix", Page::matrix},
                                      {"page.scheduler", "Scheduler", Page::scheduler},
                                      {"page.timeline", "Timeline", Page::timeline}}};

/// The columns of the session page. A narrow window has no room for the decisions.
struct Columns {
  Rect catalogue, request, answer;
};

Columns split_page(const Rect& area, float scale) {
  const float width = area.width() / scale;
  const float left = std::clamp(width * 0.26f, 220.0f, 400.0f) * scale;
  const float right = std::clamp(width * 0.30f, 300.0f, 470.0f) * scale;
  Columns c;
  c.catalogue = {area.x0, area.y0, area.x0 + left, area.y1};
  c.answer = {std::max(c.catalogue.x1, area.x1 - right), area.y0, area.x1, area.y1};
  if (width < 560) c.answer.x0 = c.catalogue.x1;
  c.request = {c.catalogue.x1, area.y0, c.answer.x0, area.y1};
  return c;
}

}  // namespace

float draw_page_tabs(Ui& ui, Workbench& workbench, const Rect& bar) {
  Painter& p = ui.paint;
  const Theme& theme = p.theme();
  float x = draw_logo(ui.paint, bar);
  for (const Tab& tab : tabs) {
    const bool is_there = tab.page != Page::scheduler || workbench.scheduler() != nullptr;
    const float width = p.text_width(p.fonts().regular, tab.text) + p.px(28);
    const Rect rect{x, bar.y0 + p.px(10), x + width, bar.y1 - p.px(10)};
    x += width + p.px(4);
    const bool is_here = workbench.page == tab.page;
    const Response response = ui.interact(tab.name, rect);
    if (response.is_clicked) {
      if (is_there)
        workbench.page = tab.page;
      else
        workbench.start_scheduler();
    }
    if (is_here)
      p.fill(rect, theme.raised, p.px(6));
    else if (response.is_hovered)
      p.fill(rect, fade(theme.raised, 0.6f), p.px(6));
    const Face& face = is_here ? p.fonts().bold : p.fonts().regular;
    p.text_between(face, rect.center().x - p.text_width(face, tab.text) / 2, rect.y0, rect.y1,
                   is_here ? theme.text : theme.text_secondary, tab.text);
    if (is_here)
      p.fill({rect.x0 + p.px(10), bar.y1 - p.px(3), rect.x1 - p.px(10), bar.y1}, theme.accent,
             p.px(1.5f));
  }
  return x;
}

void draw_session_page(Ui& ui, Workbench& workbench, const Rect& area) {
  Painter& p = ui.paint;
  const Columns columns = split_page(area, p.scale());
  if (columns.request.width() > p.px(200)) draw_request(ui, workbench, columns.request);
  draw_catalogue(ui, workbench, columns.catalogue);
  draw_answer(ui, workbench, columns.answer);
  const Color line = p.theme().line_strong;
  p.line({columns.catalogue.x1, area.y0}, {columns.catalogue.x1, area.y1}, line, 1);
  p.line({columns.answer.x0, area.y0}, {columns.answer.x0, area.y1}, line, 1);
}

}  // namespace rcuscope::gui
