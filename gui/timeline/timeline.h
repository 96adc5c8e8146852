// SPDX-License-Identifier: LGPL-2.1-or-later
// The timeline on the screen: input, layout and drawing put together.
#pragma once

#include "session.h"
#include "timeline/layout.h"
#include "ui.h"

namespace rcuscope::gui {

/// Lane names on the left, ruler and lanes on the right.
void draw_timeline(Ui& ui, Session& session, const Rect& area);

/// Of puts in one lane those that stand at least `distance` pixels apart, and all errors.
std::vector<OverviewMark> overview_marks(const Session& session, const TimeAxis& axis,
                                         float distance);

struct Stretch {
  float x0 = 0, x1 = 0;
};
/// Where the overview shows the view: at least `least` pixels wide, and inside the strip.
Stretch window_stretch(const TimeAxis& axis, const TimeView& view, float least);
OverviewPicture picture_overview(const Session& session, const TimeAxis& axis, float scale,
                                 float mark_distance);

/// The whole trace in a strip, with a window that moves the view.
void draw_overview(Ui& ui, Session& session, const Rect& area);

/// Draws what compute_layout decided. Everything after the playhead is dimmed.
void draw_layout(Painter& painter, const Session& session, const TimelineLayout& layout);

/// Draws the measured range, bookmarks, matches of the search and the notice over it.
void draw_annotations(Painter& painter, const Session& session, const TimelineLayout& layout);

/// What is under the pointer: a mark before the bar below it.
Selection find_item(const TimelineLayout& layout, Point at);

/// Width of the column of lane names, in design pixels.
inline constexpr float lane_names_width = 218;

}  // namespace rcuscope::gui
