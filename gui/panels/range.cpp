// SPDX-License-Identifier: LGPL-2.1-or-later
// The measured range as a card: how much happened in it and how long things took.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "navigate.h"
#include "panels/panels.h"

namespace rcuscope::gui {
namespace {

std::string counted(std::size_t count, const char* one, const char* many) {
  return with_thousands(std::to_string(count)) + " " + (count == 1 ? one : many);
}

std::string rounded(double number) {
  if (number >= 100) return with_thousands(std::to_string(std::llround(number)));
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", number);
  return text;
}

/// "26 µs", or "26 to 34 µs, median 30 µs".
std::string latency_text(const TimeFormat& format, const Latencies& latencies) {
  if (latencies.count == 1) return format.duration(latencies.most);
  std::string text = format.duration(latencies.least) + " to " + format.duration(latencies.most) +
                     ", median " + format.duration(latencies.median);
  // Of fewer than a hundred, the 99th percentile is the longest, which is said already.
  if (latencies.count >= 100) text += ", p99 " + format.duration(latencies.p99);
  return text;
}

}  // namespace

std::vector<std::string> range_lines(const Session& session) {
  const RangeStatistics& s = session.range_statistics();
  const TimeFormat& format = session.format();
  std::vector<std::string> lines;
  lines.push_back("from " + format.instant(session.range->from) + " to " +
                  format.instant(session.range->to));
  lines.push_back(counted(s.event_count, "event", "events"));
  if (s.finding_count > 0) lines.back() += ", " + counted(s.finding_count, "finding", "findings");
  if (s.sections.count > 0) {
    const bool is_steps = session.trace().clock() == Clock::steps;
    lines.push_back(counted(s.sections.count, "read-side section", "read-side sections") +
                    " end, " + rounded(s.sections_per_unit) +
                    (is_steps ? " per 100 steps" : " per second"));
    lines.push_back("sections last " + latency_text(format, s.sections));
  }
  if (s.callbacks.count > 0) {
    lines.push_back(counted(s.callbacks.count, "callback", "callbacks") + " after " +
                    latency_text(format, s.callbacks));
  }
  if (s.grace_periods.count > 0) {
    lines.push_back(counted(s.grace_periods.count, "grace period", "grace periods") + ": " +
                    latency_text(format, s.grace_periods));
  }
  return lines;
}

namespace {

constexpr float line_height = 17;
constexpr float histogram_height = 34;

class RangeCard {
 public:
  RangeCard(Ui& ui, Session& session, const Rect& area) : ui_(ui), p_(ui.paint), session_(session) {
    const float width = area.width() - px(56);
    for (const std::string& line : range_lines(session)) {
      for (std::string& part : wrap_text(p_, p_.fonts().small, line, width)) {
        lines_.push_back(std::move(part));
      }
    }
    has_histogram_ = session.range_statistics().grace_periods.count > 1;
    const float height = px(34 + line_height * static_cast<float>(lines_.size()) + 8) +
                         (has_histogram_ ? px(histogram_height + 20) : 0);
    card_ = {area.x0 + px(16), area.y0 + px(12), area.x1 - px(16), area.y0 + px(12) + height};
  }

  float draw() {
    const Theme& theme = p_.theme();
    ui_.widgets.add("range", card_);
    p_.fill(card_, fade(theme.accent, theme.tint), p_.px(7));
    p_.fill({card_.x0, card_.y0 + px(7), card_.x0 + px(3), card_.y1 - px(7)}, theme.accent,
            px(1.5f));
    const std::string heading = "Range of " + session_.format().duration(session_.range->length());
    p_.text_fit(p_.fonts().bold, card_.x0 + px(12), card_.y0 + px(8), card_.width() - px(150),
                theme.accent, heading);
    float y = card_.y0 + px(30);
    for (const std::string& line : lines_) {
      p_.text(p_.fonts().small, card_.x0 + px(12), y, theme.text, line);
      y += px(line_height);
    }
    if (has_histogram_) draw_histogram(y + px(4));
    const float height = card_.height() + px(8);
    draw_buttons();  // the last one may end the range
    return height;
  }

 private:
  float px(float length) const { return p_.px(length); }

  void draw_histogram(float y) {
    const Theme& theme = p_.theme();
    const RangeStatistics& s = session_.range_statistics();
    const std::uint32_t most =
        *std::max_element(s.grace_period_histogram.begin(), s.grace_period_histogram.end());
    const float x0 = card_.x0 + px(12), bottom = y + px(histogram_height);
    const float step = (card_.width() - px(24)) / static_cast<float>(histogram_size);
    for (std::size_t i = 0; i < histogram_size; ++i) {
      const float x = x0 + step * static_cast<float>(i);
      const std::uint32_t count = s.grace_period_histogram[i];
      const float share = static_cast<float>(count) / static_cast<float>(most);
      // One among thousands must still be seen.
      const float height = count == 0 ? px(1) : std::max(px(3), share * px(histogram_height));
      p_.fill({x + px(1), bottom - height, x + step - px(1), bottom},
              count == 0 ? theme.line_strong : theme.grace_period, px(1));
    }
    const Face& tiny = p_.fonts().tiny;
    const std::string least = session_.format().duration(s.grace_periods.least);
    const std::string longest = session_.format().duration(s.grace_periods.most);
    p_.text(tiny, x0, bottom + px(3), theme.text_secondary, least);
    p_.text(tiny, card_.x1 - px(12) - p_.text_width(tiny, longest), bottom + px(3),
            theme.text_secondary, longest);
  }

  void draw_buttons() {
    const float y0 = card_.y0 + px(4), y1 = card_.y0 + px(28);
    const Rect close{card_.x1 - px(28), y0, card_.x1 - px(4), y1};
    const Rect loop{close.x0 - px(46), y0, close.x0 - px(2), y1};
    const Rect zoom{loop.x0 - px(48), y0, loop.x0 - px(2), y1};
    if (text_button(ui_, "range.zoom", zoom, "Zoom", false)) zoom_to_choice(session_);
    if (text_button(ui_, "range.loop", loop, "Loop", session_.playback.loop().has_value())) {
      toggle_loop(session_);
    }
    if (text_button(ui_, "range.close", close, "×", false)) session_.clear_range();
  }

  Ui& ui_;
  Painter& p_;
  Session& session_;
  std::vector<std::string> lines_;
  bool has_histogram_ = false;
  Rect card_;
};

}  // namespace

float draw_range(Ui& ui, Session& session, const Rect& area) {
  if (!session.range) return 0;
  return RangeCard(ui, session, area).draw();
}

}  // namespace rcuscope::gui
