// SPDX-License-Identifier: LGPL-2.1-or-later
// TimelineLayout to shapes: bands, arrows, bars, playhead, from back to front; marks have a file of
// their own.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "timeline/draw_parts.h"

namespace rcuscope::gui {
namespace {

/// Narrower bars are drawn without curves.
constexpr float soft_width = 40;

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
    draw_contexts();
    for (const ArrowPath& path : layout_.arrows) draw_arrow(path);
    for (const Bar& bar : layout_.bars) draw_bar(bar);
    draw_folded();
    for (const EventDot& dot : layout_.dots) draw_dot(dot);
    for (const Bar& bar : layout_.bars) draw_bar_text(bar);
    p_.pop_clip();
    draw_playhead();
    p_.push_clip(layout_.lanes);
    for (const BadgeDot& badge : layout_.badges) draw_badge(badge);
    for (const ArrowPath& path : layout_.arrows) draw_plate(path);
    draw_marks(p_, session_, layout_);
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

  void draw_contexts() {
    for (const FoldedBar& bar : layout_.contexts) {
      if (bar.look.kind == SpanKind::actor) {
        draw_base_line(bar);
      } else if (bar.rect.width() < px(soft_width)) {
        const Color color = bar.look.is_pre_existing ? theme_.reader : theme_.context;
        p_.fill_plain(bar.rect, fade(color, bar.rect.x0 > playhead_x_ ? 0.05f : 0.11f));
      } else {
        draw_section(bar);
      }
    }
  }

  /// Along the lower edge of the bars: in the middle it would strike labels through.
  void draw_base_line(const FoldedBar& bar) {
    const float y = std::floor(bar.rect.y1 - px(5.5f)), height = std::max(1.0f, px(1));
    const float split = std::clamp(playhead_x_, bar.rect.x0, bar.rect.x1);
    p_.fill_plain({bar.rect.x0, y, split, y + height}, fade(theme_.context, 0.55f));
    p_.fill_plain({split, y, bar.rect.x1, y + height}, fade(theme_.context, 0.22f));
  }

  void draw_section(const FoldedBar& bar) {
    const bool is_future = bar.rect.x0 > playhead_x_;
    const Color color = bar.look.is_pre_existing ? theme_.reader : theme_.context;
    p_.fill(bar.rect, fade(color, is_future ? 0.05f : 0.11f), px(6));
    if (!bar.look.is_pre_existing) return;
    p_.stroke(bar.rect, fade(color, 0.45f * (is_future ? future_opacity : 1)), px(6), px(1));
  }

  /// Rectangles of a few pixels, in one go: there may be ten thousand of them.
  void draw_folded() {
    quads_.clear();
    for (const FoldedBar& bar : layout_.folded) {
      const Color color = folded_color(bar);
      quads_.push_back({bar.rect, bar.rect.x0 > playhead_x_ ? fade(color, future_opacity) : color});
      if (session_.selection == Selection{Selection::Kind::span, bar.span}) {
        p_.stroke(bar.rect.inset(px(-2), px(-2)), theme_.accent, px(2), px(2));
      }
    }
    p_.fill_all(quads_);
  }

  Color folded_color(const FoldedBar& bar) const {
    const Color color = look_color(theme_, bar.look);
    // Many in one: as strong as they are long, so that gaps do not look busy.
    return bar.count > 1 ? fade(color, 0.25f + 0.6f * bar.busy_share) : color;
  }

  void draw_bar(const Bar& bar) {
    const Rect& r = bar.rect;
    if (playhead_x_ <= r.x0 || playhead_x_ >= r.x1) {
      draw_whole_bar(bar, playhead_x_ <= r.x0 ? future_opacity : 1);
    } else {
      for (const bool is_past : {true, false}) {
        p_.push_clip({is_past ? r.x0 : playhead_x_, r.y0 - px(2), is_past ? playhead_x_ : r.x1,
                      r.y1 + px(2)});
        draw_whole_bar(bar, is_past ? 1 : future_opacity);
        p_.pop_clip();
      }
    }
    if (session_.selection == Selection{Selection::Kind::span, bar.span}) {
      p_.stroke(r.inset(px(-2), px(-2)), theme_.accent, px(6), px(2));
    }
  }

  void draw_whole_bar(const Bar& bar, float opacity) {
    if (bar.is_error) {
      draw_faulty(bar, opacity);
    } else if (bar.rect.width() < px(soft_width)) {
      draw_soft(bar, opacity);
    } else {
      draw_shape(bar.look, bar.rect, look_color(theme_, bar.look), opacity);
    }
  }

  /// Many narrow bars: the same shapes without curves, which cost most.
  void draw_soft(const Bar& bar, float opacity) {
    const Rect& r = bar.rect;
    const Color color = look_color(theme_, bar.look);
    switch (bar_shape(bar.look)) {
      case BarShape::hatched:
        p_.fill_plain(r, fade(color, 0.18f * opacity));
        for (float x = r.x0 + px(2); x + px(1.5f) <= r.x1; x += px(5)) {
          p_.fill_plain({x, r.y0, x + px(1.5f), r.y1}, fade(color, 0.5f * opacity));
        }
        p_.stroke_plain(r, fade(color, 0.9f * opacity), px(1.2f));
        return;
      case BarShape::outlined:
        p_.fill_plain(r, fade(theme_.background, 0.55f * opacity));
        p_.fill_plain(r, fade(color, theme_.outlined_fill * opacity));
        p_.stroke_plain(r, fade(color, 0.85f * opacity), px(1.2f));
        return;
      case BarShape::filled:
        p_.fill_soft(r, fade(color, opacity * filling(bar.look)));
    }
  }

  /// A later reader is pale.
  float filling(const SpanLook& look) const {
    return look.kind == SpanKind::reader && !look.is_pre_existing ? theme_.later_fill : 1;
  }

  /// What was right until the error keeps its own colour.
  void draw_faulty(const Bar& bar, float opacity) {
    SpanLook before = bar.look;
    before.is_pre_existing = before.kind == SpanKind::reader;
    p_.push_clip({bar.rect.x0, bar.rect.y0, bar.error_x, bar.rect.y1});
    draw_shape(before, bar.rect, look_color(theme_, before), opacity);
    p_.pop_clip();
    const Rect bad{bar.error_x, bar.rect.y0, bar.rect.x1, bar.rect.y1};
    const float strength = std::max(opacity, finding_opacity);
    p_.fill(bad, fade(theme_.error, 0.30f * strength), px(4));
    p_.hatch(bad, fade(theme_.error, 0.8f * strength), px(7), px(1.6f));
    p_.stroke(bad, fade(theme_.error, strength), px(4), px(1.4f));
  }

  void draw_shape(const SpanLook& look, const Rect& r, Color color, float opacity) {
    const Rect outline{r.x0 + 0.5f, r.y0 + 0.5f, r.x1 - 0.5f, r.y1 - 0.5f};
    switch (bar_shape(look)) {
      case BarShape::hatched:
        p_.fill(r, fade(color, 0.18f * opacity), px(4));
        p_.hatch(r, fade(color, 0.45f * opacity), px(8), px(1.4f));
        p_.stroke(outline, fade(color, 0.9f * opacity), px(4), px(1.2f));
        return;
      case BarShape::outlined:
        // The lane shows through an outlined bar, so that its label stays readable.
        p_.fill(r, fade(theme_.background, 0.55f * opacity), px(4));
        p_.fill(r, fade(color, theme_.outlined_fill * opacity), px(4));
        p_.stroke(outline, fade(color, 0.85f * opacity), px(4), px(1.2f));
        return;
      case BarShape::filled:
        p_.fill(r, fade(color, opacity * filling(look)), px(4));
    }
  }

  Color text_color(const Bar& bar, const Span& s) const {
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
        return look_color(theme_, bar.look);
    }
  }

  void draw_bar_text(const Bar& bar) {
    if (bar.label.empty() && bar.caption.empty()) return;
    const Span& s = span(bar);
    if (!bar.label.empty()) {
      const Rect& at = bar.label_rect;
      if (s.kind == SpanKind::blocked) {
        const Color plate =
            theme_.is_dark ? fade(theme_.background, 0.82f) : fade(theme_.panel, 0.88f);
        p_.fill({at.x0 - px(4), at.y0 + px(3), at.x1 + px(4), at.y1 - px(3)}, plate, px(3));
      }
      p_.text_between(p_.fonts().small, at.x0, at.y0, at.y1, text_color(bar, s), bar.label);
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
    if (is_dashed(arrow.kind)) {
      draw_dashed(path, neck, color);
    } else if (path.is_straight) {
      p_.line(path.from, neck, color, px(1.6f));
    } else {
      p_.curve(path.from, path.from_control, path.to_control, neck, color, px(1.8f));
    }
    p_.triangle(path.to, {path.to.x - r, path.to.y + back * r * 1.7f},
                {path.to.x + r, path.to.y + back * r * 1.7f}, color);
    p_.circle(path.from, px(2.6f), color);
  }

  /// In pieces of one length, whatever the curve does.
  void draw_dashed(const ArrowPath& path, Point to, Color color) {
    constexpr int piece_count = 200;
    const auto at = [&](float t) {
      const float s = 1 - t;
      if (path.is_straight) {
        return Point{s * path.from.x + t * to.x, s * path.from.y + t * to.y};
      }
      const float a = s * s * s, b = 3 * s * s * t, c = 3 * s * t * t, d = t * t * t;
      return Point{a * path.from.x + b * path.from_control.x + c * path.to_control.x + d * to.x,
                   a * path.from.y + b * path.from_control.y + c * path.to_control.y + d * to.y};
    };
    Point before = path.from;
    float way = 0;
    for (int i = 1; i <= piece_count; ++i) {
      const Point next = at(static_cast<float>(i) / piece_count);
      if (std::fmod(way, px(10)) < px(6)) p_.line(before, next, color, px(2.2f));
      way += std::hypot(next.x - before.x, next.y - before.y);
      before = next;
    }
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

  Painter& p_;
  const Theme& theme_;
  const Session& session_;
  const TimelineLayout& layout_;
  float playhead_x_;
  std::vector<ColoredRect> quads_;
};

}  // namespace

void draw_layout(Painter& painter, const Session& session, const TimelineLayout& layout) {
  LayoutPainter(painter, session, layout).draw();
}

}  // namespace rcuscope::gui
