// SPDX-License-Identifier: LGPL-2.1-or-later
// Both ends of the top bar: what is open, and what came out of it.
#include <algorithm>
#include <cstdint>
#include <string>

#include "keys.h"
#include "panels/panels.h"

namespace rcuscope::gui {
namespace {

/// A circle with a sector hand: a grace period within time.
void draw_sign(Painter& p, Point c) {
  const Theme& theme = p.theme();
  p.ring(c, p.px(9), theme.accent, p.px(2));
  p.circle(c, p.px(3.2f), theme.grace_period);
  p.line({c.x, c.y - p.px(9)}, {c.x, c.y - p.px(3)}, theme.accent, p.px(2));
}

std::string title_of(const Session& session) {
  for (const char* key : {"title", "scenario"}) {
    const std::string_view value = session.metadata(key);
    if (!value.empty()) return std::string(value);
  }
  return "trace";
}

std::string whole_text(const VerdictText& verdict) {
  return verdict.detail.empty() ? verdict.word : verdict.word + "   " + verdict.detail;
}

/// What the pill says, from the widest to the narrowest.
enum class PillForm : std::uint8_t { line, stack, word };

float pill_width(const Painter& p, const VerdictText& verdict, PillForm form) {
  const float word = p.text_width(p.fonts().bold, verdict.word);
  const float margins = p.px(42);
  switch (form) {
    case PillForm::line:
      return p.text_width(p.fonts().bold, whole_text(verdict)) + margins;
    case PillForm::stack:
      return std::max(word, p.text_width(p.fonts().tiny, verdict.detail)) + margins;
    case PillForm::word:
      break;
  }
  return word + margins;
}

PillForm widest_form(const Painter& p, const VerdictText& verdict, float room) {
  if (verdict.detail.empty()) return PillForm::word;
  for (const PillForm form : {PillForm::line, PillForm::stack}) {
    if (pill_width(p, verdict, form) <= room) return form;
  }
  return PillForm::word;
}

}  // namespace

float draw_logo(Painter& p, const Rect& bar) {
  const Theme& theme = p.theme();
  float x = bar.x0 + p.px(16);
  draw_sign(p, {x + p.px(10), bar.center().y});
  x += p.px(30);
  x += p.text_between(p.fonts().bold, x, bar.y0, bar.y1, theme.text, "rcuscope") + p.px(18);
  p.line({x, bar.y0 + p.px(14)}, {x, bar.y1 - p.px(14)}, theme.line_strong, 1);
  return x + p.px(16);
}

float draw_scenario(Ui& ui, const Session& session, const Rect& bar, bool opens) {
  Painter& p = ui.paint;
  const Theme& theme = p.theme();
  const float x = draw_logo(p, bar);
  const std::string world(session.metadata("world"));
  const std::string title = title_of(session);
  const float world_width = p.text_width(p.fonts().small, world);
  const float gap = world.empty() ? 0 : p.px(8);
  // Below that the buttons need the room.
  const float least_room = std::clamp(bar.width() - p.px(540), p.px(20), p.px(160));
  const float title_room = std::min(p.text_width(p.fonts().regular, title),
                                    std::clamp(bar.width() - p.px(930), least_room, p.px(520)));
  const float caret = opens ? p.px(20) : 0;
  const Rect box{x, bar.y0 + p.px(10), x + world_width + gap + title_room + p.px(28) + caret,
                 bar.y1 - p.px(10)};
  ui.widgets.add("scenario", box);
  p.fill(box, theme.raised, p.px(6));
  p.text_between(p.fonts().small, box.x0 + p.px(13), bar.y0, bar.y1, theme.text_faint, world);
  p.text_between(p.fonts().regular, box.x0 + p.px(13) + world_width + gap, bar.y0, bar.y1,
                 theme.text, p.fitted(p.fonts().regular, title, title_room + 1));
  if (opens) {
    const Point c{box.x1 - p.px(16), box.center().y};
    p.triangle({c.x - p.px(4), c.y - p.px(2)}, {c.x + p.px(4), c.y - p.px(2)}, {c.x, c.y + p.px(3)},
               theme.text_secondary);
  }
  return box.x1;
}

float draw_switches(Ui& ui, Session& session, const Rect& bar) {
  Painter& p = ui.paint;
  float right = bar.x1 - p.px(16);
  const float top = bar.y0 + p.px(10), bottom = bar.y1 - p.px(10), size = p.px(32);
  const auto button = [&](const char* name, const char* text, float width) {
    const Rect rect{right - width, top, right, bottom};
    p.fill(rect, p.theme().raised, p.px(6));
    right -= width + p.px(8);
    return text_button(ui, name, rect, text, false);
  };
  if (button("help", "?", size)) session.shows_help = true;
  const char* other = session.theme == ThemeName::light ? "Dark" : "Light";
  if (button("theme", other, p.px(54))) apply_key(session, {Key::t, false, false, 0});
  return right;
}

float verdict_room(const Ui& ui, const Session& session, float most) {
  const VerdictText verdict = verdict_text(session);
  if (verdict.word.empty()) return 0;
  const float margins = ui.paint.px(14 + 12 + 1);
  return pill_width(ui.paint, verdict, widest_form(ui.paint, verdict, most - margins)) + margins;
}

void draw_verdict(Ui& ui, const Session& session, const Rect& bar, float x, float right) {
  Painter& p = ui.paint;
  const Theme& theme = p.theme();
  const VerdictText verdict = verdict_text(session);
  if (verdict.word.empty()) return;
  const Color color = tone_color(theme, tone_of(verdict.sense));
  right -= p.px(14);
  const float room = right - x - p.px(12);
  const PillForm form = widest_form(p, verdict, room);
  const float width = pill_width(p, verdict, form);
  if (width > room) return;
  const bool is_stack = form == PillForm::stack;
  const float inset = p.px(is_stack ? 8 : 11);
  const Rect pill{right - width, bar.y0 + inset, right, bar.y1 - inset};
  ui.widgets.add("verdict", pill);
  p.fill(pill, fade(color, theme.tint), pill.height() / 2);
  p.circle({pill.x0 + p.px(17), bar.center().y}, p.px(5), color);
  const float left = pill.x0 + p.px(29), middle = bar.center().y + p.px(1);
  if (is_stack) {
    p.text_between(p.fonts().bold, left, pill.y0 + p.px(2), middle, color, verdict.word);
    p.text_between(p.fonts().tiny, left, middle, pill.y1 - p.px(3), color, verdict.detail);
    return;
  }
  p.text_between(p.fonts().bold, left, bar.y0, bar.y1, color,
                 form == PillForm::line ? whole_text(verdict) : verdict.word);
}

}  // namespace rcuscope::gui
