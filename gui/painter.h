// SPDX-License-Identifier: LGPL-2.1-or-later
// Painter: the few shapes that the viewer is made of, in pixels, on a Dear ImGui draw list.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "fonts.h"
#include "geometry.h"
#include "theme.h"

struct ImDrawList;

namespace rcuscope::gui {

struct ColoredRect {
  Rect rect;
  Color color;
};

class Painter {
 public:
  Painter(ImDrawList* list, const Theme& theme, const Fonts& fonts, float scale)
      : list_(list), theme_(theme), fonts_(fonts), scale_(scale) {}

  const Theme& theme() const { return theme_; }
  const Fonts& fonts() const { return fonts_; }
  float scale() const { return scale_; }
  /// A design length in framebuffer pixels.
  float px(float length) const { return length * scale_; }

  void fill(const Rect& rect, Color color, float radius = 0);
  /// Plain fill without rounding or anti-aliasing: for bars of a few pixels.
  void fill_plain(const Rect& rect, Color color);
  /// Plain fills in any number, at the least cost.
  void fill_all(std::span<const ColoredRect> rects);
  /// Plain, but for the four corner pixels: looks rounded where it is small.
  void fill_soft(const Rect& rect, Color color);
  void stroke(const Rect& rect, Color color, float radius = 0, float width = 1);
  void stroke_plain(const Rect& rect, Color color, float width);
  void line(Point from, Point to, Color color, float width = 1);
  void dashed_line(Point from, Point to, Color color);
  void circle(Point center, float radius, Color color);
  void ring(Point center, float radius, Color color, float width);
  void triangle(Point a, Point b, Point c, Color color);
  void diamond(Point center, float radius, Color inside, Color outline);
  void diamond_plain(Point center, float radius, Color color);
  void curve(Point from, Point from_control, Point to_control, Point to, Color color, float width);
  void hatch(const Rect& rect, Color color, float distance, float width);

  void push_clip(const Rect& rect);
  void pop_clip();

  float text_width(const Face& face, std::string_view text) const;
  /// Draws at the top left corner. Return: the width.
  float text(const Face& face, float x, float y, Color color, std::string_view text);
  /// Centred vertically between y0 and y1.
  float text_between(const Face& face, float x, float y0, float y1, Color color,
                     std::string_view text);
  /// The text, or as much as fits with an ellipsis, or nothing.
  std::string fitted(const Face& face, std::string_view text, float width) const;
  float text_fit(const Face& face, float x, float y, float width, Color color,
                 std::string_view text);
  /// A word in a rounded plate. Return: the width.
  float pill(float x, float y, Color background, Color color, std::string_view text);

 private:
  ImDrawList* list_;
  const Theme& theme_;
  const Fonts& fonts_;
  float scale_;
};

}  // namespace rcuscope::gui
