// SPDX-License-Identifier: LGPL-2.1-or-later
// Cards of words: the finding, and what the user has selected.
#include <algorithm>
#include <string>

#include "focus.h"
#include "panels/panels.h"
#include "trace/describe.h"

namespace rcuscope::gui {
namespace {

constexpr float line_height = 17;
constexpr float finding_margin = 5;  ///< Above and below its card.

/// A card with a heading and wrapped text. Return: its height.
float card_height(const Painter& p, std::size_t line_count) {
  return p.px(34 + line_height * static_cast<float>(line_count) + 6);
}

void draw_card_ground(Painter& p, const Rect& card, Color color, std::string_view heading) {
  p.fill(card, fade(color, p.theme().tint), p.px(7));
  p.fill({card.x0, card.y0 + p.px(7), card.x0 + p.px(3), card.y1 - p.px(7)}, color, p.px(1.5f));
  p.text_fit(p.fonts().bold, card.x0 + p.px(12), card.y0 + p.px(8), card.width() - p.px(24), color,
             heading);
}

void draw_lines(Painter& p, float x, float y, const std::vector<std::string>& lines) {
  for (const std::string& line : lines) {
    p.text(p.fonts().small, x, y, p.theme().text, line);
    y += p.px(line_height);
  }
}

void draw_card(Painter& p, const Rect& card, Color color, std::string_view heading,
               const std::vector<std::string>& lines) {
  draw_card_ground(p, card, color, heading);
  draw_lines(p, card.x0 + p.px(12), card.y0 + p.px(30), lines);
}

std::string place_of(const TraceStore& trace, EventIndex event) {
  const auto& places = trace.columns().place;
  if (places.empty() || places[event] < 0) return {};
  return short_place(trace.names().places[static_cast<std::size_t>(places[event])]);
}

std::string selection_time(const Session& session, EventIndex event) {
  const TimeFormat& format = session.format();
  std::string text =
      format.instant_in_view(static_cast<double>(session.trace().time(event)), session.view.span());
  if (session.selection.kind == Selection::Kind::span) {
    const Span& span = session.lanes().spans[session.selection.index];
    text += ", lasts " + format.duration(static_cast<double>(span.end - span.start));
    if (span.is_open) text += ", still open at the end";
    if (span.is_inferred) text += ", inferred";
  }
  const std::string place = place_of(session.trace(), event);
  return place.empty() ? text : text + ", " + place;
}

}  // namespace

std::vector<std::string> wrap_text(const Painter& painter, const Face& face, std::string_view text,
                                   float width) {
  std::vector<std::string> lines;
  std::string line;
  while (!text.empty()) {
    const std::size_t space = text.find_first_of(" \n");
    const std::string word(text.substr(0, space));
    const std::string longer = line.empty() ? word : line + " " + word;
    if (!line.empty() && painter.text_width(face, longer) > width) {
      lines.push_back(std::move(line));
      line = word;
    } else {
      line = longer;
    }
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
  }
  if (!line.empty()) lines.push_back(std::move(line));
  return lines;
}

std::vector<std::string> finding_lines(const Painter& painter, const Session& session,
                                       float width) {
  const std::string text(session.metadata("explanation"));
  if (!session.finding_so_far() || text.empty()) return {};
  return wrap_text(painter, painter.fonts().small, text, width - painter.px(56));
}

float finding_height(const Painter& painter, const std::vector<std::string>& lines) {
  return lines.empty() ? 0 : card_height(painter, lines.size()) + 2 * painter.px(finding_margin);
}

void draw_finding(Ui& ui, Session& session, const Rect& room,
                  const std::vector<std::string>& lines) {
  Painter& p = ui.paint;
  const Rect card{room.x0 + p.px(16), room.y0 + p.px(finding_margin), room.x1 - p.px(16),
                  room.y1 - p.px(finding_margin)};
  const float height = card_height(p, lines.size());
  const Response response = ui.interact("finding", card);
  if (response.is_hovered) session.finding_scroll_px -= current_mouse().wheel * p.px(line_height);
  session.finding_scroll_px =
      std::clamp(session.finding_scroll_px, 0.0f, std::max(0.0f, height - card.height()));
  draw_card_ground(p, card, p.theme().error, "What went wrong");
  const Rect text{card.x0, card.y0 + p.px(28), card.x1, card.y1 - p.px(6)};
  p.push_clip(text);
  draw_lines(p, card.x0 + p.px(12), card.y0 + p.px(30) - session.finding_scroll_px, lines);
  p.pop_clip();
  if (height <= card.height()) return;
  const float share = text.height() / (height - p.px(34));
  const float top = text.y0 + (text.height() * (1 - share)) * session.finding_scroll_px /
                                  (height - card.height());
  p.fill({card.x1 - p.px(7), top, card.x1 - p.px(3), top + text.height() * share},
         fade(p.theme().error, 0.6f), p.px(2));
}

float draw_selection(Ui& ui, Session& session, const Rect& area) {
  Painter& p = ui.paint;
  const auto event = session.selected_event();
  if (!event) return 0;
  const float text_width = area.width() - p.px(56);
  auto lines = wrap_text(p, p.fonts().small, describe_event(session.trace(), *event), text_width);
  for (std::string& line :
       wrap_text(p, p.fonts().small, selection_time(session, *event), text_width)) {
    lines.push_back(std::move(line));
  }
  const float height = card_height(p, lines.size());
  const Rect card{area.x0 + p.px(16), area.y0 + p.px(12), area.x1 - p.px(16),
                  area.y0 + p.px(12) + height};
  ui.widgets.add("selection", card);
  draw_card(p, card, p.theme().accent, "Selected", lines);
  const Rect close{card.x1 - p.px(28), card.y0 + p.px(4), card.x1 - p.px(4), card.y0 + p.px(28)};
  if (text_button(ui, "selection.close", close, "×", false)) session.selection = {};
  return height + p.px(8);
}

}  // namespace rcuscope::gui
