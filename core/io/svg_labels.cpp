// SPDX-License-Identifier: LGPL-2.1-or-later
// Finds a place for each label where it covers nothing; what finds none is left to the tooltip.
#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "io/svg_layout.h"
#include "io/svg_text.h"
#include "trace/kernel_trace.h"
#include "trace/time_text.h"
#include "trace/words.h"

namespace rcuscope::svg {
namespace {

constexpr double line_height = 15;
constexpr double bar_padding = 6;
constexpr double glyph_radius = 9;
constexpr double small_size = 10.5;
constexpr double least_labelled_width = 22;
constexpr double least_part_width = 46;         ///< A shorter part of a name tells nothing.
constexpr std::size_t point_label_limit = 600;  ///< Beyond, nobody could read them.

/// Boxes that must stay uncovered, sorted into horizontal stripes so that a look-up is short.
class TakenRoom {
 public:
  void add(const Box& box) {
    for (int stripe = stripe_of(box.top); stripe <= stripe_of(box.bottom); ++stripe) {
      stripes_[stripe].push_back(box);
    }
  }
  bool is_free(const Box& box) const {
    for (int stripe = stripe_of(box.top); stripe <= stripe_of(box.bottom); ++stripe) {
      const auto found = stripes_.find(stripe);
      if (found == stripes_.end()) continue;
      for (const Box& other : found->second) {
        if (other.overlaps(box)) return false;
      }
    }
    return true;
  }

 private:
  static int stripe_of(double y) { return static_cast<int>(y / 32); }

  std::map<int, std::vector<Box>> stripes_;
};

class LabelPlacer {
 public:
  LabelPlacer(const TraceStore& trace, const Lanes& lanes, Picture& out)
      : trace_(trace), lanes_(lanes), out_(out) {}

  void run() {
    for (std::size_t i = 0; i < out_.bars.size(); ++i) label_bar(i);
    for (const Band& band : out_.bands) label_band(band);
    take_room();
    for (const bool is_error : {true, false}) {
      std::size_t count = 0;
      for (const Glyph& glyph : out_.glyphs) {
        if (lanes_.marks[glyph.mark].is_error != is_error) continue;
        if (count++ < point_label_limit) label_glyph(glyph);
      }
    }
    for (const Bar& bar : out_.bars) note_bar(bar);
    for (const Curve& curve : out_.curves) label_curve(curve);
  }

 private:
  // --- inside bars and strips ---

  void label_bar(std::size_t index) {
    const Bar& bar = out_.bars[index];
    const Span& span = lanes_.spans[bar.span];
    if (bar.is_strip || span.label.empty() || bar.box.width() < least_labelled_width) return;
    // A bar inside begins where the outer's text must end.
    const double right = bar.error_from >= 0 ? bar.error_from - glyph_radius : free_right(index);
    const double left = free_left(bar);
    const std::string text = bar_text(span, right - left);
    if (text.empty()) return;
    const double middle = bar.box.middle_y();
    const double end = std::min(left + text_width(text, label_size), right);
    add({{left, middle - line_height / 2, end, middle + line_height / 2},
         text,
         bar_style(span),
         Anchor::start,
         span.kind == SpanKind::blocked ? Plate::bar : Plate::none});
  }

  /// The longest of the span's names that fits: a whole short one before a part of a long one.
  std::string bar_text(const Span& span, double room) const {
    std::string text = span.label;
    if (span.kind == SpanKind::grace_period) text += waiting_for(span);
    if (span.is_inferred) text += " (inferred)";
    for (const std::string& name : {text, span.label, std::string(short_word(span.kind))}) {
      if (text_width(name, label_size) <= room) return name;
    }
    const std::string part = fitted(span.label, room, label_size);
    return text_width(part, label_size) < least_part_width ? "" : part;
  }

  /// "   waits for ATC time-out ISR, reader 2".
  std::string waiting_for(const Span& span) const {
    std::string text;
    for (const Badge& badge : lanes_.badges) {
      if (badge.grace_period != span.grace_period) continue;
      text += (text.empty() ? "   waits for " : ", ") +
              std::string(trace_.actor_name(badge.reader.value));
    }
    return text;
  }

  /// Where the text may begin: behind a glyph that sits on the bar's left end.
  double free_left(const Bar& bar) const {
    double left = bar.box.left + bar_padding;
    for (const Glyph& glyph : out_.glyphs) {
      if (is_on_left_end(glyph, bar)) left = std::max(left, glyph.x + glyph_radius + 3);
    }
    return left;
  }

  static bool is_on_left_end(const Glyph& glyph, const Bar& bar) {
    return glyph.kind != GlyphKind::pin && glyph.kind != GlyphKind::dot && glyph.y > bar.box.top &&
           glyph.y < bar.box.bottom && glyph.x > bar.box.left - glyph_radius &&
           glyph.x < bar.box.left + bar_padding + 2 * glyph_radius && glyph.x < bar.box.right;
  }

  /// Where the bar's own ground ends: at what is drawn upon it.
  double free_right(std::size_t index) const {
    const Bar& bar = out_.bars[index];
    double right = bar.box.right;
    for (std::size_t i = index + 1; i < out_.bars.size(); ++i) {
      const Bar& other = out_.bars[i];
      const bool is_same_lane = lanes_.spans[other.span].lane == lanes_.spans[bar.span].lane;
      if (!is_same_lane || other.box.left >= right) break;
      const bool is_upon = !other.is_strip && other.box.height() < bar.box.height();
      if (is_upon && bar.box.overlaps(other.box)) right = other.box.left;
    }
    for (const Glyph& glyph : out_.glyphs) {
      const bool is_on_bar = glyph.y > bar.box.top && glyph.y < bar.box.bottom;
      // A dot hangs below the text.
      if (glyph.kind == GlyphKind::dot || is_on_left_end(glyph, bar)) continue;
      if (is_on_bar && glyph.x > bar.box.left && glyph.x < right) {
        right = glyph.x - (glyph.kind == GlyphKind::pin ? 0 : glyph_radius);
      }
    }
    return right;
  }

  static std::string bar_style(const Span& span) {
    switch (span.kind) {
      case SpanKind::reader:
      case SpanKind::implicit:
        return span.is_pre_existing || span.is_error ? "on-dark" : "on-pale";
      case SpanKind::callback:
      case SpanKind::release:
        return "on-dark";
      case SpanKind::grace_period:
        return "amber";
      case SpanKind::mutex:
      case SpanKind::spinlock:
        return "violet";
      default:
        return "dark";
    }
  }

  void label_band(const Band& band) {
    if (band.strip.width() <= 0) return;
    const Span& span = lanes_.spans[band.span];
    const std::string duration =
        span.is_open ? "" : duration_text(trace_.clock(), span.end - span.start);
    const double duration_width = text_width(duration, small_size);
    const double room = band.strip.width() - 12;
    std::string name = "Grace period";
    if (span.grace_period.is_valid())
      name += " " + grace_period_name(trace_, span.grace_period.value);
    const bool has_both = text_width(name, small_size) + duration_width + 14 <= room;
    name = fitted(name, room, small_size);
    const double top = band.strip.top + 2;
    const double left = band.strip.left + 6;
    const auto add_part = [&](const std::string& text, double from, double to, Anchor anchor) {
      add({{from, top, to, top + line_height - 1}, text, "amber small", anchor, Plate::none});
    };
    if (!name.empty()) add_part(name, left, left + text_width(name, small_size), Anchor::start);
    const double right = band.strip.right - 6;
    if (has_both && !duration.empty()) {
      add_part(duration, right - duration_width, right, Anchor::end);
    }
  }

  // --- beside points ---

  /// What a free label must not cover.
  void take_room() {
    for (const Bar& bar : out_.bars) {
      if (lanes_.spans[bar.span].kind != SpanKind::actor) taken_.add(bar.box);
    }
    for (const Glyph& glyph : out_.glyphs) taken_.add(glyph_box(glyph));
    for (const BadgePoint& badge : out_.badges) {
      taken_.add({badge.x - 9, badge.y - 9, badge.x + 9, badge.y + 9});
    }
  }

  static Box glyph_box(const Glyph& glyph) {
    if (glyph.kind == GlyphKind::pin) {
      return {glyph.x - 3, glyph.y - 19, glyph.x + 3, glyph.y + 14};
    }
    const double radius = glyph.kind == GlyphKind::dot ? 5 : glyph_radius;
    return {glyph.x - radius, glyph.y - radius, glyph.x + radius, glyph.y + radius};
  }

  void label_glyph(const Glyph& glyph) {
    const Mark& mark = lanes_.marks[glyph.mark];
    const bool says_the_same =
        std::all_of(glyph.folded.begin(), glyph.folded.end(),
                    [&](std::size_t other) { return lanes_.marks[other].label == mark.label; });
    std::string text = folded_text(mark.label, glyph.folded.size() + 1, says_the_same);
    if (glyph.kind == GlyphKind::dot && glyph.folded.empty()) return;  // the arrow says it
    const bool is_alert = glyph.kind == GlyphKind::alert;
    text = fitted(text, 230, is_alert ? 13 : label_size, is_alert);
    const double width =
        text_width(text, is_alert ? 13 : label_size, is_alert) + (is_alert ? 22 : 0);
    std::vector<Box> places = candidates(glyph, width, is_alert ? 24 : line_height - 1);
    const std::string style = mark_style(mark, is_alert);
    const Plate plate = is_alert ? Plate::panel : Plate::ground;
    if (place_first_free(places, text, style, plate, taken_) || !is_alert) return;
    // An error is told even where it covers something, but not where it covers another text, and
    // first below, where it hides the least of what led to it.
    std::rotate(places.begin(), places.begin() + 2, places.end());
    place_first_free(places, text, style, plate, texts_);
  }

  static std::vector<Box> candidates(const Glyph& glyph, double width, double height) {
    const double gap = glyph.kind == GlyphKind::pin ? 6 : glyph_radius + 4;
    const auto at = [&](double left, double middle) {
      return Box{left, middle - height / 2, left + width, middle + height / 2};
    };
    const double right = glyph.x + gap;
    const double left = glyph.x - gap - width;
    const double above = glyph.y - bar_height / 2 - 9;
    const double below = glyph.y + bar_height / 2 + 10;
    const double centre = glyph.x - width / 2;
    if (glyph.kind == GlyphKind::pin) {
      return {at(right, above), at(left, above),    at(right, below),
              at(left, below),  at(right, glyph.y), at(left, glyph.y)};
    }
    return {at(right, glyph.y),
            at(centre, above),
            at(centre, below),
            at(left, glyph.y),
            at(glyph.x - 4, above),
            at(glyph.x - 4, below),
            at(glyph.x + 4 - width, above),
            at(glyph.x + 4 - width, below)};
  }

  static std::string mark_style(const Mark& mark, bool is_alert) {
    if (is_alert) return "alert";
    if (mark.is_error) return "red";
    switch (mark.kind) {
      case EventKind::put_device:
      case EventKind::kref_put:
        return "orange";
      case EventKind::call_rcu:
        return "green";
      default:
        return "grey";
    }
  }

  /// Below a reader that is being waited for, or that ought to be.
  void note_bar(const Bar& bar) {
    if (bar.is_strip) return;
    const std::string text = reader_caption(trace_, lanes_.spans[bar.span]);
    if (text.empty()) return;
    const double width = text_width(text, small_size);
    if (width > bar.box.width() * 2) return;
    const double top = bar.box.bottom + 2;
    const auto at = [&](double left) {
      return Box{left, top, left + width, top + line_height - 2};
    };
    place_first_free({at(bar.box.left + 1), at(bar.box.right - width)}, text, "blue small",
                     Plate::none, taken_);
  }

  void label_curve(const Curve& curve) {
    const Arrow& arrow = lanes_.arrows[curve.arrow];
    if (arrow.label.empty()) return;
    const double width = text_width(arrow.label, small_size) + 12;
    std::vector<Box> places;
    for (const double t : {0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74}) {
      const double x = curve_point(curve.x1, curve.x1, curve.x2, curve.x2, t);
      const double bend = (curve.y2 - curve.y1) / 2;
      const double y = curve_point(curve.y1, curve.y1 + bend, curve.y2 - bend, curve.y2, t);
      places.push_back({x - width / 2, y - 8.5, x + width / 2, y + 8.5});
    }
    place_first_free(places, arrow.label, arrow_style(arrow.kind), Plate::panel, taken_);
  }

  static double curve_point(double a, double b, double c, double d, double t) {
    const double s = 1 - t;
    return s * s * s * a + 3 * s * s * t * b + 3 * s * t * t * c + t * t * t * d;
  }

  static std::string arrow_style(ArrowKind kind) {
    switch (kind) {
      case ArrowKind::callback:
        return "green small";
      case ArrowKind::work:
        return "orange small";
      case ArrowKind::freed_then_used:
        return "red small";
      case ArrowKind::reader:
        return "blue small";
      default:
        return "amber small";
    }
  }

  // --- room ---

  /// Return: false if all places are taken.
  bool place_first_free(const std::vector<Box>& places, const std::string& text,
                        const std::string& style, Plate plate, const TakenRoom& taken) {
    for (const Box& box : places) {
      if (!out_.plot.contains(box)) continue;
      if (!taken.is_free({box.left - 2, box.top, box.right + 2, box.bottom})) continue;
      add({box, text, style, plate == Plate::panel ? Anchor::middle : Anchor::start, plate});
      return true;
    }
    return false;
  }

  void add(Label label) {
    taken_.add(label.box);
    texts_.add(label.box);
    out_.labels.push_back(std::move(label));
  }

  const TraceStore& trace_;
  const Lanes& lanes_;
  Picture& out_;
  TakenRoom taken_;  ///< By anything.
  TakenRoom texts_;  ///< By labels.
};

}  // namespace

void place_labels(const TraceStore& trace, const Lanes& lanes, Picture& out) {
  LabelPlacer(trace, lanes, out).run();
}

}  // namespace rcuscope::svg
