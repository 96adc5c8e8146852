// SPDX-License-Identifier: LGPL-2.1-or-later
// What the files that draw a layout share.
#pragma once

#include "timeline/timeline.h"

namespace rcuscope::gui {

/// Opacity of what has not happened yet.
inline constexpr float future_opacity = 0.38f;
/// A finding in the future is dimmed less: it is what one steps towards.
inline constexpr float finding_opacity = 0.6f;

/// Glyphs, their stems and labels.
void draw_marks(Painter& painter, const Session& session, const TimelineLayout& layout);

}  // namespace rcuscope::gui
