// SPDX-License-Identifier: LGPL-2.1-or-later
// What every session page shows when there is something to say: the job that runs, and a notice.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string>

#include "panels/controls.h"
#include "panels/pages.h"
#include "panels/panels.h"
#include "session/words.h"

namespace rcuscope::gui {

float draw_notice(Ui& ui, Workbench& workbench, const Rect& room) {
  if (workbench.notice.empty()) return room.y0;
  Painter& p = ui.paint;
  const Theme& theme = p.theme();
  const float width = room.width() - p.px(54);
  const auto lines = wrap_text(p, p.fonts().small, workbench.notice, width);
  const std::size_t count = std::min<std::size_t>(lines.size(), 6);
  const Rect card{room.x0, room.y0, room.x1, room.y0 + p.px(18 * static_cast<float>(count) + 18)};
  ui.widgets.add("notice", card);
  p.fill(card, fade(theme.grace_period, theme.tint), p.px(7));
  p.fill({card.x0, card.y0 + p.px(7), card.x0 + p.px(3), card.y1 - p.px(7)}, theme.grace_period);
  draw_wrapped(p, p.fonts().small, p.px(18),
               {card.x0 + p.px(14), card.y0 + p.px(9), card.x0 + p.px(14) + width, 0}, theme.text,
               workbench.notice, count);
  const Rect close{card.x1 - p.px(30), card.y0 + p.px(4), card.x1 - p.px(6), card.y0 + p.px(28)};
  if (text_button(ui, "notice.close", close, "×", false)) workbench.notice.clear();
  return card.y1 + p.px(6);
}

float draw_job(Ui& ui, Workbench& workbench, const Rect& room) {
  const Job* job = workbench.job();
  if (job == nullptr) return room.y0;
  Painter& p = ui.paint;
  const Theme& theme = p.theme();
  const JobProgress progress = job->progress();
  const Rect card{room.x0, room.y0, room.x1, room.y0 + p.px(84)};
  ui.widgets.add("job", card);
  p.fill(card, theme.raised, p.px(8));
  const float x = card.x0 + p.px(14), button = p.px(76);
  const Rect cancel{card.x1 - p.px(12) - button, card.y0 + p.px(11), card.x1 - p.px(12),
                    card.y0 + p.px(39)};
  const std::string title = progress.part.empty() ? job->title() : "exploring " + progress.part;
  p.text_fit(p.fonts().regular, x, card.y0 + p.px(15), cancel.x0 - p.px(10) - x, theme.text, title);
  if (push_button(ui, "cancel", cancel, job->is_cancelled() ? "Ends…" : "Cancel", ButtonLook::plain,
                  !job->is_cancelled()))
    workbench.cancel();
  const Rect bar{x, card.y0 + p.px(49), card.x1 - p.px(14), card.y0 + p.px(55)};
  p.fill(bar, theme.line, p.px(3));
  const auto share = static_cast<float>(std::clamp(progress.share_done, 0.0, 1.0));
  if (share > 0) {
    p.fill({bar.x0, bar.y0, bar.x0 + std::max(p.px(6), bar.width() * share), bar.y1}, theme.accent,
           p.px(3));
  } else {  // of unknown length: a part that moves
    const auto at = static_cast<float>(std::fmod(job->seconds() * 0.4, 1.0)) * bar.width() * 0.8f;
    p.fill({bar.x0 + at, bar.y0, bar.x0 + at + bar.width() * 0.2f, bar.y1}, theme.accent, p.px(3));
  }
  std::array<char, 64> seconds{};
  std::snprintf(seconds.data(), seconds.size(), "%.1f s", job->seconds());
  std::string text = progress.executions > 0 ? told_progress(progress) : std::string();
  if (job->kind() == Job::Kind::matrix && workbench.job() != nullptr)
    text = std::to_string(workbench.tally().explored) + " of " +
           std::to_string(workbench.offers().size());
  p.text_fit(p.fonts().tiny, x, card.y0 + p.px(62), card.width() - p.px(100), theme.text_secondary,
             text);
  const float width = p.text_width(p.fonts().tiny, seconds.data());
  p.text(p.fonts().tiny, card.x1 - p.px(14) - width, card.y0 + p.px(62), theme.text_faint,
         seconds.data());
  return card.y1 + p.px(6);
}

}  // namespace rcuscope::gui
