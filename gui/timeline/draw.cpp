// SPDX-License-Identifier: LGPL-2.1-or-later
// TimelineLayout to shapes: bands, arrows, bars, playhead, marks, from back to front.
#include <algorithm>
#include <string>

#include "timeline/timeline.h"

namespace rcuscope::gui {
namespace {

/// Opacity of what has not happened yet.
constexpr float future_opacity = 0.38f;
/// A finding in the future is dimmed less: it is what one steps towards.
constexpr float finding_opacity = 0.6f;

class LayoutPainter {
 public:
  LayoutPainter(Painter& painter, const Session& session, const TimelineLayout& layout)
      : p_(painter),
        theme_(painter.theme()),
        session_(session),
        layout_(layout),
        playhead_x_(
            layout.axis.to_x(drawn_time(session.trace().clock(), session.playback.position()))) {}

  void draw() {
    p_.push_clip({layout_.lanes.x0, layout_.ruler.y0, layout_.lanes.x1, layout_.lanes.y1});
    draw_bands();
    draw_ticks();
    p_.pop_clip();
    p_.push_clip(layout_.lanes);
    for (const Bar& bar : layout_.contexts) draw_context(bar);
    for (const ArrowPath& path : layout_.arrows) draw_arrow(path);
    for (const Bar& bar : layout_.bars) draw_bar(bar);
    for (const EventDot& dot : layout_.dots) draw_dot(dot);
    for (const Bar& bar : layout_.bars) draw_bar_text(bar);
    p_.pop_clip();
    draw_playhead();
    p_.push_clip(layout_.lanes);
    for (const BadgeDot& badge : layout_.badges) draw_badge(badge);
    for (const ArrowPath& path : layout_.arrows) draw_plate(path);
    for (const MarkGlyph& glyph : layout_.marks) draw_mark(glyph);
    draw_hidden_arrows();
    p_.pop_clip();
  }

 private:
  const Lanes& lanes() const { return session_.lanes(); }
  const Span& span(const Bar& bar) const { return lanes().spans[bar.span]; }
  float px(float length) const { return p_.px(length); }
  Timestamp now() const { return session_.playback.playhead(); }
  float opacity_at(Timestamp time) const { return time > now() ? future_opacity : 1.0f; }

  // --- ruler and grace periods ---

  void draw_bands() {
    const float top = layout_.ruler.y0 + px(24), bottom = layout_.lanes.y1;
    for (const Band& band : layout_.bands) {
      const float split = std::clamp(playhead_x_, band.x0, band.x1);
      p_.fill({band.x0, top, split, bottom}, fade(theme_.grace_period, theme_.band_past));
      p_.fill({split, top, band.x1, bottom}, fade(theme_.grace_period, theme_.band_future));
      if (!band.has_edges) continue;
      const Color edge = fade(theme_.grace_period, 0.55f);
      p_.line({band.x0, top}, {band.x0, bottom}, edge, px(1));
      p_.dashed_line({band.x1, top}, {band.x1, bottom}, edge);
      p_.fill({band.x0, top, band.x1, top + px(18)}, fade(theme_.grace_period, theme_.band_title));
    }
    for (const Band& band : layout_.bands) draw_band_title(band, top);
  }

  void draw_band_title(const Band& band, float top) {
    const float left = std::max(band.x0, layout_.lanes.x0) + px(8);
    p_.text(p_.fonts().tiny, left, top + px(2.5f), theme_.grace_period, band.title);
    if (band.duration.empty()) return;
    const float width = p_.text_width(p_.fonts().tiny, band.duration);
    p_.text(p_.fonts().tiny, std::min(band.x1, layout_.lanes.x1) - width - px(8), top + px(2.5f),
            fade(theme_.grace_period, 0.8f), band.duration);
  }

  void draw_ticks() {
    const float top = layout_.ruler.y0;
    for (const Tick& tick : layout_.ticks) {
      const float x = static_cast<float>(static_cast<int>(tick.x)) + 0.5f;
      p_.line({x, top + px(18)}, {x, top + px(23)}, theme_.line_strong, 1);
      p_.line({x, layout_.lanes.y0}, {x, layout_.lanes.y1}, fade(theme_.line, 0.55f), 1);
      // The flag of the playhead says the time there.
      const float reach = p_.text_width(p_.fonts().tiny, tick.label) + px(28);
      if (tick.label.empty() || (x + reach > playhead_x_ && x - px(26) < playhead_x_)) continue;
      p_.text(p_.fonts().tiny, x + px(4), top + px(5), theme_.text_faint, tick.label);
    }
    p_.line({layout_.lanes.x0, top + px(23.5f)}, {layout_.lanes.x1, top + px(23.5f)}, theme_.line,
            1);
  }

  void draw_playhead() {
    const bool is_wrong = session_.finding_so_far().has_value();
    const Color color = is_wrong ? theme_.error : theme_.playhead;
    const Color on_color = is_wrong ? theme_.on_finding : theme_.on_playhead;
    const float x = playhead_x_, top = layout_.ruler.y0;
    if (x < layout_.lanes.x0 || x > layout_.lanes.x1) return;
    p_.line({x, top + px(20)}, {x, layout_.lanes.y1}, fade(color, 0.9f), px(1.5f));
    const std::string time =
        session_.format().number_in_view(session_.playback.position(), session_.view.span());
    const float half = p_.text_width(p_.fonts().tiny, time) / 2;
    p_.fill({x - half - px(6), top + px(3), x + half + px(6), top + px(20)}, color, px(4));
    p_.triangle({x - px(4), top + px(20)}, {x + px(4), top + px(20)}, {x, top + px(24)}, color);
    p_.text(p_.fonts().tiny, x - half, top + px(5), on_color, time);
  }

  // --- bars ---

  void draw_context(const Bar& bar) {
    const Span& s = span(bar);
    // Along the lower edge of the bars: in the middle it would strike labels through.
    const float y = bar.rect.y1 - px(5.5f);
    const float split = std::clamp(playhead_x_, bar.rect.x0, bar.rect.x1);
    if (s.kind == SpanKind::actor) {
      p_.line({bar.rect.x0, y}, {split, y}, fade(theme_.context, 0.55f), px(1));
      p_.line({split, y}, {bar.rect.x1, y}, fade(theme_.context, 0.22f), px(1));
      return;
    }
    const Color color = s.is_pre_existing ? theme_.reader : theme_.context;
    p_.fill(bar.rect, fade(color, s.start > now() ? 0.05f : 0.11f), px(6));
    if (s.is_pre_existing) {
      p_.stroke(bar.rect, fade(color, 0.45f * opacity_at(s.start)), px(6), px(1));
    }
  }

  void draw_bar(const Bar& bar) {
    const float split = std::clamp(playhead_x_, bar.rect.x0, bar.rect.x1);
    draw_bar_part(bar, bar.rect.x0, split, 1);
    draw_bar_part(bar, split, bar.rect.x1, future_opacity);
    if (session_.selection == Selection{Selection::Kind::span, bar.span}) {
      p_.stroke(bar.rect.inset(px(-2), px(-2)), theme_.accent, px(6), px(2));
    }
  }

  /// The part of a bar between x0 and x1, with the outline of the whole bar.
  void draw_bar_part(const Bar& bar, float x0, float x1, float opacity) {
    if (x1 <= x0) return;
    const Rect& r = bar.rect;
    p_.push_clip({x0, r.y0 - px(2), x1, r.y1 + px(2)});
    if (r.width() < px(6)) {
      p_.fill_plain({x0, r.y0, x1, r.y1}, fade(bar_color(bar), opacity));
    } else if (span(bar).is_error) {
      draw_faulty(bar, opacity);
    } else {
      draw_shape(bar, r, bar_color(bar), opacity);
    }
    p_.pop_clip();
  }

  Color bar_color(const Bar& bar) const {
    const Color color = span_color(theme_, span(bar));
    // Many in one: as strong as they are long, so that gaps do not look busy.
    return bar.count > 1 ? fade(color, 0.25f + 0.6f * bar.busy_share) : color;
  }

  /// What was right until the error keeps its own colour.
  void draw_faulty(const Bar& bar, float opacity) {
    Span before = span(bar);
    before.is_error = false;
    before.is_pre_existing = before.kind == SpanKind::reader;
    p_.push_clip({bar.rect.x0, bar.rect.y0, bar.error_x, bar.rect.y1});
    draw_shape(bar, bar.rect, span_color(theme_, before), opacity);
    p_.pop_clip();
    const Rect bad{bar.error_x, bar.rect.y0, bar.rect.x1, bar.rect.y1};
    const float strength = std::max(opacity, finding_opacity);
    p_.fill(bad, fade(theme_.error, 0.30f * strength), px(4));
    p_.hatch(bad, fade(theme_.error, 0.8f * strength), px(7), px(1.6f));
    p_.stroke(bad, fade(theme_.error, strength), px(4), px(1.4f));
  }

  void draw_shape(const Bar& bar, const Rect& r, Color color, float opacity) {
    const Span& s = span(bar);
    const Rect outline{r.x0 + 0.5f, r.y0 + 0.5f, r.x1 - 0.5f, r.y1 - 0.5f};
    switch (s.kind) {
      case SpanKind::blocked:
        p_.fill(r, fade(color, 0.18f * opacity), px(4));
        p_.hatch(r, fade(color, 0.45f * opacity), px(8), px(1.4f));
        p_.stroke(outline, fade(color, 0.9f * opacity), px(4), px(1.2f));
        return;
      case SpanKind::mutex:
      case SpanKind::spinlock:
      case SpanKind::grace_period:
        // The lane shows through an outlined bar, so that its label stays readable.
        p_.fill(r, fade(theme_.background, 0.55f * opacity), px(4));
        p_.fill(r, fade(color, theme_.outlined_fill * opacity), px(4));
        p_.stroke(outline, fade(color, 0.85f * opacity), px(4), px(1.2f));
        return;
      case SpanKind::reader:
        p_.fill(
            r, fade(color, s.is_pre_existing || s.is_error ? opacity : theme_.later_fill * opacity),
            px(4));
        return;
      default:
        p_.fill(r, fade(color, opacity), px(4));
    }
  }

  Color text_color(const Span& s) const {
    if (s.start > now()) return theme_.text_secondary;
    switch (s.kind) {
      case SpanKind::reader:
        return s.is_pre_existing || s.is_error ? theme_.on_bar : theme_.on_reader_later;
      case SpanKind::callback:
      case SpanKind::work:
      case SpanKind::release:
        return theme_.on_bar;
      case SpanKind::blocked:
        return theme_.on_blocked;
      default:
        return span_color(theme_, s);
    }
  }

  void draw_bar_text(const Bar& bar) {
    const Span& s = span(bar);
    if (!bar.label.empty()) {
      const Rect& at = bar.label_rect;
      if (s.kind == SpanKind::blocked) {
        const Color plate =
            theme_.is_dark ? fade(theme_.background, 0.82f) : fade(theme_.panel, 0.88f);
        p_.fill({at.x0 - px(4), at.y0 + px(3), at.x1 + px(4), at.y1 - px(3)}, plate, px(3));
      }
      p_.text_between(p_.fonts().small, at.x0, at.y0, at.y1, text_color(s), bar.label);
    }
    if (!bar.caption.empty()) {
      p_.text(p_.fonts().tiny, bar.caption_at.x, bar.caption_at.y,
              fade(theme_.reader, s.start > now() ? 0.5f : 1), bar.caption);
    }
  }

  void draw_dot(const EventDot& dot) {
    const TraceStore& trace = session_.trace();
    const Color color = (trace.columns().flags[dot.event] & event_flag::error) != 0
                            ? theme_.error
                            : theme_.text_secondary;
    p_.circle(dot.at, px(2.8f), theme_.background);
    p_.circle(dot.at, px(1.7f), fade(color, trace.time(dot.event) > now() ? 0.45f : 1));
    if (session_.selection == Selection{Selection::Kind::event, dot.event}) {
      p_.ring(dot.at, px(6), theme_.accent, px(2));
    }
  }

  // --- arrows and badges ---

  void draw_arrow(const ArrowPath& path) {
    const Arrow& arrow = lanes().arrows[path.arrow];
    const float strength = arrow.kind == ArrowKind::reader ? 0.45f : 1;
    const Color color = fade(arrow_color(theme_, arrow.kind),
                             strength * opacity_at(std::max(arrow.from, arrow.to)));
    const bool is_down =
        path.to.y > path.to_control.y || (path.is_straight && path.to.y > path.from.y);
    const float back = is_down ? -1.0f : 1.0f, r = px(4.5f);
    const Point neck{path.to.x, path.to.y + back * px(5)};
    if (path.is_straight) {
      p_.line(path.from, neck, color, px(1.6f));
    } else {
      p_.curve(path.from, path.from_control, path.to_control, neck, color, px(1.8f));
    }
    p_.triangle(path.to, {path.to.x - r, path.to.y + back * r * 1.7f},
                {path.to.x + r, path.to.y + back * r * 1.7f}, color);
    p_.circle(path.from, px(2.6f), color);
  }

  void draw_plate(const ArrowPath& path) {
    if (!path.has_plate) return;
    const Arrow& arrow = lanes().arrows[path.arrow];
    const Color color = fade(arrow_color(theme_, arrow.kind),
                             opacity_at(std::max(arrow.from, arrow.to)) < 1 ? 0.6f : 1);
    p_.fill(path.plate, theme_.background, px(4));
    p_.stroke(path.plate, fade(color, 0.5f), px(4), px(1));
    p_.text_between(p_.fonts().tiny, path.plate.x0 + px(5), path.plate.y0, path.plate.y1, color,
                    arrow.label);
  }

  void draw_hidden_arrows() {
    if (layout_.hidden_arrows_note.empty()) return;
    const Rect& at = layout_.hidden_arrows_at;
    p_.fill(at, theme_.panel, px(4));
    p_.stroke(at, theme_.line_strong, px(4), px(1));
    p_.text_between(p_.fonts().tiny, at.x0 + px(8), at.y0, at.y1, theme_.text_secondary,
                    layout_.hidden_arrows_note);
  }

  void draw_badge(const BadgeDot& dot) {
    const Badge& badge = lanes().badges[dot.badge];
    const bool is_past = badge.time <= now();
    p_.circle(dot.at, px(8), theme_.background);
    if (is_past) {
      p_.circle(dot.at, px(7), theme_.grace_period);
    } else {
      p_.ring(dot.at, px(7), fade(theme_.grace_period, 0.5f), px(1.2f));
    }
    const std::string text = badge_text(badge);
    const Face& face = p_.fonts().tiny;
    p_.text(face, dot.at.x - p_.text_width(face, text) / 2, dot.at.y - face.size_px / 2,
            is_past ? theme_.background : fade(theme_.grace_period, 0.6f), text);
  }

  /// The reader's CPU, or its place among the actors where no CPU is known.
  std::string badge_text(const Badge& badge) const {
    if (!badge.reader.is_valid()) return "";
    const auto& actors = session_.trace().names().actors;
    const CpuId cpu = actors[static_cast<std::size_t>(badge.reader.value)].cpu;
    return std::to_string(cpu.is_valid() ? cpu.value : badge.reader.value);
  }

  // --- marks ---

  void draw_mark(const MarkGlyph& glyph) {
    const Mark& mark = lanes().marks[glyph.mark];
    const float opacity = opacity_at(mark.time);
    const Color color = mark_color(theme_, mark);
    if (glyph.has_stem) draw_stem(glyph, mark, opacity);
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
  float playhead_x_;
};

}  // namespace

void draw_layout(Painter& painter, const Session& session, const TimelineLayout& layout) {
  LayoutPainter(painter, session, layout).draw();
}

}  // namespace rcuscope::gui
