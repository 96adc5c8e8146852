// SPDX-License-Identifier: LGPL-2.1-or-later
// The glyphs of list operations, references, frees and findings; plain signs where many stand
// close.
#include <algorithm>

#include "timeline/draw_parts.h"

namespace rcuscope::gui {
namespace {

/// Glyphs that stand closer together than this share of their size are drawn as plain signs.
constexpr float plain_glyph_size = 0.75f;
/// And only in a picture that has so many of them that curves would cost too much.
constexpr std::size_t plain_glyph_count = 150;

class MarkPainter {
 public:
  MarkPainter(Painter& painter, const Session& session, const TimelineLayout& layout)
      : p_(painter), theme_(painter.theme()), session_(session), layout_(layout) {}

  void draw() {
    for (const MarkGlyph& glyph : layout_.marks) draw_mark(glyph);
  }

 private:
  const Lanes& lanes() const { return session_.lanes(); }
  float px(float length) const { return p_.px(length); }
  float opacity_at(Timestamp time) const {
    return time > session_.playback.playhead() ? future_opacity : 1.0f;
  }

  void draw_mark(const MarkGlyph& glyph) {
    const Mark& mark = lanes().marks[glyph.mark];
    const float opacity = opacity_at(mark.time);
    const Color color = mark_color(theme_, mark);
    if (glyph.has_stem) draw_stem(glyph, mark, opacity);
    const bool is_crowded = layout_.marks.size() > plain_glyph_count;
    if (is_crowded && glyph.size < plain_glyph_size && glyph.shape != MarkShape::finding) {
      draw_sign(glyph, mark, fade(color, opacity));
      if (glyph.has_label) draw_mark_label(glyph, mark, color, opacity);
      return;
    }
    switch (glyph.shape) {
      case MarkShape::pin:
        break;
      case MarkShape::ring:
        p_.circle(glyph.at, px(8.2f) * glyph.size, theme_.background);
        p_.circle(glyph.at, px(7) * glyph.size, fade(color, opacity));
        p_.circle(glyph.at, px(3) * glyph.size, theme_.background);
        break;
      case MarkShape::diamond:
        draw_diamond(glyph, mark, color, opacity);
        break;
      case MarkShape::crossed:
        draw_crossed(glyph, mark, opacity);
        break;
      case MarkShape::link:
        p_.circle(glyph.at, px(6) * glyph.size, theme_.background);
        p_.ring(glyph.at, px(4.5f) * glyph.size, fade(theme_.neutral, opacity), px(1.5f));
        break;
      case MarkShape::note:
        p_.circle(glyph.at, px(4), theme_.background);
        p_.circle(glyph.at, px(3), fade(color, opacity));
        break;
      case MarkShape::finding:
        draw_finding(glyph, opacity);
        break;
    }
    if (session_.selection == Selection{Selection::Kind::mark, glyph.mark}) {
      p_.ring({glyph.at.x, glyph.shape == MarkShape::pin ? glyph.head_y : glyph.at.y}, px(12),
              theme_.accent, px(2));
    }
    if (glyph.has_label) draw_mark_label(glyph, mark, color, opacity);
  }

  /// A glyph of one or two rectangles, for rows where hundreds stand side by side: the shape still
  /// tells what it is.
  void draw_sign(const MarkGlyph& glyph, const Mark& mark, Color color) {
    const Point c = glyph.at;
    const float r = std::max(1.5f, px(7) * glyph.size);
    const Color ground = fade(theme_.background, 0.8f);
    switch (glyph.shape) {
      case MarkShape::pin:
        return;  // its stem is all
      case MarkShape::diamond:
        p_.diamond_plain(c, r + 1, ground);
        p_.diamond_plain(c, r, color);
        break;
      case MarkShape::crossed: {
        const Color cross = mark.is_error ? color : fade(theme_.freed, 0.9f);
        p_.fill_plain({c.x - r, c.y - r, c.x + r, c.y + r}, ground);
        p_.stroke_plain({c.x - r, c.y - r, c.x + r, c.y + r}, cross, px(1.2f));
        p_.fill_plain({c.x - r / 2, c.y - px(0.7f), c.x + r / 2, c.y + px(0.7f)}, cross);
        break;
      }
      case MarkShape::ring:
        p_.fill_soft({c.x - r, c.y - r, c.x + r, c.y + r}, color);
        p_.fill_plain({c.x - r / 3, c.y - r / 3, c.x + r / 3, c.y + r / 3}, ground);
        break;
      default:
        p_.fill_soft({c.x - r / 2, c.y - r / 2, c.x + r / 2, c.y + r / 2}, color);
    }
  }

  void draw_stem(const MarkGlyph& glyph, const Mark& mark, float opacity) {
    const Row* row = row_of(mark.lane);
    if (row == nullptr) return;
    const bool is_above = glyph.head_y < row->bar.y0;
    const float overhang = px(5);
    if (glyph.shape != MarkShape::pin) {
      const float start = glyph.at.y + px(is_above ? -9.0f : 9.0f) * glyph.size;
      p_.line({glyph.at.x, start}, {glyph.at.x, glyph.head_y}, fade(theme_.text_faint, opacity),
              px(1));
      p_.line({glyph.at.x, glyph.head_y}, {glyph.at.x + px(5), glyph.head_y},
              fade(theme_.text_faint, opacity), px(1));
      return;
    }
    const float y0 = is_above ? glyph.head_y : row->bar.y0 - overhang;
    const float y1 = is_above ? row->bar.y1 + overhang : glyph.head_y;
    p_.line({glyph.at.x, y0}, {glyph.at.x, y1}, fade(theme_.text, opacity), px(1.6f));
    const Point head{glyph.at.x, glyph.head_y};
    const bool is_add = mark_color(theme_, mark) == theme_.linked;
    p_.circle(head, px(5), theme_.background);
    p_.circle(head, px(4), fade(mark_color(theme_, mark), opacity));
    p_.line({head.x - px(2), head.y}, {head.x + px(2), head.y}, theme_.background, px(1.4f));
    if (is_add) {
      p_.line({head.x, head.y - px(2)}, {head.x, head.y + px(2)}, theme_.background, px(1.4f));
    }
  }

  void draw_diamond(const MarkGlyph& glyph, const Mark& mark, Color color, float opacity) {
    const bool is_taken = mark.kind == EventKind::get_device || mark.kind == EventKind::kref_get;
    p_.diamond(glyph.at, px(11) * glyph.size, theme_.background, theme_.background);
    const bool is_filled = opacity == 1 && !is_taken;
    p_.diamond(glyph.at, px(9) * glyph.size, is_filled ? color : theme_.background,
               fade(color, opacity < 1 ? 0.8f : 1));
  }

  void draw_crossed(const MarkGlyph& glyph, const Mark& mark, float opacity) {
    const bool is_wrong = mark.is_error || is_fatal_free(mark);
    const Color color = fade(is_wrong ? theme_.error : theme_.freed, opacity < 1 ? 0.7f : 1);
    const float r = px(3) * glyph.size;
    p_.circle(glyph.at, px(9) * glyph.size, theme_.background);
    p_.ring(glyph.at, px(8) * glyph.size, color, px(1.5f));
    p_.line({glyph.at.x - r, glyph.at.y - r}, {glyph.at.x + r, glyph.at.y + r}, color, px(1.6f));
    p_.line({glyph.at.x - r, glyph.at.y + r}, {glyph.at.x + r, glyph.at.y - r}, color, px(1.6f));
  }

  /// True for the kfree from which an arrow leads to a later use.
  bool is_fatal_free(const Mark& mark) const {
    return std::any_of(layout_.arrows.begin(), layout_.arrows.end(), [&](const ArrowPath& path) {
      const Arrow& arrow = lanes().arrows[path.arrow];
      return arrow.kind == ArrowKind::freed_then_used && arrow.from_event == mark.event;
    });
  }

  void draw_finding(const MarkGlyph& glyph, float opacity) {
    const Point c = glyph.at;
    p_.circle(c, px(11), theme_.background);
    p_.circle(c, px(11), fade(theme_.error, std::max(opacity, finding_opacity)));
    p_.ring(c, px(16), fade(theme_.error, 0.5f), px(2));
    p_.line({c.x, c.y - px(5)}, {c.x, c.y + px(1.5f)}, theme_.on_finding, px(2.4f));
    p_.circle({c.x, c.y + px(5)}, px(1.5f), theme_.on_finding);
  }

  void draw_mark_label(const MarkGlyph& glyph, const Mark& mark, Color color, float opacity) {
    const Rect& at = glyph.label;
    if (glyph.shape == MarkShape::finding) {
      const bool is_over_mark = at.x0 <= glyph.at.x && glyph.at.x <= at.x1;
      if (is_over_mark) {
        const float edge = px(at.y1 < glyph.at.y ? -17.0f : 17.0f);
        p_.line({glyph.at.x, glyph.at.y + edge}, {glyph.at.x, at.center().y},
                fade(theme_.error, std::max(opacity, finding_opacity)), px(2));
      }
      p_.fill(at, theme_.background, px(5));
      p_.fill(at, fade(theme_.error, std::max(opacity, finding_opacity)), px(5));
      p_.text_between(p_.fonts().bold, at.x0 + px(10), at.y0, at.y1, theme_.on_finding, glyph.text);
      return;
    }
    const bool is_pin = glyph.shape == MarkShape::pin;
    const bool is_quiet = is_pin || glyph.shape == MarkShape::link ||
                          glyph.shape == MarkShape::note || glyph.shape == MarkShape::crossed;
    Color text = is_quiet ? theme_.text_secondary : color;
    if (glyph.shape == MarkShape::crossed && (mark.is_error || is_fatal_free(mark))) {
      text = theme_.error;
    }
    if (glyph.is_on_arrow) {
      p_.fill(at.inset(px(-2), px(1)), fade(theme_.background, 0.9f), px(3));
    }
    const Face& face = is_pin || glyph.has_stem ? p_.fonts().tiny : p_.fonts().small;
    p_.text_between(face, at.x0, at.y0, at.y1, fade(text, opacity < 1 ? 0.65f : 1), glyph.text);
  }

  const Row* row_of(std::int32_t lane) const {
    for (const Row& row : layout_.rows) {
      if (static_cast<std::int32_t>(row.lane) == lane) return &row;
    }
    return nullptr;
  }

  Painter& p_;
  const Theme& theme_;
  const Session& session_;
  const TimelineLayout& layout_;
};

}  // namespace

void draw_marks(Painter& painter, const Session& session, const TimelineLayout& layout) {
  MarkPainter(painter, session, layout).draw();
}

}  // namespace rcuscope::gui
