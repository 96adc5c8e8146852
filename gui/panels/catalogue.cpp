// SPDX-License-Identifier: LGPL-2.1-or-later
// The left column of the session page: themes that fold, and their scenarios.
#include <algorithm>
#include <string>

#include "panels/controls.h"
#include "panels/pages.h"
#include "session/words.h"

namespace rcuscope::gui {
namespace {

constexpr float heading_height = 36;
constexpr float offer_height = 44;
constexpr float head_height = 96;

class CatalogueList {
 public:
  CatalogueList(Ui& ui, Workbench& workbench, const Rect& area)
      : ui_(ui), p_(ui.paint), theme_(p_.theme()), workbench_(workbench), area_(area) {}

  void draw() {
    const std::vector<CatalogueRow> rows = workbench_.rows();
    if (workbench_.follows_choice) scroll_to_choice(rows);
    ScrollArea scroll(ui_, "catalogue", area_, workbench_.catalogue_scroll_px);
    float y = scroll.top();
    for (const CatalogueRow& row : rows) {
      const Rect rect{area_.x0, y, area_.x1, y + height_of(row)};
      if (scroll.shows(rect.y0, rect.y1))
        row.theme.empty() ? offer(row, rect, scroll) : heading(row, rect, scroll);
      y = rect.y1;
    }
    if (rows.empty())
      p_.text(p_.fonts().small, area_.x0 + px(18), y + px(10), theme_.text_faint,
              "Nothing has these words.");
    scroll.finish(y);
  }

 private:
  float px(float length) const { return p_.px(length); }
  float height_of(const CatalogueRow& row) const {
    return px(row.theme.empty() ? offer_height : heading_height);
  }

  void scroll_to_choice(const std::vector<CatalogueRow>& rows) {
    workbench_.follows_choice = false;
    float y = 0;
    for (const CatalogueRow& row : rows) {
      const float bottom = y + height_of(row);
      if (row.theme.empty() && row.offer == workbench_.chosen_index()) {
        float& scroll = workbench_.catalogue_scroll_px;
        scroll =
            std::clamp(scroll, bottom - area_.height(), std::max(0.0f, y - px(heading_height)));
        return;
      }
      y = bottom;
    }
  }

  void heading(const CatalogueRow& row, const Rect& rect, const ScrollArea& scroll) {
    const Response response =
        ui_.interact("theme:" + workbench_.offers()[row.offer].name, scroll.visible(rect));
    if (response.is_clicked) workbench_.toggle_theme(row.theme);
    const Point c{rect.x0 + px(20), rect.center().y + px(2)};
    const Color color = response.is_hovered ? theme_.text : theme_.text_secondary;
    if (row.is_folded)
      p_.triangle({c.x - px(3), c.y - px(4)}, {c.x + px(4), c.y}, {c.x - px(3), c.y + px(4)},
                  color);
    else
      p_.triangle({c.x - px(4), c.y - px(3)}, {c.x + px(4), c.y - px(3)}, {c.x, c.y + px(4)},
                  color);
    const std::string count = std::to_string(row.count);
    const float right = rect.x1 - px(18) - p_.text_width(p_.fonts().tiny, count);
    p_.text_between(p_.fonts().tiny, right, rect.y0 + px(4), rect.y1, theme_.text_faint, count);
    const float x = rect.x0 + px(32);
    p_.text_between(p_.fonts().small, x, rect.y0 + px(4), rect.y1, color,
                    p_.fitted(p_.fonts().small, row.theme, right - px(8) - x));
  }

  void offer(const CatalogueRow& row, const Rect& rect, const ScrollArea& scroll) {
    const Offer& offer = workbench_.offers()[row.offer];
    const Response response = ui_.interact("offer:" + offer.name, scroll.visible(rect));
    if (response.is_clicked) workbench_.choose(row.offer);
    const bool is_chosen = row.offer == workbench_.chosen_index();
    if (is_chosen) {
      p_.fill(rect, fade(theme_.accent, theme_.tint));
      p_.fill({rect.x0, rect.y0, rect.x0 + px(3), rect.y1}, theme_.accent);
    } else if (response.is_hovered) {
      p_.fill(rect, theme_.raised);
    }
    const Answer* answer = workbench_.matrix_answer(row.offer);
    draw_outcome(p_, {rect.x0 + px(42), rect.y0 + px(14)},
                 answer == nullptr ? Tone::plain : tell(*answer->verdict).tone);
    const float x = rect.x0 + px(56), room = rect.x1 - px(16) - x;
    p_.text_fit(p_.fonts().small, x, rect.y0 + px(6), room, theme_.text, offer.title);
    const std::string& second = offer.question.empty() ? offer.name : offer.question;
    p_.text_fit(p_.fonts().tiny, x, rect.y0 + px(24), room,
                is_chosen ? theme_.text_secondary : theme_.text_faint, second);
  }

  Ui& ui_;
  Painter& p_;
  const Theme& theme_;
  Workbench& workbench_;
  Rect area_;
};

}  // namespace

void draw_catalogue(Ui& ui, Workbench& workbench, const Rect& area) {
  Painter& p = ui.paint;
  const Theme& theme = p.theme();
  p.fill(area, theme.panel);
  const float right = area.x1 - p.px(16);
  p.text(p.fonts().bold, area.x0 + p.px(16), area.y0 + p.px(14), theme.text, "Catalogue");
  const std::string count = counted(workbench.offers().size(), "scenario");
  p.text(p.fonts().tiny, right - p.text_width(p.fonts().tiny, count), area.y0 + p.px(17),
         theme.text_faint, count);
  const Rect box{area.x0 + p.px(16), area.y0 + p.px(46), right, area.y0 + p.px(78)};
  draw_text_field(ui, "filter", box, workbench.filter, "Find a scenario or a question…   /");
  const float top = area.y0 + p.px(head_height - 10);
  p.line({area.x0, top}, {area.x1, top}, theme.line, 1);
  CatalogueList(ui, workbench, {area.x0, top + 1, area.x1, area.y1}).draw();
}

}  // namespace rcuscope::gui
