// SPDX-License-Identifier: LGPL-2.1-or-later
// The line above each of two traces, and the plate that tells what goes on.
#include "compare.h"
#include "panels/panels.h"

namespace rcuscope::gui {

bool draw_heading(Ui& ui, const Session& session, const Rect& area, std::string_view letter,
                  bool is_chosen) {
  Painter& p = ui.paint;
  const Theme& theme = p.theme();
  const Response response = ui.interact("heading", area);
  p.fill(area, is_chosen ? theme.raised : theme.panel);
  p.line({area.x0, area.y0}, {area.x1, area.y0}, theme.line_strong, 1);
  const Rect plate{area.x0 + p.px(14), area.y0 + p.px(4), area.x0 + p.px(36), area.y1 - p.px(4)};
  const Color color = is_chosen ? theme.accent : theme.text_faint;
  is_chosen ? p.fill(plate, color, p.px(4)) : p.stroke(plate, color, p.px(4), p.px(1));
  const float width = p.text_width(p.fonts().bold, letter);
  p.text_between(p.fonts().bold, plate.center().x - width / 2, plate.y0, plate.y1,
                 is_chosen ? theme.on_accent : color, letter);
  std::string title(session.metadata("title"));
  if (title.empty()) title = session.metadata("scenario");
  if (title.empty()) title = "trace";
  const VerdictText verdict = verdict_text(session);
  const float room = p.text_width(p.fonts().bold, verdict.word);
  p.text_fit(p.fonts().bold, plate.x1 + p.px(10), area.y0 + p.px(6), area.width() - room - p.px(90),
             theme.text, title);
  p.text(p.fonts().bold, area.x1 - room - p.px(16), area.y0 + p.px(6),
         tone_color(theme, tone_of(verdict.sense)), verdict.word);
  return response.is_clicked;
}

bool draw_progress(Ui& ui, const Rect& screen, std::string_view text) {
  Painter& p = ui.paint;
  const Theme& theme = p.theme();
  const float width = p.text_width(p.fonts().regular, text) + p.px(130), height = p.px(44);
  const float x = screen.center().x - width / 2, y = screen.y1 - p.px(70);
  const Rect plate{x, y, x + width, y + height};
  p.fill(plate, theme.panel, p.px(8));
  p.stroke(plate, theme.accent, p.px(8), p.px(1.5f));
  p.text_between(p.fonts().regular, plate.x0 + p.px(18), plate.y0, plate.y1, theme.text, text);
  return text_button(
      ui, "progress.cancel",
      {plate.x1 - p.px(92), plate.y0 + p.px(8), plate.x1 - p.px(10), plate.y1 - p.px(8)}, "Cancel",
      false);
}

}  // namespace rcuscope::gui
