// SPDX-License-Identifier: LGPL-2.1-or-later
// The right panel: the world at the playhead as list, cards and chips, and the legend.
#include <algorithm>
#include <string>

#include "panels/inspector_room.h"
#include "panels/panels.h"
#include "trace/words.h"

namespace rcuscope::gui {
namespace {

constexpr float legend_height = 66;
/// A list and a card.
constexpr float objects_height_min = 150;
constexpr float padding = 16;

class InspectorPanel {
 public:
  InspectorPanel(Ui& ui, Session& session, const Rect& area)
      : ui_(ui),
        p_(ui.paint),
        theme_(ui.paint.theme()),
        session_(session),
        area_(area),
        left_(area.x0 + p_.px(padding)),
        right_(area.x1 - p_.px(padding)) {}

  void draw() {
    p_.fill(area_, theme_.panel);
    p_.line({area_.x0, area_.y0}, {area_.x0, area_.y1}, theme_.line_strong, 1);
    const StatePicture& picture = session_.picture();
    const std::vector<std::string> finding = finding_lines(p_, session_, area_.width());
    const InspectorRoom room = share_room(area_.height(), {.objects = least_height(picture),
                                                           .rcu = rcu_height(picture),
                                                           .finding = finding_height(p_, finding),
                                                           .legend = px(legend_height),
                                                           .objects_min = px(objects_height_min)});
    const float objects_end = area_.y0 + room.objects, finding_y = objects_end + room.rcu;
    draw_objects(picture, {area_.x0, area_.y0, area_.x1, objects_end}, room.rcu == 0);
    const float rcu_y = std::min(objects_end, area_.y0 + session_.inspector_height_px);
    if (room.rcu > 0) draw_rcu(picture, rcu_y);
    const float legend_y = finding_y + room.finding;
    if (room.finding > 0) {
      draw_finding(ui_, session_, {area_.x0, finding_y, area_.x1, legend_y}, finding);
    }
    if (room.legend > 0) draw_legend(legend_y);
  }

 private:
  float px(float length) const { return p_.px(length); }

  /// Scrolls as one piece when it is higher than its room.
  void draw_objects(const StatePicture& picture, const Rect& room, bool has_rcu) {
    session_.inspector_scroll_px =
        std::clamp(session_.inspector_scroll_px, 0.0f,
                   std::max(0.0f, session_.inspector_height_px - room.height()));
    p_.push_clip(room);
    Rect area = room;
    area.y0 -= session_.inspector_scroll_px;
    float y = area.y0 + draw_range(ui_, session_, area);
    y += draw_selection(ui_, session_, {area.x0, y, area.x1, area.y1});
    make_room(picture, room.height() - (y - area.y0) - (has_rcu ? rcu_height(picture) : 0));
    for (const ListChain& list : picture.lists) y = draw_list(list, y);
    // Before the first event of an object there is nothing to say.
    if (picture.lists.empty() && !picture.cards.empty()) y = draw_heading("Objects", "", y);
    for (std::size_t i = 0; i < picture.cards.size(); ++i) {
      y = draw_card(picture.cards[i], i < dense_.size() && dense_[i], y);
    }
    if (has_rcu) y = draw_rcu(picture, y);
    session_.inspector_height_px = y - area.y0;
    p_.pop_clip();
    // After the contents, so that their buttons are hit first.
    const Response response = ui_.interact("inspector", room);
    if (response.is_hovered) session_.inspector_scroll_px -= current_mouse().wheel * px(40);
    draw_scroll_bar(room);
  }

  void draw_scroll_bar(const Rect& room) {
    if (session_.inspector_height_px <= room.height()) return;
    const float top =
        room.y0 + room.height() * session_.inspector_scroll_px / session_.inspector_height_px;
    p_.fill({room.x1 - px(6), top, room.x1 - px(2),
             std::min(room.y1, top + room.height() * room.height() / session_.inspector_height_px)},
            fade(theme_.text_faint, 0.5f), px(2));
  }

  // --- heights ---

  /// Cards with nothing to say shrink to one line, the last first, until everything fits.
  void make_room(const StatePicture& picture, float room) {
    dense_.assign(picture.cards.size(), false);
    float missing = lists_height(picture) - room;
    for (const ObjectCard& card : picture.cards) missing += card_height(card, false) + px(7);
    for (std::size_t i = picture.cards.size(); i-- > 0 && missing > 0;) {
      if (!is_quiet(picture.cards[i])) continue;
      dense_[i] = true;
      missing -= card_height(picture.cards[i], false) - card_height(picture.cards[i], true);
    }
  }

  float least_height(const StatePicture& picture) const {
    float height = lists_height(picture);
    for (const ObjectCard& card : picture.cards)
      height += card_height(card, is_quiet(card)) + px(7);
    return height;
  }

  float lists_height(const StatePicture& picture) const {
    if (picture.lists.empty()) return picture.cards.empty() ? 0 : px(44);
    return px(74) * static_cast<float>(picture.lists.size());
  }

  float rcu_height(const StatePicture& picture) const {
    const std::size_t per_row = chips_per_row(picture);
    const auto chip_rows = static_cast<float>((picture.chips.size() + per_row - 1) / per_row);
    return px(41) + chip_rows * px(42) + px(20) * static_cast<float>(picture.locks.size());
  }

  static bool is_quiet(const ObjectCard& card) {
    return card.tone == Tone::good || card.tone == Tone::gone || card.tone == Tone::plain;
  }

  float card_height(const ObjectCard& card, bool is_dense) const {
    if (is_dense) return px(34);
    float height = 54;
    if (!card.next.empty() || !card.previous.empty()) height += 19;
    if (!card.held_by.empty()) height += 18;
    return px(height);
  }

  // --- lists ---

  float draw_heading(std::string_view title, std::string_view pill, float y) {
    const float pill_width = pill.empty() ? 0 : p_.text_width(p_.fonts().tiny, pill) + px(14);
    p_.text_fit(p_.fonts().bold, left_, y + px(14), right_ - left_ - pill_width - px(8),
                theme_.text, title);
    if (!pill.empty()) {
      p_.pill(right_ - pill_width, y + px(12), theme_.raised, theme_.text_secondary, pill);
    }
    return y + px(44);
  }

  float draw_list(const ListChain& list, float y) {
    std::string title = list.title.empty() ? "list" : list.title;
    if (title[0] >= 'a' && title[0] <= 'z') title[0] = static_cast<char>(title[0] - 'a' + 'A');
    y = draw_heading(title, "RCU list", y);
    float x = left_;
    draw_link("head", false, x, y);
    for (const std::string& entry : list.entries) {
      draw_pointer(entry, x, y);
      draw_link(entry, true, x, y);
    }
    draw_pointer("head", x, y);
    draw_link("head", false, x, y);
    return y + px(30);
  }

  void draw_link(const std::string& text, bool is_entry, float& x, float y) {
    const std::string shown = p_.fitted(p_.fonts().tiny, text, right_ - left_ - px(12));
    const float width = p_.text_width(p_.fonts().tiny, shown) + px(12);
    p_.stroke({x, y, x + width, y + px(20)}, is_entry ? theme_.linked : theme_.line_strong, px(4));
    p_.text(p_.fonts().tiny, x + px(6), y + px(4), is_entry ? theme_.text : theme_.text_secondary,
            shown);
    x += width;
  }

  /// The arrow before `next`, on a new line if that does not fit on this one.
  void draw_pointer(const std::string& next, float& x, float& y) {
    const float width = p_.text_width(p_.fonts().tiny, next) + px(12 + 20);
    if (x + width > right_) {
      x = left_;
      y += px(26);
    }
    const float middle = y + px(10);
    p_.line({x + px(3), middle}, {x + px(13), middle}, theme_.text_faint, px(1.3f));
    p_.triangle({x + px(17), middle}, {x + px(12), middle - px(3)}, {x + px(12), middle + px(3)},
                theme_.text_faint);
    x += px(20);
  }

  // --- cards ---

  float draw_card(const ObjectCard& card, bool is_dense, float y) {
    const Rect rect{left_, y, right_, y + card_height(card, is_dense)};
    const Color color = tone_color(theme_, card.tone);
    p_.fill(rect, theme_.card, px(7));
    p_.stroke(rect, is_quiet(card) ? theme_.card_line : fade(color, 0.75f), px(7),
              is_quiet(card) ? 1 : px(1.3f));
    const float x = rect.x0 + px(12);
    const float refs_x = draw_references(card, rect, color);
    draw_title(card, is_dense, x, rect.y0 + px(9), refs_x - x - px(10));
    if (is_dense) return rect.y1 + px(7);
    p_.circle({x + px(4), rect.y0 + px(39)}, px(4), color);
    p_.text_fit(p_.fonts().small, x + px(14), rect.y0 + px(31), rect.x1 - x - px(26), color,
                card.state);
    draw_details(card, x, rect.y0 + px(51));
    return rect.y1 + px(7);
  }

  void draw_title(const ObjectCard& card, bool is_dense, float x, float y, float room) {
    if (is_dense) {
      p_.circle({x + px(4), y + px(8)}, px(4), tone_color(theme_, card.tone));
      x += px(14);
      room -= px(14);
    }
    const Color color = card.tone == Tone::gone ? theme_.text_faint : theme_.text;
    const float width = p_.text_fit(p_.fonts().mono_bold, x, y, room, color, card.title);
    if (card.is_struck)
      p_.line({x, y + px(8)}, {x + width, y + px(8)}, fade(color, 0.8f), px(1.2f));
  }

  /// Return: the x where it begins.
  float draw_references(const ObjectCard& card, const Rect& rect, Color color) {
    float x = rect.x1 - px(12);
    if (!card.references) return x;
    const float y = rect.y0 + px(9);
    const std::int64_t count = *card.references;
    const std::string number = std::to_string(count);
    x -= p_.text_width(p_.fonts().mono_bold, number);
    p_.text(p_.fonts().mono_bold, x, y, count != 0 ? theme_.text : theme_.text_faint, number);
    x -= px(12);
    constexpr std::int64_t dot_count_max = 6;
    if (card.references_max <= dot_count_max) {
      for (std::int64_t i = std::max<std::int64_t>(card.references_max, 1); i-- > 0; x -= px(11)) {
        if (i < count) {
          p_.circle({x, y + px(8)}, px(4), color);
        } else {
          p_.ring({x, y + px(8)}, px(3.6f), theme_.line_strong, px(1.3f));
        }
      }
    }
    x -= p_.text_width(p_.fonts().tiny, "refs");
    p_.text(p_.fonts().tiny, x, y + px(2), theme_.text_faint, "refs");
    return x;
  }

  void draw_details(const ObjectCard& card, float x, float y) {
    const Face& tiny = p_.fonts().tiny;
    if (!card.next.empty() || !card.previous.empty()) {
      p_.text(tiny, x, y, theme_.text_faint, "next");
      p_.text_fit(tiny, x + px(28), y, px(92), theme_.text_secondary, card.next);
      p_.text(tiny, x + px(124), y, theme_.text_faint, "prev");
      p_.text_fit(tiny, x + px(152), y, right_ - x - px(164), theme_.text_secondary, card.previous);
      y += px(17);
    }
    if (card.held_by.empty()) return;
    p_.text(tiny, x, y, theme_.text_faint, card.held_label);
    const float label = p_.text_width(tiny, card.held_label) + px(8);
    const Color color = card.tone == Tone::error ? theme_.error : theme_.reader;
    p_.text_fit(tiny, x + label, y, right_ - x - label - px(12), color, card.held_by);
  }

  // --- grace periods and locks ---

  float draw_rcu(const StatePicture& picture, float y) {
    ui_.widgets.add("rcu", {area_.x0, y, area_.x1, y + rcu_height(picture)});
    y += px(6);
    p_.line({area_.x0, y}, {area_.x1, y}, theme_.line, 1);
    y += px(10);
    p_.text(p_.fonts().bold, left_, y, theme_.text, "RCU");
    const Color color = picture.rcu_tone == Tone::waiting ? theme_.grace_period : theme_.text_faint;
    p_.text(p_.fonts().small, right_ - p_.text_width(p_.fonts().small, picture.rcu_line), y + px(2),
            color, picture.rcu_line);
    y += px(25);
    const std::size_t per_row = chips_per_row(picture);
    const auto columns = static_cast<float>(per_row);
    const float width = (right_ - left_ - px(6) * (columns - 1)) / columns;
    for (std::size_t i = 0; i < picture.chips.size(); ++i) {
      const float x = left_ + static_cast<float>(i % per_row) * (width + px(6));
      const float top = y + static_cast<float>(i / per_row) * px(42);
      draw_chip(picture.chips[i], {x, top, x + width, top + px(36)});
    }
    y += static_cast<float>((picture.chips.size() + per_row - 1) / per_row) * px(42);
    return draw_locks(picture, y);
  }

  /// CPUs are short, names of actors are not.
  std::size_t chips_per_row(const StatePicture& picture) const {
    for (const CpuChip& chip : picture.chips) {
      if (p_.text_width(p_.fonts().tiny, chip.title) > px(58)) return 2;
    }
    return 4;
  }

  void draw_chip(const CpuChip& chip, const Rect& rect) {
    const bool is_waited_for = chip.tone == Tone::reader;
    p_.fill(rect, is_waited_for ? fade(theme_.reader, 0.16f) : theme_.card, px(5));
    p_.stroke(rect, is_waited_for ? theme_.reader : theme_.line_strong, px(5));
    const float room = rect.width() - px(14);
    p_.text_fit(p_.fonts().tiny, rect.x0 + px(8), rect.y0 + px(4), room, theme_.text, chip.title);
    p_.text_fit(p_.fonts().tiny, rect.x0 + px(8), rect.y0 + px(19), room,
                is_waited_for ? theme_.reader : theme_.text_faint, chip.state);
  }

  float draw_locks(const StatePicture& picture, float y) {
    for (const std::string& lock : picture.locks) {
      const Rect box{left_, y + px(4), left_ + px(10), y + px(14)};
      p_.fill(box, fade(theme_.mutex, 0.25f), px(3));
      p_.stroke(box, theme_.mutex, px(3));
      p_.text_fit(p_.fonts().tiny, left_ + px(17), y + px(2), right_ - left_ - px(17),
                  theme_.text_secondary, lock);
      y += px(20);
    }
    return y;
  }

  // --- legend ---

  void draw_legend(float y) {
    p_.line({area_.x0, y}, {area_.x1, y}, theme_.line, 1);
    const float row1 = y + px(10), row2 = y + px(34);
    draw_sample(0, row1, theme_.reader, false, legend::waited_for);
    draw_sample(138, row1, theme_.reader_later, false, legend::later_reader);
    draw_sample(0, row2, theme_.grace_period, true, legend::grace_period);
    draw_sample(138, row2, theme_.callback, false, legend::callback);
    draw_sample(226, row2, theme_.mutex, true, legend::lock);
    const float x = left_ + px(226);
    p_.diamond({x + px(6), row1 + px(8)}, px(6), theme_.release, theme_.release);
    p_.text(p_.fonts().tiny, x + px(17), row1 + px(1), theme_.text_secondary, legend::put);
  }

  void draw_sample(float x, float y, Color color, bool is_outlined, std::string_view text) {
    const Rect box{left_ + px(x), y + px(3), left_ + px(x + 12), y + px(13)};
    p_.fill(box, is_outlined ? fade(color, 0.25f) : color, px(3));
    if (is_outlined) p_.stroke(box, color, px(3));
    p_.text(p_.fonts().tiny, box.x0 + px(17), y + px(1), theme_.text_secondary, text);
  }

  Ui& ui_;
  Painter& p_;
  const Theme& theme_;
  Session& session_;
  Rect area_;
  float left_, right_;
  std::vector<bool> dense_;  ///< By card.
};

}  // namespace

Color tone_color(const Theme& theme, Tone tone) {
  switch (tone) {
    case Tone::plain:
      return theme.neutral;
    case Tone::good:
      return theme.linked;
    case Tone::waiting:
      return theme.grace_period;
    case Tone::error:
      return theme.error;
    case Tone::gone:
      return theme.freed;
    case Tone::reader:
      return theme.reader;
  }
  return theme.neutral;
}

void draw_inspector(Ui& ui, Session& session, const Rect& area) {
  InspectorPanel(ui, session, area).draw();
}

}  // namespace rcuscope::gui
