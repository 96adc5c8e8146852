// SPDX-License-Identifier: LGPL-2.1-or-later
// Below the timeline when the user is the scheduler: the goal, and a card for each actor.
#include <algorithm>
#include <string>

#include "panels/controls.h"
#include "panels/pages.h"
#include "panels/panels.h"
#include "session/words.h"

namespace rcuscope::gui {
namespace {

constexpr float goal_width = 316;
constexpr float card_width_min = 230;
constexpr float line_height = 18;

class SchedulerPanel {
 public:
  SchedulerPanel(Ui& ui, Workbench& workbench, const Rect& area)
      : ui_(ui),
        p_(ui.paint),
        theme_(p_.theme()),
        workbench_(workbench),
        scheduler_(*workbench.scheduler()),
        area_(area) {}

  void draw() {
    const float split = std::min(area_.x0 + px(goal_width), area_.x0 + area_.width() * 0.4f);
    draw_goal({area_.x0, area_.y0, split, area_.y1});
    p_.line({split, area_.y0}, {split, area_.y1}, theme_.line, 1);
    draw_cards({split, area_.y0, area_.x1, area_.y1});
  }

 private:
  float px(float length) const { return p_.px(length); }

  void draw_goal(const Rect& area) {
    const float x = area.x0 + px(16), right = area.x1 - px(16);
    p_.text(p_.fonts().bold, x, area.y0 + px(14), theme_.text, "You are the scheduler");
    const Color color = tone_color(theme_, scheduler_.goal_tone());
    float y = area.y0 + px(42);
    p_.text(p_.fonts().small, x, y, theme_.text_secondary, "Goal: make it crash");
    y += px(24);
    const auto lines = wrap_text(p_, p_.fonts().small, scheduler_.goal(), right - x - px(34));
    const Rect plate{x, y, right, y + px(16 + line_height * static_cast<float>(lines.size()))};
    ui_.widgets.add("goal", plate);
    p_.fill(plate, fade(color, theme_.tint), px(7));
    draw_outcome(p_, {plate.x0 + px(15), plate.y0 + px(8 + line_height / 2)},
                 scheduler_.goal_tone());
    draw_wrapped(p_, p_.fonts().small, px(line_height),
                 {plate.x0 + px(28), plate.y0 + px(9), plate.x1 - px(6), 0}, color,
                 scheduler_.goal());
    y = draw_notice(ui_, workbench_, {x, plate.y1 + px(8), right, area.y1});
    y = draw_wrapped(p_, p_.fonts().tiny, px(16), {x, y + px(6), right, 0}, theme_.text_secondary,
                     workbench_.prospect(), 2);
    if (y < area.y1 - px(64))
      p_.text_fit(p_.fonts().tiny, x, y + px(2), right - x, theme_.text_faint,
                  scheduler_.now().schedule);
    draw_buttons({x, area.y1 - px(46), right, area.y1 - px(14)});
  }

  void draw_buttons(const Rect& row) {
    const float gap = px(8), width = (row.width() - 2 * gap) / 3;
    const auto button = [&](const char* name, int place, const char* text, bool is_enabled) {
      const float x = row.x0 + (width + gap) * static_cast<float>(place);
      return push_button(ui_, name, {x, row.y0, x + width, row.y1}, text, ButtonLook::plain,
                         is_enabled);
    };
    if (button("undo", 0, "Undo", scheduler_.can_undo())) workbench_.wish(Workbench::Wish::undo);
    if (button("restart", 1, "Restart", scheduler_.can_undo()))
      workbench_.wish(Workbench::Wish::restart);
    if (button("back.session", 2, "Session", true)) workbench_.page = Page::session;
  }

  void draw_cards(const Rect& area) {
    const std::vector<ActorCard> cards = scheduler_.cards();
    const float fits = area.width() / std::max<float>(1, static_cast<float>(cards.size()));
    const float width = std::max(fits, px(card_width_min));
    const float most = std::max(0.0f, width * static_cast<float>(cards.size()) - area.width());
    const Mouse mouse = current_mouse();
    if (area.contains(mouse.at)) scheduler_.scroll_px -= mouse.wheel * px(60);
    scheduler_.scroll_px = std::clamp(scheduler_.scroll_px, 0.0f, most);
    p_.push_clip(area);
    float x = area.x0 - scheduler_.scroll_px;
    for (std::size_t i = 0; i < cards.size(); ++i) {
      draw_card(cards[i], i, {x, area.y0, x + width, area.y1}, area);
      x += width;
      p_.line({x, area.y0}, {x, area.y1}, theme_.line, 1);
    }
    p_.pop_clip();
  }

  Color color_of(const ActorCard& card) const {
    switch (card.state) {
      case ActorCard::State::can_run:
        return card.is_reader ? theme_.reader : theme_.linked;
      case ActorCard::State::blocked:
        return theme_.blocked;
      case ActorCard::State::ended:
        break;
    }
    return theme_.text_faint;
  }

  void draw_card(const ActorCard& card, std::size_t index, const Rect& rect, const Rect& area) {
    ui_.widgets.add("card:" + std::to_string(index), rect.intersect(area));
    const float x = rect.x0 + px(16), room = rect.width() - px(32);
    const Color color = color_of(card);
    const bool has_ended = card.state == ActorCard::State::ended;
    p_.fill({x, rect.y0 + px(15), x + px(4), rect.y0 + px(31)}, color, px(2));
    const float context = p_.text_width(p_.fonts().tiny, card.context);
    p_.text(p_.fonts().tiny, rect.x1 - px(16) - context, rect.y0 + px(17), theme_.text_faint,
            card.context);
    p_.text_fit(p_.fonts().bold, x + px(12), rect.y0 + px(14), room - context - px(20),
                has_ended ? theme_.text_faint : theme_.text, card.name);
    draw_state(card, {x, rect.y0 + px(42), rect.x1 - px(16), rect.y0 + px(62)}, color);
    const Rect words{x, rect.y0 + px(70), rect.x1 - px(16), rect.y1 - px(54)};
    const auto lines = static_cast<std::size_t>(std::max(1.0f, words.height() / px(line_height)));
    const bool is_operation = card.state == ActorCard::State::can_run;
    const float end =
        draw_wrapped(p_, is_operation ? p_.fonts().mono : p_.fonts().small, px(line_height), words,
                     has_ended ? theme_.text_faint : theme_.text, card.text, lines);
    if (!card.place.empty() && end < words.y1)
      p_.text_fit(p_.fonts().tiny, x, end + px(4), room, theme_.text_faint, card.place);
    if (card.state == ActorCard::State::can_run) draw_run(card, index, rect, area);
    if (card.state == ActorCard::State::blocked)
      p_.hatch({x, rect.y1 - px(46), rect.x1 - px(16), rect.y1 - px(14)},
               fade(theme_.blocked, 0.35f), px(7), px(1.2f));
  }

  void draw_state(const ActorCard& card, const Rect& row, Color color) {
    float x = row.x0;
    const auto pill = [&](const char* text, Color tone) {
      x += p_.pill(x, row.y0, fade(tone, theme_.tint), tone, text) + px(6);
    };
    if (card.state == ActorCard::State::can_run) pill("can run", theme_.linked);
    if (card.state == ActorCard::State::blocked) pill("blocked, because", color);
    if (card.state == ActorCard::State::ended) pill("ended", color);
    if (card.is_reader) pill("in a read-side critical section", theme_.reader);
    if (card.is_last) pill("ran last", theme_.text_secondary);
  }

  void draw_run(const ActorCard& card, std::size_t index, const Rect& rect, const Rect& area) {
    const Rect button{rect.x0 + px(16), rect.y1 - px(46), rect.x1 - px(16), rect.y1 - px(14)};
    std::string text = "Run";
    if (index < 9) text += "   " + std::to_string(index + 1);
    if (push_button(ui_, "choice:" + std::to_string(index), button.intersect(area), text,
                    ButtonLook::primary))
      workbench_.step(card.name);
  }

  Ui& ui_;
  Painter& p_;
  const Theme& theme_;
  Workbench& workbench_;
  Scheduler& scheduler_;
  Rect area_;
};

}  // namespace

void draw_scheduler_panel(Ui& ui, Workbench& workbench, const Rect& area) {
  Painter& p = ui.paint;
  p.fill(area, p.theme().panel);
  p.line({area.x0, area.y0}, {area.x1, area.y0}, p.theme().line_strong, 1);
  SchedulerPanel(ui, workbench, area).draw();
}

}  // namespace rcuscope::gui
