// SPDX-License-Identifier: LGPL-2.1-or-later
// Controls: buttons, choices, text fields and scrolling, as the session pages use them.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "session/workbench.h"
#include "trace/state_picture.h"
#include "ui.h"

namespace rcuscope::gui {

enum class ButtonLook : std::uint8_t { primary, plain };

/// Return: clicked. One that is not enabled is pale and does nothing.
bool push_button(Ui& ui, const std::string& name, const Rect& rect, std::string_view text,
                 ButtonLook look, bool is_enabled = true);
/// What its text needs.
float push_button_width(const Painter& painter, std::string_view text);

/// Segments side by side, of which one is chosen; narrower where they would not fit left of
/// `right`. Return: the one that was clicked, or -1.
int segments(Ui& ui, const std::string& name, Point at, float right,
             const std::vector<std::string>& texts, int chosen);
inline constexpr float segments_height = 30;

/// One line of text with a caret; a click gives it the focus.
void draw_text_field(Ui& ui, const std::string& name, const Rect& box, TextField& field,
                     std::string_view hint);

/// What a verdict is, by shape as well as colour: a disc is good, a diamond a defect, a ring with a
/// dot undecided, a faint ring not known yet.
void draw_outcome(Painter& painter, Point center, Tone tone);

/// Contents that may be higher than their area: clips, and draws a bar where they are.
class ScrollArea {
 public:
  /// `scroll_px` follows the wheel over the area.
  ScrollArea(Ui& ui, const std::string& name, const Rect& area, float& scroll_px);
  /// `bottom`: where the contents end, as they were drawn.
  void finish(float bottom);
  /// Where the contents begin.
  float top() const { return area_.y0 - scroll_px_; }
  bool shows(float y0, float y1) const { return y1 > area_.y0 && y0 < area_.y1; }
  /// The part that can be seen, and clicked.
  Rect visible(const Rect& rect) const { return rect.intersect(area_); }

 private:
  Ui& ui_;
  Rect area_;
  float& scroll_px_;
};

/// Lines of wrapped text. Return: where they end.
float draw_wrapped(Painter& painter, const Face& face, float line_height, const Rect& room,
                   Color color, std::string_view text, std::size_t line_count_max = 100);

}  // namespace rcuscope::gui
