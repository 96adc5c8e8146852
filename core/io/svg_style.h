// SPDX-License-Identifier: LGPL-2.1-or-later
// Style sheet of the SVG: the light palette, shapes of kinds, and the key frames of the animation.
#pragma once

#include <string>

#include "trace/store.h"

namespace rcuscope::svg {

inline constexpr double play_seconds =
    14;  ///< One round of the animation, with the rest at its end.
inline constexpr double play_share = 0.86;  ///< Of it, the playhead moves for this part.

/// A short name that no other picture of the same page has, unless it shows the same.
std::string picture_id(const TraceStore& trace);

/// Everything is scoped by `id`, because a notebook puts many pictures into one page.
/// `travel_px`: the way of the playhead from the first to the last moment.
std::string style_sheet(const std::string& id, double travel_px);

/// Hatch patterns and arrow heads, with names that end in `id`.
std::string definitions(const std::string& id);

}  // namespace rcuscope::svg
