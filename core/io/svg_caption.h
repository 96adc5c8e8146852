// SPDX-License-Identifier: LGPL-2.1-or-later
// Captions: what the picture says below the lanes, while it plays and when it stands still.
#pragma once

#include <string>
#include <vector>

#include "io/svg_layout.h"

namespace rcuscope::svg {

/// One sentence, shown between two places of the playhead, each a share (0 to 1) of its way.
struct Caption {
  double from = 0;
  double to = 0;
  std::string text;
};

struct Captions {
  std::vector<Caption> captions;  ///< In order of time, not overlapping.
  std::string still;              ///< The sentence that sums it up.
  std::vector<std::string> still_lines;
  double line_height = 17;
  double height = 0;
};

/// `width_px`: room for a line.
Captions make_captions(const TraceStore& trace, const TimeScale& scale, double width_px);

}  // namespace rcuscope::svg
