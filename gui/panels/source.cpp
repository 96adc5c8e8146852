// SPDX-License-Identifier: LGPL-2.1-or-later
// The bottom panels: each actor that matters, with its source around the current line where that
// can be read, else with its last and next events.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "base/place_text.h"
#include "focus.h"
#include "panels/panels.h"

namespace rcuscope::gui {
namespace {

constexpr float line_height = 19.5f;
constexpr float head_height = 44;
constexpr float status_height = 35;

class ActorPanel {
 public:
  ActorPanel(Ui& ui, const Session& session, SourceFiles& files, const ActorFocus& focus,
             const Rect& area)
      : ui_(ui),
        p_(ui.paint),
        theme_(ui.paint.theme()),
        session_(session),
        focus_(focus),
        area_(area),
        color_(focus.tone == Tone::plain     ? theme_.neutral
               : focus.tone == Tone::waiting ? theme_.blocked
                                             : tone_color(theme_, focus.tone)) {
    const auto& places = session.trace().names().places;
    if (focus.place >= 0) place_ = places[static_cast<std::size_t>(focus.place)];
    if (!place_ || session.prefers_events) return;
    if (const auto in_kernel = files.in_kernel(*place_, current_call())) place_ = in_kernel;
    source_ = files.find(place_->file, place_->line);
  }

  void draw() {
    ui_.widgets.add("actor:" + std::to_string(focus_.actor.value), area_);
    p_.push_clip(area_);
    draw_head();
    source_ != nullptr ? draw_source() : draw_events();
    draw_status();
    p_.pop_clip();
  }

 private:
  float px(float length) const { return p_.px(length); }

  /// The kernel's name of what the actor has just done. Grace periods make progress in the name of
  /// who waits for them: his line is the one that waits.
  std::string_view current_call() const {
    std::string_view call;
    for (const FocusLine& line : focus_.lines) {
      if (line.is_future) break;
      const std::string_view name = describe(session_.trace().kind(line.event)).name;
      if (name.starts_with("grace_period") || name == "quiescent_state") continue;
      call = name.ends_with("_end") ? name.substr(0, name.size() - 4)
                                    : name.substr(0, name.find("_start"));
    }
    return call;
  }

  void draw_head() {
    const float x = area_.x0 + px(16), y = area_.y0;
    p_.fill({x, y + px(15), x + px(4), y + px(31)}, color_, px(2));
    const std::string where = where_text();
    const float where_width = p_.text_width(p_.fonts().tiny, where);
    std::string title = focus_.cpu.empty() ? focus_.title : focus_.cpu + "  " + focus_.title;
    const float room = area_.width() - where_width - px(28 + 16 + 20);
    p_.text_fit(p_.fonts().bold, x + px(12), y + px(14), room, theme_.text, title);
    p_.text(p_.fonts().tiny, area_.x1 - where_width - px(16), y + px(17), theme_.text_faint, where);
  }

  /// The end of the path: the directories that say most.
  std::string where_text() const {
    if (!place_) return {};
    std::string file = place_->file;
    std::size_t cut = file.size();
    for (int i = 0; i < 3 && cut != std::string::npos && cut > 0; ++i)
      cut = file.rfind('/', cut - 1);
    if (cut != std::string::npos && cut > 0) file.erase(0, cut + 1);
    const std::size_t folders = file.rfind('/') + 1;
    file.replace(folders, std::string::npos, place_text(file, place_->line));
    return p_.fitted(p_.fonts().tiny, file, area_.width() * 0.45f);
  }

  std::size_t line_count() const {
    const float room = area_.height() - px(head_height + status_height);
    return static_cast<std::size_t>(std::max(1.0f, room / px(line_height)));
  }

  void draw_current_ground(float y, Color color) {
    const float bottom = y + px(line_height);
    p_.fill({area_.x0 + 1, y, area_.x1, bottom}, fade(color, theme_.is_dark ? 0.17f : 0.13f));
    p_.fill({area_.x0 + 1, y, area_.x0 + px(3), bottom}, color);
    p_.triangle({area_.x0 + px(8), y + px(5)}, {area_.x0 + px(14), y + px(line_height) / 2},
                {area_.x0 + px(8), bottom - px(5)}, color);
  }

  // --- source ---

  void draw_source() {
    const auto current = static_cast<std::size_t>(place_->line - 1);
    const std::size_t count = line_count();
    std::size_t first = current > count / 2 ? current - count / 2 : 0;
    first = std::min(first, source_->size() > count ? source_->size() - count : 0);
    float y = area_.y0 + px(head_height);
    for (std::size_t i = first; i < std::min(source_->size(), first + count); ++i) {
      draw_source_line(i, i == current, y);
      y += px(line_height);
    }
  }

  void draw_source_line(std::size_t index, bool is_current, float y) {
    if (is_current) draw_current_ground(y - px(1), color_);
    const std::string number = std::to_string(index + 1);
    const float right = area_.x0 + px(16) + p_.text_width(p_.fonts().mono, "0000");
    p_.text(p_.fonts().mono, right - p_.text_width(p_.fonts().mono, number), y,
            is_current ? theme_.text : theme_.text_faint, number);
    const Face& face = is_current ? p_.fonts().mono_bold : p_.fonts().mono;
    float x = area_.x0 + px(58);
    for (const Word& word : split_words((*source_)[index])) {
      x += p_.text(face, x, y, word_color(word.kind), word.text);
      if (x > area_.x1) return;
    }
  }

  Color word_color(WordKind kind) const {
    switch (kind) {
      case WordKind::keyword:
        return theme_.keyword;
      case WordKind::call:
        return theme_.call;
      case WordKind::comment:
        return theme_.comment;
      case WordKind::number:
        return theme_.number;
      case WordKind::punctuation:
        return theme_.text_secondary;
      case WordKind::plain:
        break;
    }
    return theme_.text;
  }

  // --- events ---

  void draw_events() {
    float y = area_.y0 + px(head_height);
    const std::size_t count = std::min(line_count(), focus_.lines.size());
    float time_width = px(24);
    for (std::size_t i = 0; i < count; ++i) {
      time_width = std::max(time_width, p_.text_width(p_.fonts().mono, time_of(focus_.lines[i])));
    }
    for (std::size_t i = 0; i < count; ++i) {
      draw_event(focus_.lines[i], time_width, y);
      y += px(line_height);
    }
    if (focus_.lines.empty()) {
      p_.text(p_.fonts().small, area_.x0 + px(28), y, theme_.text_faint, "does nothing");
    }
  }

  std::string time_of(const FocusLine& line) const {
    const auto time = static_cast<double>(session_.trace().time(line.event));
    return session_.format().number_of_row(time, session_.view.span(), focus_.least_distance);
  }

  void draw_event(const FocusLine& line, float time_width, float y) {
    const Color mark = line.is_error ? theme_.error : color_;
    if (line.is_current) draw_current_ground(y - px(1), mark);
    const std::string time = time_of(line);
    const float right = area_.x0 + px(20) + time_width;
    p_.text(p_.fonts().mono, right - p_.text_width(p_.fonts().mono, time), y,
            line.is_current ? theme_.text : theme_.text_faint, time);
    const float place_width = p_.text_width(p_.fonts().tiny, line.place);
    const float x = right + px(14), room = area_.x1 - place_width - px(28) - x;
    const Color color = line.is_error     ? theme_.error
                        : line.is_future  ? theme_.text_faint
                        : line.is_current ? theme_.text
                                          : theme_.text_secondary;
    p_.text_fit(p_.fonts().small, x, y + px(1), room, color, line.sentence);
    p_.text(p_.fonts().tiny, area_.x1 - place_width - px(16), y + px(1.5f), theme_.text_faint,
            line.place);
  }

  void draw_status() {
    const float y = area_.y1 - px(31);
    p_.line({area_.x0 + px(16), y - px(4)}, {area_.x1 - px(16), y - px(4)}, theme_.line, 1);
    p_.circle({area_.x0 + px(22), y + px(11)}, px(3.5f), color_);
    const Color color = focus_.tone == Tone::error  ? theme_.error
                        : focus_.tone == Tone::gone ? theme_.text_faint
                                                    : theme_.text_secondary;
    p_.text_fit(p_.fonts().small, area_.x0 + px(34), y + px(3), area_.width() - px(50), color,
                focus_.status);
  }

  Ui& ui_;
  Painter& p_;
  const Theme& theme_;
  const Session& session_;
  const ActorFocus& focus_;
  Rect area_;
  Color color_;
  std::optional<PlaceInfo> place_;  ///< In the kernel tree where that has it.
  const std::vector<std::string>* source_ = nullptr;
};

}  // namespace

void draw_actors(Ui& ui, Session& session, SourceFiles& files, const Rect& area) {
  Painter& p = ui.paint;
  p.fill(area, p.theme().panel);
  p.line({area.x0, area.y0}, {area.x1, area.y0}, p.theme().line_strong, 1);
  FocusOptions options;
  options.actor_count = static_cast<std::size_t>(std::clamp(area.width() / p.px(400), 1.0f, 3.0f));
  const float room = area.height() - p.px(head_height + status_height);
  options.line_count = static_cast<std::size_t>(std::max(1.0f, room / p.px(line_height)));
  const std::vector<ActorFocus> actors = focus_actors(session, options);
  const float width = area.width() / static_cast<float>(std::max<std::size_t>(1, actors.size()));
  for (std::size_t i = 0; i < actors.size(); ++i) {
    const float x = area.x0 + width * static_cast<float>(i);
    if (i > 0) p.line({x, area.y0}, {x, area.y1}, p.theme().line, 1);
    ActorPanel(ui, session, files, actors[i], {x, area.y0 + 1, x + width, area.y1}).draw();
  }
}

}  // namespace rcuscope::gui
