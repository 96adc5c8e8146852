// SPDX-License-Identifier: LGPL-2.1-or-later
// TimeView: the visible part of the time axis, and time <-> pixel; pure.
#pragma once

#include <algorithm>

namespace rcuscope::gui {

/// In the trace's unit. Invariant: end - start >= span_min, and the view touches its limits' range.
struct TimeView {
  double start = 0;
  double end = 1;

  double span() const { return end - start; }
};

/// How far the view may go.
struct ViewLimits {
  double start = 0;
  double end = 1;
  double span_min = 4;
};

/// Maps a view to the pixels x0 to x1.
struct TimeAxis {
  TimeView view;
  float x0 = 0;
  float x1 = 1;

  double per_pixel() const { return view.span() / std::max(1.0, static_cast<double>(x1 - x0)); }
  float to_x(double time) const {
    // Far outside, floats lose their precision and draw lists overflow: just outside will do.
    const double x = x0 + (time - view.start) / per_pixel();
    return static_cast<float>(std::clamp(x, x0 - 1e5, x1 + 1e5));
  }
  double to_time(float x) const { return view.start + static_cast<double>(x - x0) * per_pixel(); }
};

inline TimeView clamped(TimeView view, const ViewLimits& limits) {
  const double span_max = limits.end - limits.start;
  const double span = std::clamp(view.span(), std::min(limits.span_min, span_max), span_max);
  const double start = std::clamp(view.start, limits.start, limits.end - span);
  return {start, start + span};
}

/// Zooms by `factor` (below 1: in) so that `time` stays where it is on the screen.
inline TimeView zoomed(const TimeView& view, double time, double factor, const ViewLimits& limits) {
  const double span_max = limits.end - limits.start;
  const double span =
      std::clamp(view.span() * factor, std::min(limits.span_min, span_max), span_max);
  const double share = (time - view.start) / view.span();
  return clamped({time - share * span, time + (1 - share) * span}, limits);
}

inline TimeView panned(const TimeView& view, double by, const ViewLimits& limits) {
  return clamped({view.start + by, view.end + by}, limits);
}

/// Shows from..to with a margin of a tenth on both sides.
inline TimeView focused(double from, double to, const ViewLimits& limits) {
  const double margin = std::max((to - from) * 0.1, limits.span_min * 0.25);
  return clamped({from - margin, to + margin}, limits);
}

/// Moves the view as little as needed to show `time` away from the edges.
inline TimeView revealed(const TimeView& view, double time, const ViewLimits& limits) {
  const double margin = view.span() * 0.05;
  if (time < view.start + margin) return panned(view, time - margin - view.start, limits);
  if (time > view.end - margin) return panned(view, time + margin - view.end, limits);
  return view;
}

}  // namespace rcuscope::gui
