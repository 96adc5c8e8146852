// SPDX-License-Identifier: LGPL-2.1-or-later
// Ui: what a panel needs to draw itself and to be clicked, and the register of named widgets.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "geometry.h"
#include "painter.h"

namespace rcuscope::gui {

/// Where each widget of the last frame stands, by name: what scripts and tests aim at.
class Widgets {
 public:
  void clear() {
    rects_.clear();
    clicked_.clear();
  }
  void add(const std::string& name, const Rect& rect) { rects_[name] = rect; }
  const Rect* find(const std::string& name) const;
  /// All names, for messages.
  std::string names() const;
  /// The one that was clicked in this frame, or "".
  const std::string& clicked() const { return clicked_; }
  void note_click(const std::string& name) { clicked_ = name; }

 private:
  std::string clicked_;
  std::map<std::string, Rect> rects_;
};

/// What the mouse does to one widget in this frame.
struct Response {
  bool is_hovered = false;
  bool is_active = false;  ///< Pressed and held, even when the pointer has left.
  bool is_clicked = false;
  bool is_pressed = false;  ///< The button went down in this frame.
  bool is_double_clicked = false;
};

struct Ui {
  Painter& paint;
  Widgets& widgets;
  std::string prefix = {};  ///< Of all names: where a panel stands more than once.

  /// An invisible button of that name; the caller draws it.
  Response interact(const std::string& name, const Rect& rect);
};

/// The mouse of this frame, in framebuffer pixels.
struct Mouse {
  Point at;
  Point moved;
  float wheel = 0;
  bool is_ctrl = false;
  bool is_shift = false;
  bool is_middle_down = false;
};
Mouse current_mouse();

/// A button with a text; `is_on` draws it as the chosen segment.
bool text_button(Ui& ui, const std::string& name, const Rect& rect, std::string_view text,
                 bool is_on);

}  // namespace rcuscope::gui
