// SPDX-License-Identifier: LGPL-2.1-or-later
// The matrix: every scenario with what is expected, what came out, and why.
#include <algorithm>
#include <string>

#include "panels/controls.h"
#include "panels/pages.h"
#include "panels/panels.h"
#include "session/words.h"

namespace rcuscope::gui {
namespace {

constexpr float head_height = 92;
constexpr float names_height = 30;
constexpr float heading_height = 38;
constexpr float row_height = 31;
constexpr float margin = 24;

/// Where each column begins.
struct Columns {
  float outcome = 0, title = 0, fact = 0, expected = 0, actual = 0, executions = 0, reason = 0,
        end = 0;
};

Columns columns_of(const Painter& p, const Rect& area) {
  Columns c;
  const float width = area.width() - p.px(2 * margin);
  const auto at = [&](float share) { return area.x0 + p.px(margin) + width * share; };
  c.outcome = at(0) + p.px(8);
  c.title = at(0) + p.px(26);
  c.fact = at(0.31f);
  c.expected = at(0.345f);
  c.actual = at(0.475f);
  c.executions = at(0.685f);
  c.reason = at(0.70f);
  c.end = at(1);
  return c;
}

class MatrixTable {
 public:
  MatrixTable(Ui& ui, Workbench& workbench, const Rect& area)
      : ui_(ui),
        p_(ui.paint),
        theme_(p_.theme()),
        workbench_(workbench),
        area_(area),
        columns_(columns_of(p_, area)) {}

  void draw() {
    draw_names();
    const Rect body{area_.x0, area_.y0 + px(names_height), area_.x1, area_.y1};
    ScrollArea scroll(ui_, "matrix", body, workbench_.matrix_scroll_px);
    float y = scroll.top();
    std::string theme;
    for (std::size_t i = 0; i < workbench_.offers().size(); ++i) {
      const Offer& offer = workbench_.offers()[i];
      if (offer.theme != theme) {
        theme = offer.theme;
        if (scroll.shows(y, y + px(heading_height)))
          p_.text_fit(p_.fonts().bold, columns_.outcome - px(8), y + px(14),
                      area_.width() - px(2 * margin), theme_.text, theme);
        y += px(heading_height);
      }
      const Rect row{area_.x0, y, area_.x1, y + px(row_height)};
      if (scroll.shows(row.y0, row.y1)) draw_row(i, row, scroll);
      y = row.y1;
    }
    scroll.finish(y + px(12));
  }

 private:
  float px(float length) const { return p_.px(length); }

  void draw_names() {
    p_.fill({area_.x0, area_.y0, area_.x1, area_.y0 + px(names_height)}, theme_.panel);
    const auto name = [&](float x, const char* text) {
      p_.text_between(p_.fonts().tiny, x, area_.y0, area_.y0 + px(names_height), theme_.text_faint,
                      text);
    };
    name(columns_.title, "scenario");
    name(columns_.fact, "row");
    name(columns_.expected, "expected");
    name(columns_.actual, "found");
    name(columns_.executions - px(12) - p_.text_width(p_.fonts().tiny, "executions"), "executions");
    name(columns_.reason, "why");
    p_.line({area_.x0, area_.y0 + px(names_height)}, {area_.x1, area_.y0 + px(names_height)},
            theme_.line, 1);
  }

  void cell(const Face& face, float x, float end, const Rect& row, Color color,
            const std::string& text) {
    p_.text_between(face, x, row.y0, row.y1, color, p_.fitted(face, text, end - px(12) - x));
  }

  void draw_row(std::size_t index, const Rect& row, const ScrollArea& scroll) {
    const Offer& offer = workbench_.offers()[index];
    const Response response = ui_.interact("row:" + offer.name, scroll.visible(row));
    if (response.is_clicked) {
      workbench_.choose(index);
      workbench_.follows_choice = true;
      workbench_.page = Page::session;
    }
    if (response.is_hovered)
      p_.fill(row, theme_.raised);
    else if (index % 2 == 1)
      p_.fill(row, theme_.lane_alternate);
    const Face& small = p_.fonts().small;
    cell(small, columns_.title, columns_.fact, row, theme_.text, offer.title);
    cell(p_.fonts().tiny, columns_.fact, columns_.expected, row, theme_.text_faint, offer.fact);
    cell(small, columns_.expected, columns_.actual, row, theme_.text_secondary, expectation(offer));
    cell(small, columns_.reason, columns_.end + px(12), row, theme_.text_secondary, offer.reason);
    draw_found(index, row);
  }

  void draw_found(std::size_t index, const Rect& row) {
    const Answer* answer = workbench_.matrix_answer(index);
    const Point mark{columns_.outcome, row.center().y};
    if (answer == nullptr) {
      draw_outcome(p_, mark, Tone::plain);
      cell(p_.fonts().small, columns_.actual, columns_.executions, row, theme_.text_faint,
           "not explored");
      return;
    }
    const Offer& offer = workbench_.offers()[index];
    const Told told = tell(*answer->verdict);
    draw_outcome(p_, mark, told.tone);
    const bool is_met = is_as_expected(offer, *answer->verdict);
    const std::string count = grouped(answer->verdict->executions);
    const float count_width = p_.text_width(p_.fonts().mono, count);
    const float count_x = columns_.executions - px(12) - count_width;
    p_.text_between(p_.fonts().mono, count_x, row.y0, row.y1, theme_.text_secondary, count);
    cell(p_.fonts().small, columns_.actual, count_x, row, tone_color(theme_, told.tone),
         is_met || offer.expect.empty() ? told.word : told.word + "  (not as expected)");
  }

  Ui& ui_;
  Painter& p_;
  const Theme& theme_;
  Workbench& workbench_;
  Rect area_;
  Columns columns_;
};

std::string summary_of(const Workbench& workbench) {
  const Workbench::Tally tally = workbench.tally();
  const std::size_t all = workbench.offers().size();
  if (tally.explored == 0) return "None of " + counted(all, "scenario") + " is explored yet";
  return std::to_string(tally.as_expected) + " of " + counted(tally.explored, "explored scenario") +
         " as expected, " + counted(tally.executions, "execution") +
         (tally.explored < all ? ", " + std::to_string(all - tally.explored) + " to go" : "");
}

}  // namespace

void draw_matrix_page(Ui& ui, Workbench& workbench, const Rect& area) {
  Painter& p = ui.paint;
  const Theme& theme = p.theme();
  p.fill(area, theme.panel);
  const float x = area.x0 + p.px(margin), middle = area.x0 + area.width() * 0.52f;
  p.text(p.fonts().bold, x, area.y0 + p.px(18), theme.text, "What happens if ...");
  const std::string text = "Explore all";
  const float width = push_button_width(p, text);
  const Rect button{middle - width - p.px(16), area.y0 + p.px(16), middle - p.px(16),
                    area.y0 + p.px(50)};
  p.text_fit(p.fonts().small, x, area.y0 + p.px(46), button.x0 - x - p.px(16), theme.text_secondary,
             summary_of(workbench));
  const bool is_done = workbench.tally().explored == workbench.offers().size();
  if (push_button(ui, "explore.all", button, text, ButtonLook::primary,
                  workbench.job() == nullptr && !is_done))
    workbench.explore_all();
  const Rect right{middle, area.y0 + p.px(6), area.x1 - p.px(margin), area.y0 + p.px(90)};
  if (workbench.job() != nullptr)
    draw_job(ui, workbench, right);
  else
    draw_notice(ui, workbench, right);
  MatrixTable(ui, workbench, {area.x0, area.y0 + p.px(head_height), area.x1, area.y1}).draw();
}

}  // namespace rcuscope::gui
