// SPDX-License-Identifier: LGPL-2.1-or-later
// The overview strip: the whole trace in little, and the window that shows and moves the view.
#include <algorithm>
#include <cmath>
#include <vector>

#include "timeline/timeline.h"

namespace rcuscope::gui {
namespace {

/// Up to here each span is drawn; beyond, a histogram of events says more.
constexpr std::size_t miniature_event_count_max = 800;
constexpr float window_width_min = 16;
/// Of the histogram, in design pixels.
constexpr float bucket_width = 4;

std::vector<std::size_t> count_events(const Session& session, const TimeAxis& axis, float width) {
  const auto& times = session.trace().columns().time;
  std::vector<std::size_t> counts(
      static_cast<std::size_t>(std::max(0.0f, (axis.x1 - axis.x0) / width)));
  auto first = times.begin();
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double limit = axis.to_time(axis.x0 + static_cast<float>(i + 1) * width);
    const auto last = std::partition_point(
        first, times.end(), [limit](Timestamp time) { return static_cast<double>(time) < limit; });
    counts[i] = static_cast<std::size_t>(last - first);
    first = last;
  }
  return counts;
}

std::vector<OverviewBand> overview_bands(const Session& session, const TimeAxis& axis) {
  std::vector<FoldedRun> runs;
  for (std::size_t lane = 0; lane < session.lanes().lanes.size(); ++lane) {
    if (session.lanes().lanes[lane].kind != LaneKind::grace_periods) continue;
    for (const Track& track : session.index().lanes[lane].slots) {
      fold(track, axis.view.start, axis.view.end, axis.per_pixel(), runs);
    }
  }
  std::vector<OverviewBand> bands;
  for (const FoldedRun& run : runs) {
    const float x0 = axis.to_x(static_cast<double>(run.start));
    bands.push_back({x0, std::max(axis.to_x(static_cast<double>(run.end)), x0 + 1)});
  }
  return bands;
}

class OverviewStrip {
 public:
  OverviewStrip(Ui& ui, Session& session, const Rect& area)
      : ui_(ui), p_(ui.paint), theme_(ui.paint.theme()), session_(session), area_(area) {
    strip_ = {area.x0 + p_.px(lane_names_width + 10), area.y0 + p_.px(10), area.x1 - p_.px(12),
              area.y1 - p_.px(10)};
    axis_ = {{session.limits().start, session.limits().end}, strip_.x0, strip_.x1};
  }

  void draw() {
    handle_input();
    p_.fill(area_, theme_.panel);
    p_.line({area_.x0, area_.y0}, {area_.x1, area_.y0}, theme_.line_strong, 1);
    draw_summary();
    p_.fill(strip_, theme_.raised, p_.px(5));
    p_.push_clip(strip_);
    draw_bands();
    session_.trace().size() <= miniature_event_count_max ? draw_miniature() : draw_histogram();
    p_.pop_clip();
    draw_window();
    draw_annotations();
    draw_playhead();
  }

 private:
  float x_of(Timestamp time) const { return axis_.to_x(static_cast<double>(time)); }

  /// Of the view; never so narrow that nobody could see or take it.
  Rect window() const {
    const Stretch at = window_stretch(axis_, session_.view, p_.px(window_width_min));
    return {at.x0, strip_.y0 - p_.px(2), at.x1, strip_.y1 + p_.px(2)};
  }

  void handle_input() {
    const Mouse mouse = current_mouse();
    const Rect w = window();
    const float grip = std::min(p_.px(6), w.width() / 4);
    const double moved = static_cast<double>(mouse.moved.x) * axis_.per_pixel();
    const Response left = ui_.interact("overview.start", {w.x0 - grip, w.y0, w.x0 + grip, w.y1});
    const Response right = ui_.interact("overview.end", {w.x1 - grip, w.y0, w.x1 + grip, w.y1});
    const Response strip = ui_.interact("overview", strip_);
    TimeView view = session_.view;
    const double least = session_.limits().span_min;
    if (left.is_active) {
      view.start = std::min(view.start + moved, view.end - least);
    } else if (right.is_active) {
      view.end = std::max(view.end + moved, view.start + least);
    } else if (strip.is_active) {
      const double time = axis_.to_time(mouse.at.x);
      const bool is_inside = mouse.at.x >= w.x0 && mouse.at.x <= w.x1;
      if (strip.is_pressed && !is_inside) {
        view = panned(view, time - (view.start + view.end) / 2, session_.limits());
      } else {
        view = panned(view, moved, session_.limits());
      }
    }
    session_.view = clamped(view, session_.limits());
    if (strip.is_double_clicked) session_.fit();
  }

  void draw_summary() {
    const Face& tiny = p_.fonts().tiny;
    const TraceStore& trace = session_.trace();
    const float x = area_.x0 + p_.px(14);
    p_.text(tiny, x, area_.y0 + p_.px(12), theme_.text_faint, "whole trace");
    const Timestamp length = session_.lanes().end - session_.lanes().start;
    const std::string text = session_.format().duration(static_cast<double>(length)) + "   " +
                             with_thousands(std::to_string(trace.size())) + " events";
    p_.text(tiny, x, area_.y0 + p_.px(28), theme_.text_secondary, text);
    if (trace.events_lost_count() == 0) return;
    p_.text(tiny, x, area_.y0 + p_.px(44), theme_.error,
            with_thousands(std::to_string(trace.events_lost_count())) + " events lost");
  }

  void draw_bands() {
    for (const OverviewBand& band : picture().bands) {
      p_.fill_plain({band.x0, strip_.y0, band.x1, strip_.y1}, fade(theme_.grace_period, 0.15f));
    }
  }

  /// Made anew only when the strip or the trace has changed.
  const OverviewPicture& picture() {
    OverviewPicture& kept = session_.overview;
    const bool is_miniature = session_.trace().size() <= miniature_event_count_max;
    const bool is_same =
        kept.x0 == axis_.x0 && kept.x1 == axis_.x1 && kept.event_count == session_.trace().size();
    if (!is_same) {
      kept = picture_overview(session_, axis_, p_.scale(), is_miniature ? 0 : p_.px(8));
    }
    return kept;
  }

  void draw_miniature() {
    const auto count = static_cast<float>(std::max<std::size_t>(1, session_.lanes().lanes.size()));
    const float row = (strip_.height() - p_.px(6)) / count;
    const float bar = std::clamp(row * 0.62f, 1.5f, p_.px(5));
    const auto middle = [&](std::int32_t lane) {
      return strip_.y0 + p_.px(3) + row * (static_cast<float>(lane) + 0.5f);
    };
    for (const Span& span : session_.lanes().spans) {
      if (span.kind == SpanKind::actor || span.kind == SpanKind::implicit) continue;
      if (span.start == span.end && !span.is_open) continue;
      const float x0 = x_of(span.start), x1 = std::max(x_of(span.end), x0 + p_.px(2));
      const float y = middle(span.lane);
      Span shown = span;
      shown.is_error = false;
      const float opacity = span.kind == SpanKind::blocked ? 0.6f : 0.85f;
      p_.fill({x0, y - bar / 2, x1, y + bar / 2}, fade(span_color(theme_, shown), opacity), 1);
    }
    for (const OverviewMark& mark : picture().marks) {
      draw_mark(mark, {mark.x, middle(mark.lane)});
    }
  }

  void draw_histogram() {
    const std::vector<std::size_t>& counts = picture().event_counts;
    const std::size_t most = std::max<std::size_t>(
        1, counts.empty() ? 0 : *std::max_element(counts.begin(), counts.end()));
    for (std::size_t i = 0; i < counts.size(); ++i) {
      if (counts[i] == 0) continue;
      const float share = static_cast<float>(counts[i]) / static_cast<float>(most);
      const float x = strip_.x0 + static_cast<float>(i) * p_.px(bucket_width);
      const float height = std::max(p_.px(2), share * (strip_.height() - p_.px(6)));
      p_.fill_soft(
          {x + p_.px(0.5f), strip_.y1 - p_.px(3) - height, x + p_.px(3.2f), strip_.y1 - p_.px(3)},
          fade(theme_.reader, 0.75f));
    }
    for (const OverviewMark& mark : picture().marks) {
      draw_mark(mark, {mark.x, strip_.y0 + p_.px(6)});
    }
  }

  void draw_mark(const OverviewMark& mark, Point at) {
    if (mark.is_error) {
      p_.circle(at, p_.px(3.5f), theme_.error);
    } else {
      p_.diamond_plain(at, p_.px(3), theme_.release);
    }
  }

  void draw_window() {
    const Rect w = window();
    const Color veil = fade(theme_.background, 0.62f);
    p_.fill({strip_.x0, strip_.y0, std::max(strip_.x0, w.x0), strip_.y1}, veil, p_.px(5));
    p_.fill({std::min(strip_.x1, w.x1), strip_.y0, strip_.x1, strip_.y1}, veil, p_.px(5));
    p_.stroke(w, theme_.accent, p_.px(5), p_.px(1.8f));
    const float middle = (w.y0 + w.y1) / 2;
    for (const float x : {w.x0, w.x1}) {
      p_.fill({x - p_.px(3), middle - p_.px(9), x + p_.px(3), middle + p_.px(9)}, theme_.accent,
              p_.px(3));
    }
  }

  /// Range, matches and bookmarks, so that those outside the view are found.
  void draw_annotations() {
    if (session_.range) {
      const float x0 = axis_.to_x(session_.range->from);
      const float x1 = std::max(axis_.to_x(session_.range->to), x0 + p_.px(2));
      p_.fill({x0, strip_.y1 - p_.px(4), x1, strip_.y1}, theme_.accent, p_.px(2));
    }
    draw_matches();
    for (const Timestamp time : session_.bookmarks) {
      const float x = x_of(time);
      p_.line({x, strip_.y0}, {x, strip_.y1}, theme_.mutex, p_.px(1.5f));
    }
  }

  /// At most one a pixel.
  void draw_matches() {
    const auto& matches = session_.search.matches;
    for (auto next = matches.begin(); next != matches.end();) {
      const float x = x_of(session_.trace().time(*next));
      p_.fill_plain({x - p_.px(0.7f), strip_.y0, x + p_.px(0.7f), strip_.y0 + p_.px(8)},
                    theme_.accent);
      const double time = axis_.to_time(x + 1);
      next = std::partition_point(next + 1, matches.end(), [&](std::uint32_t i) {
        return static_cast<double>(session_.trace().time(i)) < time;
      });
    }
  }

  void draw_playhead() {
    const Color color = session_.finding_so_far() ? theme_.error : theme_.playhead;
    const float x = axis_.to_x(drawn_time(session_.trace().clock(), session_.playback.position()));
    p_.line({x, strip_.y0 - p_.px(4)}, {x, strip_.y1 + p_.px(4)}, color, p_.px(2));
    p_.circle({x, strip_.y0 - p_.px(4)}, p_.px(4), color);
  }

  Ui& ui_;
  Painter& p_;
  const Theme& theme_;
  Session& session_;
  Rect area_, strip_;
  TimeAxis axis_;
};

}  // namespace

Stretch window_stretch(const TimeAxis& axis, const TimeView& view, float least) {
  const float x0 = axis.to_x(view.start), x1 = axis.to_x(view.end);
  if (x1 - x0 >= least) return {x0, x1};
  const float middle = std::clamp((x0 + x1) / 2, axis.x0 + least / 2,
                                  std::max(axis.x0 + least / 2, axis.x1 - least / 2));
  return {middle - least / 2, middle + least / 2};
}

std::vector<OverviewMark> overview_marks(const Session& session, const TimeAxis& axis,
                                         float distance) {
  std::vector<OverviewMark> puts, errors;
  for (std::size_t lane = 0; lane < session.index().lanes.size(); ++lane) {
    const MarkTrack& track = session.index().lanes[lane].marks;
    // Of one lane those that stand at least so far apart; 0 = all of them.
    const auto collect = [&](const std::vector<std::uint32_t>& positions, double pixels,
                             std::vector<OverviewMark>& out) {
      for (auto at = positions.begin(); at != positions.end();) {
        const auto time = static_cast<double>(track.times[*at]);
        const bool is_error = &out == &errors;
        out.push_back({axis.to_x(drawn_time(session.trace().clock(), time)),
                       static_cast<std::int32_t>(lane), is_error});
        const double next = time + pixels * axis.per_pixel();
        at = pixels <= 0 ? at + 1
                         : std::partition_point(at + 1, positions.end(), [&](std::uint32_t p) {
                             return static_cast<double>(track.times[p]) < next;
                           });
      }
    };
    collect(track.puts, static_cast<double>(distance), puts);
    collect(track.errors, distance > 0 ? 1 : 0, errors);
  }
  puts.insert(puts.end(), errors.begin(), errors.end());  // above them
  return puts;
}

OverviewPicture picture_overview(const Session& session, const TimeAxis& axis, float scale,
                                 float mark_distance) {
  return {axis.x0,
          axis.x1,
          session.trace().size(),
          overview_bands(session, axis),
          count_events(session, axis, bucket_width * scale),
          overview_marks(session, axis, mark_distance)};
}

void draw_overview(Ui& ui, Session& session, const Rect& area) {
  OverviewStrip(ui, session, area).draw();
}

}  // namespace rcuscope::gui
