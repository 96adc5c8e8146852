// SPDX-License-Identifier: LGPL-2.1-or-later
// Points of the picture: marks as glyphs, badges of readers that reported, and curves between
// lanes.
#include <cmath>
#include <map>
#include <string>

#include "io/svg_layout.h"

namespace rcuscope::svg {
namespace {

constexpr double fold_distance = 9;  ///< Glyphs closer than this are one glyph.
constexpr double badge_distance = 17;
constexpr double badge_radius = 8;
constexpr double badge_offset = 2;  ///< Badges hang on the lower edge of their bar.

GlyphKind glyph_kind(const TraceStore& trace, const Mark& mark) {
  switch (mark.kind) {
    case EventKind::finding:
    case EventKind::warn_on:
      return GlyphKind::alert;
    case EventKind::put_device:
    case EventKind::kref_put:
      return trace.columns().value[mark.event] == 0 ? GlyphKind::diamond
                                                    : GlyphKind::hollow_diamond;
    case EventKind::kfree:
    case EventKind::kfree_rcu:
      return GlyphKind::cross;
    case EventKind::call_rcu:
      return GlyphKind::ring;
    case EventKind::queue_work:
    case EventKind::queue_rcu_work:
      return GlyphKind::dot;
    default:
      return mark.is_error ? GlyphKind::alert : GlyphKind::pin;
  }
}

/// Which of several marks on one spot is shown.
int weight(const Mark& mark) {
  if (mark.is_error) return 100;
  switch (mark.kind) {
    case EventKind::kfree:
    case EventKind::kfree_rcu:
      return 9;
    case EventKind::list_del:
    case EventKind::list_del_rcu:
    case EventKind::list_replace_rcu:
      return 8;
    case EventKind::put_device:
    case EventKind::call_rcu:
    case EventKind::queue_rcu_work:
      return 7;
    case EventKind::list_add:
    case EventKind::list_add_tail:
    case EventKind::list_add_rcu:
    case EventKind::list_add_tail_rcu:
    case EventKind::queue_work:
      return 6;
    case EventKind::note:
      return 5;
    default:
      return 1;
  }
}

class PointPlacer {
 public:
  PointPlacer(const TraceStore& trace, const Lanes& lanes, const TimeScale& scale, Picture& out)
      : trace_(trace), lanes_(lanes), scale_(scale), out_(out) {}

  void run() {
    for (std::size_t i = 0; i < out_.bars.size(); ++i) {
      const Span& span = lanes_.spans[out_.bars[i].span];
      if (span.kind == SpanKind::grace_period) grace_period_bars_[span.grace_period.value] = i;
    }
    for (std::size_t i = 0; i < lanes_.marks.size(); ++i) place_mark(i);
    for (std::size_t i = 0; i < lanes_.badges.size(); ++i) place_badge(i);
    for (std::size_t i = 0; i < lanes_.arrows.size(); ++i) place_curve(i);
  }

 private:
  bool is_shown(std::int32_t lane) const {
    return lane >= 0 && static_cast<std::size_t>(lane) < out_.rows.size();
  }
  double track_middle(std::int32_t lane) const {
    return out_.rows[static_cast<std::size_t>(lane)].track_top + bar_height / 2;
  }

  void place_mark(std::size_t i) {
    const Mark& mark = lanes_.marks[i];
    if (!is_shown(mark.lane) || mark.kind == EventKind::device_release) return;
    const double x = scale_.point_x(mark.time);
    if (!out_.glyphs.empty()) {
      Glyph& last = out_.glyphs.back();
      const Mark& shown = lanes_.marks[last.mark];
      // Two errors are two glyphs, however close: nothing may hide one.
      const bool is_close = shown.lane == mark.lane && x - last.x < fold_distance;
      if (is_close && !(shown.is_error && mark.is_error)) {
        fold(last, i, x);
        return;
      }
    }
    out_.glyphs.push_back({x, track_middle(mark.lane), glyph_kind(trace_, mark), i, {}});
  }

  void fold(Glyph& into, std::size_t i, double x) {
    if (weight(lanes_.marks[i]) < weight(lanes_.marks[into.mark])) {
      into.folded.push_back(i);
      return;
    }
    into.folded.push_back(into.mark);
    into.mark = i;
    into.x = x;
    into.kind = glyph_kind(trace_, lanes_.marks[i]);
  }

  void place_badge(std::size_t i) {
    const Badge& badge = lanes_.badges[i];
    const Bar* const bar = grace_period_bar(badge.grace_period);
    if (bar == nullptr) return;
    BadgePoint point;
    point.badge = i;
    point.x = scale_.point_x(badge.time);
    point.y = bar->box.bottom + badge_offset;
    point.text = badge_text(badge.reader);
    const bool is_crowded = !out_.badges.empty() && out_.badges.back().y == point.y &&
                            point.x < out_.badges.back().x + badge_distance;
    if (is_crowded) point.x = out_.badges.back().x + badge_distance;
    if (point.x > bar->box.right + badge_distance) return;
    out_.badges.push_back(point);
  }

  /// The bar of that grace period, if it is wide enough to carry badges.
  const Bar* grace_period_bar(GracePeriodId id) const {
    const auto found = grace_period_bars_.find(id.value);
    if (found == grace_period_bars_.end()) return nullptr;
    const Bar& bar = out_.bars[found->second];
    return bar.box.width() < badge_distance ? nullptr : &bar;
  }

  std::string badge_text(ActorId reader) const {
    const auto& actors = trace_.names().actors;
    if (reader.value < 0 || reader.value >= std::ssize(actors)) return "";
    const CpuId cpu = actors[static_cast<std::size_t>(reader.value)].cpu;
    return cpu.is_valid() ? std::to_string(cpu.value) : "";
  }

  void place_curve(std::size_t i) {
    const Arrow& arrow = lanes_.arrows[i];
    if (!is_shown(arrow.from_lane) || !is_shown(arrow.to_lane)) return;
    Curve curve;
    curve.arrow = i;
    curve.x1 = scale_.point_x(arrow.from);
    curve.x2 = scale_.point_x(arrow.to);
    const bool is_down = arrow.to_lane > arrow.from_lane;
    const double half = bar_height / 2 + 1;
    curve.y1 = track_middle(arrow.from_lane) + (is_down ? half : -half);
    curve.y2 = track_middle(arrow.to_lane) - (is_down ? half : -half);
    if (arrow.kind == ArrowKind::reader) {
      if (!fit_to_badge(arrow, curve)) return;
    } else {
      fit_ends(arrow, curve);
    }
    if (!is_repetition(curve)) out_.curves.push_back(curve);
  }

  /// In a trace of steps a cause ends behind its step, and an effect begins before it.
  void fit_ends(const Arrow& arrow, Curve& curve) const {
    if (trace_.clock() == Clock::steps && arrow.kind == ArrowKind::callback) {
      curve.x2 = scale_.x(arrow.to) + 2;
    }
    if (arrow.kind == ArrowKind::work) curve.x2 = scale_.x(arrow.to) + 4;
    if (arrow.kind == ArrowKind::grace_period && trace_.clock() == Clock::steps) {
      curve.x1 = scale_.x(arrow.from + 1);
    }
  }

  /// From the end of the reader to its badge. Return: false if there is no such badge.
  bool fit_to_badge(const Arrow& arrow, Curve& curve) const {
    if (trace_.clock() == Clock::steps) curve.x1 = scale_.x(arrow.from + 1);
    for (const BadgePoint& badge : out_.badges) {
      const Badge& what = lanes_.badges[badge.badge];
      if (what.time != arrow.to || what.reader.value != reader_of(arrow)) continue;
      curve.x2 = badge.x;
      curve.y2 = curve.y1 < badge.y ? badge.y - badge_radius : badge.y + badge_radius;
      return true;
    }
    return false;
  }

  /// Curves that nobody could tell from the one before are left out.
  bool is_repetition(const Curve& curve) const {
    if (out_.curves.empty()) return false;
    const Curve& last = out_.curves.back();
    return last.y1 == curve.y1 && last.y2 == curve.y2 && std::abs(last.x1 - curve.x1) < 2 &&
           std::abs(last.x2 - curve.x2) < 2;
  }

  std::int32_t reader_of(const Arrow& arrow) const {
    return lanes_.lanes[static_cast<std::size_t>(arrow.from_lane)].actor.value;
  }

  const TraceStore& trace_;
  const Lanes& lanes_;
  const TimeScale& scale_;
  Picture& out_;
  std::map<std::int32_t, std::size_t> grace_period_bars_;  ///< Id -> index of its bar.
};

}  // namespace

void place_points(const TraceStore& trace, const Lanes& lanes, const TimeScale& scale,
                  Picture& out) {
  PointPlacer(trace, lanes, scale, out).run();
}

}  // namespace rcuscope::svg
