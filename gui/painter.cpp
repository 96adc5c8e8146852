// SPDX-License-Identifier: LGPL-2.1-or-later
// Shapes as calls of ImDrawList that mean the same in every supported version.
#include "painter.h"

#include <imgui.h>

#include <algorithm>
#include <cfloat>
#include <cmath>

namespace rcuscope::gui {
namespace {

ImVec2 vec(Point p) { return {p.x, p.y}; }

/// Removes the last character of UTF-8 text.
void pop_character(std::string& text) {
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80) {
    text.pop_back();
  }
  if (!text.empty()) text.pop_back();
}

}  // namespace

void Painter::fill(const Rect& r, Color color, float radius) {
  list_->AddRectFilled({r.x0, r.y0}, {r.x1, r.y1}, color, radius);
}

void Painter::fill_plain(const Rect& r, Color color) {
  list_->PrimReserve(6, 4);
  list_->PrimRect({r.x0, r.y0}, {r.x1, r.y1}, color);
}

void Painter::fill_all(std::span<const ColoredRect> rects) {
  // Indices have 16 bits: one reservation must stay below 16384 rectangles.
  constexpr std::size_t batch_size = 8192;
  while (!rects.empty()) {
    const std::span<const ColoredRect> batch = rects.first(std::min(batch_size, rects.size()));
    list_->PrimReserve(static_cast<int>(batch.size()) * 6, static_cast<int>(batch.size()) * 4);
    for (const ColoredRect& r : batch) {
      list_->PrimRect({r.rect.x0, r.rect.y0}, {r.rect.x1, r.rect.y1}, r.color);
    }
    rects = rects.subspan(batch.size());
  }
}

void Painter::fill_soft(const Rect& r, Color color) {
  if (r.width() < 4 || r.height() < 4) return fill_plain(r, color);
  const ColoredRect parts[] = {{{r.x0 + 1, r.y0, r.x1 - 1, r.y0 + 1}, color},
                               {{r.x0, r.y0 + 1, r.x1, r.y1 - 1}, color},
                               {{r.x0 + 1, r.y1 - 1, r.x1 - 1, r.y1}, color}};
  fill_all(parts);
}

void Painter::stroke_plain(const Rect& r, Color color, float width) {
  const float w = std::min({width, r.width() / 2, r.height() / 2});
  const ColoredRect parts[] = {{{r.x0, r.y0, r.x1, r.y0 + w}, color},
                               {{r.x0, r.y1 - w, r.x1, r.y1}, color},
                               {{r.x0, r.y0 + w, r.x0 + w, r.y1 - w}, color},
                               {{r.x1 - w, r.y0 + w, r.x1, r.y1 - w}, color}};
  fill_all(parts);
}

void Painter::diamond_plain(Point c, float r, Color color) {
  const ImVec2 uv = ImGui::GetFontTexUvWhitePixel();
  list_->PrimReserve(6, 4);
  list_->PrimQuadUV({c.x, c.y - r}, {c.x + r, c.y}, {c.x, c.y + r}, {c.x - r, c.y}, uv, uv, uv, uv,
                    color);
}

void Painter::stroke(const Rect& r, Color color, float radius, float width) {
  list_->AddRect({r.x0, r.y0}, {r.x1, r.y1}, color, radius, 0, width);
}

void Painter::line(Point from, Point to, Color color, float width) {
  list_->AddLine(vec(from), vec(to), color, width);
}

void Painter::dashed_line(Point from, Point to, Color color) {
  for (float y = from.y; y < to.y; y += px(7)) {
    line({from.x, y}, {to.x, std::min(to.y, y + px(3.5f))}, color, px(1));
  }
}

void Painter::circle(Point center, float radius, Color color) {
  list_->AddCircleFilled(vec(center), radius, color, 24);
}

void Painter::ring(Point center, float radius, Color color, float width) {
  list_->AddCircle(vec(center), radius, color, 32, width);
}

void Painter::triangle(Point a, Point b, Point c, Color color) {
  list_->AddTriangleFilled(vec(a), vec(b), vec(c), color);
}

void Painter::diamond(Point c, float r, Color inside, Color outline) {
  const ImVec2 top{c.x, c.y - r}, right{c.x + r, c.y}, bottom{c.x, c.y + r}, left{c.x - r, c.y};
  list_->AddQuadFilled(top, right, bottom, left, inside);
  list_->AddQuad(top, right, bottom, left, outline, px(1.3f));
}

void Painter::curve(Point from, Point from_control, Point to_control, Point to, Color color,
                    float width) {
  list_->AddBezierCubic(vec(from), vec(from_control), vec(to_control), vec(to), color, width, 48);
}

void Painter::hatch(const Rect& r, Color color, float distance, float width) {
  push_clip(r);
  for (float x = r.x0 - r.height(); x < r.x1; x += distance) {
    line({x, r.y1}, {x + r.height(), r.y0}, color, width);
  }
  pop_clip();
}

void Painter::push_clip(const Rect& r) {
  // An inverted rectangle would make Dear ImGui assert; an empty one clips everything.
  list_->PushClipRect({r.x0, r.y0}, {std::max(r.x0, r.x1), std::max(r.y0, r.y1)}, true);
}

void Painter::pop_clip() { list_->PopClipRect(); }

float Painter::text_width(const Face& face, std::string_view text) const {
  if (text.empty()) return 0;
  const std::string ascii = fonts_.has_symbols ? std::string() : without_symbols(text);
  const std::string_view shown = fonts_.has_symbols ? text : std::string_view(ascii);
  return face.font
      ->CalcTextSizeA(face.size_px, FLT_MAX, 0, shown.data(), shown.data() + shown.size())
      .x;
}

float Painter::text(const Face& face, float x, float y, Color color, std::string_view text) {
  if (text.empty()) return 0;
  const std::string ascii = fonts_.has_symbols ? std::string() : without_symbols(text);
  const std::string_view shown = fonts_.has_symbols ? text : std::string_view(ascii);
  list_->AddText(face.font, face.size_px, {std::floor(x), std::floor(y)}, color, shown.data(),
                 shown.data() + shown.size());
  return text_width(face, text);
}

float Painter::text_between(const Face& face, float x, float y0, float y1, Color color,
                            std::string_view shown) {
  return text(face, x, std::floor(y0 + (y1 - y0 - face.size_px) / 2), color, shown);
}

std::string Painter::fitted(const Face& face, std::string_view text, float width) const {
  std::string result(text);
  if (text_width(face, result) <= width) return result;
  while (!result.empty() && text_width(face, result + "…") > width) pop_character(result);
  while (!result.empty() && result.back() == ' ') result.pop_back();
  return result.size() < 2 ? std::string() : result + "…";
}

float Painter::text_fit(const Face& face, float x, float y, float width, Color color,
                        std::string_view shown) {
  return text(face, x, y, color, fitted(face, shown, width));
}

float Painter::pill(float x, float y, Color background, Color color, std::string_view shown) {
  const Face& face = fonts_.tiny;
  const float width = text_width(face, shown) + px(14), height = face.size_px + px(6);
  fill({x, y, x + width, y + height}, background, height / 2);
  text(face, x + px(7), y + px(3), color, shown);
  return width;
}

}  // namespace rcuscope::gui
