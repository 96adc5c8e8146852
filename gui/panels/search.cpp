// SPDX-License-Identifier: LGPL-2.1-or-later
// The search box in the top bar: its text, how many events match, and which of them is selected.
#include <algorithm>
#include <string>

#include "navigate.h"
#include "panels/panels.h"

namespace rcuscope::gui {
namespace {

constexpr float box_width = 216;

void draw_lens(Painter& p, Point c, Color color) {
  p.ring({c.x - p.px(1), c.y - p.px(1)}, p.px(4.5f), color, p.px(1.4f));
  p.line({c.x + p.px(2.4f), c.y + p.px(2.4f)}, {c.x + p.px(6), c.y + p.px(6)}, color, p.px(1.6f));
}

/// "3 of 17", "17", "none".
std::string count_text(const Session& session) {
  if (session.search.text.empty()) return {};
  const std::size_t count = session.search.matches.size();
  if (count == 0) return "none";
  const std::string all = with_thousands(std::to_string(count));
  const std::size_t number = match_number(session);
  return number == 0 ? all : with_thousands(std::to_string(number)) + " of " + all;
}

void draw_contents(Painter& p, const Session& session, const Rect& box) {
  const Theme& theme = p.theme();
  const Search& search = session.search;
  const Face& face = p.fonts().regular;
  float right = box.x1 - p.px(10);
  const std::string count = count_text(session);
  if (!count.empty()) {
    right -= p.text_width(p.fonts().tiny, count);
    p.text_between(p.fonts().tiny, right, box.y0, box.y1,
                   search.matches.empty() ? theme.error : theme.text_secondary, count);
    right -= p.px(8);
  } else if (!search.is_focused) {
    const Rect key{right - p.px(20), box.y0 + p.px(7), right, box.y1 - p.px(7)};
    p.stroke(key, theme.line_strong, p.px(4));
    p.text_between(p.fonts().tiny, key.center().x - p.text_width(p.fonts().tiny, "/") / 2, key.y0,
                   key.y1, theme.text_faint, "/");
    right = key.x0 - p.px(6);
  }
  const float x = box.x0 + p.px(30);
  if (search.text.empty() && !search.is_focused) {
    p.text_between(face, x, box.y0, box.y1, theme.text_faint,
                   p.fitted(face, "Find event, device…", right - x));
    return;
  }
  // While typing, the end of the text is what must be seen.
  const Rect room{x, box.y0, right, box.y1};
  const float width = p.text_width(face, search.text);
  const float start = search.is_focused ? x - std::max(0.0f, width + p.px(3) - room.width()) : x;
  p.push_clip(room);
  p.text_between(face, start, box.y0, box.y1, theme.text, search.text);
  if (search.is_focused) {
    const float caret = start + width + p.px(1.5f);
    p.line({caret, box.y0 + p.px(8)}, {caret, box.y1 - p.px(8)}, theme.accent, p.px(1.5f));
  }
  p.pop_clip();
}

}  // namespace

float draw_search(Ui& ui, Session& session, const Rect& bar, float x, float right) {
  Painter& p = ui.paint;
  const float width = std::min(p.px(box_width), right - x - p.px(12));
  if (width < p.px(search_width_min)) return right;
  const Rect box{right - width, bar.y0 + p.px(10), right, bar.y1 - p.px(10)};
  const Response response = ui.interact("search", box);
  if (response.is_clicked) session.search.is_focused = true;
  p.fill(box, p.theme().raised, p.px(6));
  if (session.search.is_focused) p.stroke(box, p.theme().accent, p.px(6), p.px(1.5f));
  draw_lens(p, {box.x0 + p.px(16), box.center().y}, p.theme().text_faint);
  draw_contents(p, session, box);
  return box.x0;
}

}  // namespace rcuscope::gui
