// SPDX-License-Identifier: LGPL-2.1-or-later
// The middle column of the session page: what the scenario asks, and each decision of the patch
// with its what-ifs.
#include <algorithm>
#include <string>

#include "panels/controls.h"
#include "panels/pages.h"
#include "session/words.h"

namespace rcuscope::gui {
namespace {

constexpr float margin = 24;
constexpr float label_width = 232;
constexpr float chip_height = 27;
constexpr float chip_gap = 6;
constexpr float row_gap = 9;

class RequestPanel {
 public:
  RequestPanel(Ui& ui, Workbench& workbench, const Rect& area)
      : ui_(ui),
        p_(ui.paint),
        theme_(p_.theme()),
        workbench_(workbench),
        area_(area),
        scroll_(ui, "request", area, workbench.request_scroll_px) {
    x_ = area.x0 + px(margin);
    right_ = area.x1 - px(margin);
    y_ = scroll_.top() + px(16);
  }

  void draw() {
    draw_offer();
    y_ += px(16);
    draw_heading();
    for (const Decision& decision : variant_decisions()) draw_decision(decision);
    scroll_.finish(y_ + px(16));
  }

 private:
  float px(float length) const { return p_.px(length); }

  void draw_offer() {
    const Offer& offer = workbench_.chosen();
    y_ = draw_wrapped(p_, p_.fonts().bold, px(21), {x_, y_, right_, 0}, theme_.text, offer.title);
    y_ += px(4);
    if (!offer.question.empty())
      y_ = draw_wrapped(p_, p_.fonts().regular, px(21), {x_, y_, right_, 0}, theme_.text_secondary,
                        offer.question);
    y_ += px(4);
    std::string about = offer.name;
    if (!offer.fact.empty()) about += "  ·  row " + offer.fact;
    p_.text_fit(p_.fonts().mono, x_, y_, right_ - x_, theme_.text_faint, about);
    y_ += px(24);
    if (!offer.explanation.empty())
      y_ = draw_wrapped(p_, p_.fonts().small, px(18), {x_, y_, right_, 0}, theme_.text_secondary,
                        offer.explanation, 6);
  }

  void draw_heading() {
    p_.line({x_, y_}, {right_, y_}, theme_.line, 1);
    y_ += px(14);
    p_.text(p_.fonts().bold, x_, y_, theme_.text, "Decisions of the patch");
    const bool differs = workbench_.request().variant != workbench_.chosen().variant;
    const std::string text = differs ? "Back to the scenario's own" : "as the scenario has them";
    if (differs) {
      const float width = push_button_width(p_, text);
      const Rect rect{right_ - width, y_ - px(5), right_, y_ + px(22)};
      if (push_button(ui_, "variant.reset", scroll_.visible(rect), text, ButtonLook::plain))
        workbench_.reset_variant();
    } else {
      p_.text(p_.fonts().tiny, right_ - p_.text_width(p_.fonts().tiny, text), y_ + px(3),
              theme_.text_faint, text);
    }
    y_ += px(34);
  }

  void draw_decision(const Decision& decision) {
    const float top = y_;
    // Side by side where chips have room for two or three.
    const bool is_wide = right_ - x_ > px(label_width + 16 + 300);
    const float label_right = is_wide ? x_ + px(label_width) : right_;
    const float label_bottom =
        draw_wrapped(p_, p_.fonts().small, px(17), {x_, top + px(5), label_right, 0},
                     theme_.text_secondary, decision.question, 2);
    const float chips = is_wide ? draw_chips(decision, x_ + px(label_width + 16), top)
                                : draw_chips(decision, x_, label_bottom + px(4));
    y_ = std::max(label_bottom, chips) + px(row_gap);
  }

  float draw_chips(const Decision& decision, float left, float y) {
    const std::string_view now = get_decision(workbench_.request().variant, decision.name);
    float x = left;
    for (std::size_t i = 0; i < decision.values.size(); ++i) {
      const std::string text = clear_name(decision.values[i]);
      const Face& face = is_kernel_name(decision.values[i]) ? mono() : p_.fonts().small;
      const float width = p_.text_width(face, text) + px(20);
      if (x > left && x + width > right_) {
        x = left;
        y += px(chip_height + chip_gap);
      }
      const Rect rect{x, y, x + width, y + px(chip_height)};
      const bool is_on = decision.values[i] == now;
      if (chip(decision, i, rect, text, face, is_on))
        workbench_.decide(decision.name, decision.values[i]);
      x += width + px(chip_gap);
    }
    return y + px(chip_height);
  }

  const Face& mono() const { return p_.fonts().mono; }

  /// What was posted is quiet, a what-if that is chosen stands out: one sees what differs.
  bool chip(const Decision& decision, std::size_t index, const Rect& rect, const std::string& text,
            const Face& face, bool is_on) {
    const std::string name =
        "decision:" + std::string(decision.name) + "=" + std::string(decision.values[index]);
    const Response response = ui_.interact(name, scroll_.visible(rect));
    const bool is_what_if = index > 0;
    Color color = theme_.text_faint;
    if (is_on && is_what_if) {
      p_.fill(rect, fade(theme_.accent, theme_.is_dark ? 0.24f : 0.13f), px(6));
      p_.stroke(rect, theme_.accent, px(6), px(1.3f));
      color = theme_.accent;
    } else if (is_on) {
      p_.fill(rect, theme_.raised, px(6));
      p_.stroke(rect, theme_.line_strong, px(6));
      color = theme_.text;
    } else if (response.is_hovered) {
      p_.fill(rect, theme_.raised, px(6));
      color = theme_.text_secondary;
    }
    p_.text_between(face, rect.x0 + px(10), rect.y0, rect.y1, color, text);
    return response.is_clicked;
  }

  Ui& ui_;
  Painter& p_;
  const Theme& theme_;
  Workbench& workbench_;
  Rect area_;
  ScrollArea scroll_;
  float x_ = 0, y_ = 0, right_ = 0;
};

}  // namespace

void draw_request(Ui& ui, Workbench& workbench, const Rect& area) {
  ui.paint.fill(area, ui.paint.theme().background);
  RequestPanel(ui, workbench, area).draw();
}

}  // namespace rcuscope::gui
