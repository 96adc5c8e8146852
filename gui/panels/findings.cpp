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

/// A card with a heading and wrapped text. Return: its height.
float card_height(const Painter& p, std::size_t line_count) {
  return p.px(34 + line_height * static_cast<float>(line_count) + 6);
}

void draw_card(Painter& p, const Rect& card, Color color, std::string_view heading,
               const std::vector<std::string>& lines) {
  const Theme& theme = p.theme();
  p.fill(card, fade(color, theme.tint), p.px(7));
  p.fill({card.x0, card.y0 + p.px(7), card.x0 + p.px(3), card.y1 - p.px(7)}, color, p.px(1.5f));
  p.text_fit(p.fonts().bold, card.x0 + p.px(12), card.y0 + p.px(8), card.width() - p.px(24), color,
             heading);
  float y = card.y0 + p.px(30);
  for (const std::string& line : lines) {
    p.text(p.fonts().small, card.x0 + p.px(12), y, theme.text, line);
    y += p.px(line_height);
  }
}

std::string place_of(const TraceStore& trace, EventIndex event) {
  const auto& places = trace.columns().place;
  if (places.empty() || places[event] < 0) return {};
  return short_place(trace.names().places[static_cast<std::size_t>(places[event])]);
}

std::string selection_time(const Session& session, EventIndex event) {
  const TimeFormat& format = session.format();
  std::string text = format.instant(static_cast<double>(session.trace().time(event)));
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

float draw_finding(Ui& ui, const Session& session, const Rect& area) {
  Painter& p = ui.paint;
  const auto finding = session.finding_so_far();
  std::string text(session.metadata("explanation"));
  if (!finding || text.empty()) return area.y1;
  auto lines = wrap_text(p, p.fonts().small, text, area.width() - p.px(56));
  constexpr std::size_t line_count_max = 9;
  if (lines.size() > line_count_max) {
    lines.resize(line_count_max);
    lines.back() += " …";
  }
  const float height = card_height(p, lines.size());
  const Rect card{area.x0 + p.px(16), area.y1 - height - p.px(10), area.x1 - p.px(16),
                  area.y1 - p.px(10)};
  ui.widgets.add("finding", card);
  draw_card(p, card, p.theme().error, "What went wrong", lines);
  return card.y0 - p.px(10);
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
