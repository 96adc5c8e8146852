// SPDX-License-Identifier: LGPL-2.1-or-later
// Triangles by edge functions at pixel centres with the top-left rule; rectangles by a fast path.
#include "raster.h"

#include <imgui.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace rcuscope::gui {
namespace {

struct Bounds {
  int x0, y0, x1, y1;
};

struct Rgba {
  unsigned red, green, blue, alpha;
};

Rgba unpack(ImU32 color) { return {color & 255, color >> 8 & 255, color >> 16 & 255, color >> 24}; }

/// x / 255 for all x up to 255 * 255 + 127.
unsigned by_255(unsigned x) { return (x + 1 + (x >> 8)) >> 8; }

void blend(std::uint8_t* pixel, const Rgba& color) {
  const unsigned rest = 255 - color.alpha;
  pixel[0] = static_cast<std::uint8_t>(by_255(color.red * color.alpha + pixel[0] * rest + 127));
  pixel[1] = static_cast<std::uint8_t>(by_255(color.green * color.alpha + pixel[1] * rest + 127));
  pixel[2] = static_cast<std::uint8_t>(by_255(color.blue * color.alpha + pixel[2] * rest + 127));
}

/// Blends one colour over `count` pixels, as blend() does for one.
void blend_row(std::uint8_t* out, std::size_t count, const Rgba& color) {
  if (color.alpha == 255) {
    const std::array<std::uint8_t, 4> pixel = {static_cast<std::uint8_t>(color.red),
                                               static_cast<std::uint8_t>(color.green),
                                               static_cast<std::uint8_t>(color.blue), 255};
    for (std::size_t i = 0; i < count; ++i) std::memcpy(out + 4 * i, pixel.data(), 4);
    return;
  }
  const unsigned rest = 255 - color.alpha;
  // The fourth channel stays 255: 255 * alpha + 255 * rest.
  const std::array<unsigned, 4> added = {color.red * color.alpha + 127,
                                         color.green * color.alpha + 127,
                                         color.blue * color.alpha + 127, 255 * color.alpha + 127};
  for (std::size_t i = 0; i < 4 * count; i += 4) {
    for (std::size_t k = 0; k < 4; ++k) {
      out[i + k] = static_cast<std::uint8_t>(by_255(added[k] + out[i + k] * rest));
    }
  }
}

class Rasterizer {
 public:
  Rasterizer(const GlyphAtlas& atlas, Image& image) : atlas_(atlas), image_(image) {}

  void draw(const ImDrawList& list, const ImDrawCmd& command, ImVec2 origin);

 private:
  std::uint8_t* pixel(int x, int y) {
    return &image_.rgba[(static_cast<std::size_t>(y) * static_cast<std::size_t>(image_.width) +
                         static_cast<std::size_t>(x)) *
                        4];
  }
  unsigned sample(float u, float v) const;
  bool try_rectangle(const ImDrawVert* vertices, const ImDrawIdx* indices, const Bounds& clip);
  void fill_row(int y, const Bounds& box, const ImDrawVert& first, const ImDrawVert& last);
  void triangle(const ImDrawVert& a, const ImDrawVert& b, const ImDrawVert& c, const Bounds& clip);

  const GlyphAtlas& atlas_;
  Image& image_;
};

/// Bilinear, clamped at the border: what GL does with the atlas.
unsigned Rasterizer::sample(float u, float v) const {
  const float x = u * static_cast<float>(atlas_.width) - 0.5f;
  const float y = v * static_cast<float>(atlas_.height) - 0.5f;
  const float left = std::floor(x), top = std::floor(y);
  const float fx = x - left, fy = y - top;
  const auto texel = [this](int tx, int ty) {
    tx = std::clamp(tx, 0, atlas_.width - 1);
    ty = std::clamp(ty, 0, atlas_.height - 1);
    return static_cast<float>(
        atlas_.coverage[static_cast<std::size_t>(ty) * static_cast<std::size_t>(atlas_.width) +
                        static_cast<std::size_t>(tx)]);
  };
  const int ix = static_cast<int>(left), iy = static_cast<int>(top);
  const float upper = texel(ix, iy) * (1 - fx) + texel(ix + 1, iy) * fx;
  const float lower = texel(ix, iy + 1) * (1 - fx) + texel(ix + 1, iy + 1) * fx;
  return static_cast<unsigned>(upper * (1 - fy) + lower * fy + 0.5f);
}

void Rasterizer::fill_row(int y, const Bounds& box, const ImDrawVert& first,
                          const ImDrawVert& last) {
  const Rgba color = unpack(first.col);
  std::uint8_t* out = pixel(box.x0, y);
  if (first.uv.x == last.uv.x && first.uv.y == last.uv.y) {
    return blend_row(out, static_cast<std::size_t>(box.x1 - box.x0), color);
  }
  const float du = (last.uv.x - first.uv.x) / (last.pos.x - first.pos.x);
  const float dv = (last.uv.y - first.uv.y) / (last.pos.y - first.pos.y);
  const float v = first.uv.y + (static_cast<float>(y) + 0.5f - first.pos.y) * dv;
  for (int x = box.x0; x < box.x1; ++x, out += 4) {
    const float u = first.uv.x + (static_cast<float>(x) + 0.5f - first.pos.x) * du;
    Rgba covered = color;
    covered.alpha = color.alpha * sample(u, v) / 255;
    if (covered.alpha != 0) blend(out, covered);
  }
}

/// Two triangles a b c, a c d that form an upright rectangle of one colour: glyphs and plain fills.
bool Rasterizer::try_rectangle(const ImDrawVert* vertices, const ImDrawIdx* indices,
                               const Bounds& clip) {
  if (indices[3] != indices[0] || indices[4] != indices[2]) return false;
  const ImDrawVert &a = vertices[indices[0]], &b = vertices[indices[1]], &c = vertices[indices[2]],
                   &d = vertices[indices[5]];
  const bool is_upright = a.pos.y == b.pos.y && b.pos.x == c.pos.x && c.pos.y == d.pos.y &&
                          d.pos.x == a.pos.x && a.pos.x <= c.pos.x && a.pos.y <= c.pos.y;
  if (!is_upright || a.col != b.col || a.col != c.col || a.col != d.col) return false;
  const auto edge = [](float value) { return static_cast<int>(std::ceil(value - 0.5f)); };
  const Bounds box{std::max(clip.x0, edge(a.pos.x)), std::max(clip.y0, edge(a.pos.y)),
                   std::min(clip.x1, edge(c.pos.x)), std::min(clip.y1, edge(c.pos.y))};
  if (a.col >> 24 == 0 || box.x0 >= box.x1) return true;
  for (int y = box.y0; y < box.y1; ++y) fill_row(y, box, a, c);
  return true;
}

float cross(ImVec2 p, ImVec2 q, float x, float y) {
  return (q.x - p.x) * (y - p.y) - (q.y - p.y) * (x - p.x);
}

bool is_top_left(ImVec2 p, ImVec2 q) { return (p.y == q.y && q.x > p.x) || q.y < p.y; }

void Rasterizer::triangle(const ImDrawVert& a, const ImDrawVert& b_in, const ImDrawVert& c_in,
                          const Bounds& clip) {
  const float area = cross(a.pos, b_in.pos, c_in.pos.x, c_in.pos.y);
  if (area == 0) return;
  const ImDrawVert& b = area > 0 ? b_in : c_in;
  const ImDrawVert& c = area > 0 ? c_in : b_in;
  const float scale = 1 / std::fabs(area);
  const auto low = [](float p, float q, float r) {
    return static_cast<int>(std::floor(std::min({p, q, r})));
  };
  const auto high = [](float p, float q, float r) {
    return static_cast<int>(std::ceil(std::max({p, q, r})));
  };
  const Bounds box{std::max(clip.x0, low(a.pos.x, b.pos.x, c.pos.x)),
                   std::max(clip.y0, low(a.pos.y, b.pos.y, c.pos.y)),
                   std::min(clip.x1, high(a.pos.x, b.pos.x, c.pos.x)),
                   std::min(clip.y1, high(a.pos.y, b.pos.y, c.pos.y))};
  const std::array<bool, 3> owns_edge = {is_top_left(b.pos, c.pos), is_top_left(c.pos, a.pos),
                                         is_top_left(a.pos, b.pos)};
  const Rgba ca = unpack(a.col), cb = unpack(b.col), cc = unpack(c.col);
  const bool is_plain =
      a.uv.x == b.uv.x && a.uv.y == b.uv.y && a.uv.x == c.uv.x && a.uv.y == c.uv.y;
  for (int y = box.y0; y < box.y1; ++y) {
    for (int x = box.x0; x < box.x1; ++x) {
      const float px = static_cast<float>(x) + 0.5f, py = static_cast<float>(y) + 0.5f;
      const std::array<float, 3> e = {cross(b.pos, c.pos, px, py), cross(c.pos, a.pos, px, py),
                                      cross(a.pos, b.pos, px, py)};
      bool is_inside = true;
      for (std::size_t i = 0; i < 3; ++i) is_inside &= e[i] > 0 || (e[i] == 0 && owns_edge[i]);
      if (!is_inside) continue;
      const float wa = e[0] * scale, wb = e[1] * scale, wc = e[2] * scale;
      const auto mix = [&](unsigned p, unsigned q, unsigned r) {
        return std::min(
            255u, static_cast<unsigned>(wa * static_cast<float>(p) + wb * static_cast<float>(q) +
                                        wc * static_cast<float>(r) + 0.5f));
      };
      Rgba color{mix(ca.red, cb.red, cc.red), mix(ca.green, cb.green, cc.green),
                 mix(ca.blue, cb.blue, cc.blue), mix(ca.alpha, cb.alpha, cc.alpha)};
      if (!is_plain) {
        color.alpha = color.alpha *
                      sample(wa * a.uv.x + wb * b.uv.x + wc * c.uv.x,
                             wa * a.uv.y + wb * b.uv.y + wc * c.uv.y) /
                      255;
      }
      if (color.alpha != 0) blend(pixel(x, y), color);
    }
  }
}

void Rasterizer::draw(const ImDrawList& list, const ImDrawCmd& command, ImVec2 origin) {
  const Bounds clip{std::max(0, static_cast<int>(command.ClipRect.x - origin.x)),
                    std::max(0, static_cast<int>(command.ClipRect.y - origin.y)),
                    std::min(image_.width, static_cast<int>(command.ClipRect.z - origin.x)),
                    std::min(image_.height, static_cast<int>(command.ClipRect.w - origin.y))};
  const ImDrawVert* vertices = list.VtxBuffer.Data + command.VtxOffset;
  const ImDrawIdx* indices = list.IdxBuffer.Data + command.IdxOffset;
  for (unsigned i = 0; i + 2 < command.ElemCount;) {
    if (i + 5 < command.ElemCount && try_rectangle(vertices, indices + i, clip)) {
      i += 6;
      continue;
    }
    triangle(vertices[indices[i]], vertices[indices[i + 1]], vertices[indices[i + 2]], clip);
    i += 3;
  }
}

}  // namespace

void rasterize(const ImDrawData& draw_data, const GlyphAtlas& atlas, Image& image) {
  image.rgba.resize(static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height) *
                    4);
  blend_row(image.rgba.data(), image.rgba.size() / 4, {0, 0, 0, 255});
  Rasterizer rasterizer(atlas, image);
  for (int n = 0; n < draw_data.CmdListsCount; ++n) {
    const ImDrawList& list = *draw_data.CmdLists[n];
    for (const ImDrawCmd& command : list.CmdBuffer) {
      if (command.UserCallback == nullptr) rasterizer.draw(list, command, draw_data.DisplayPos);
    }
  }
}

}  // namespace rcuscope::gui
