// SPDX-License-Identifier: LGPL-2.1-or-later
// Captions: what the picture says below the lanes, while it plays and when it stands still.
#pragma once

#include <string>
#include <vector>

#include "trace/store.h"

namespace rcuscope::svg {

/// One sentence, shown between two moments, each a share (0 to 1) of the trace's duration.
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
Captions make_captions(const TraceStore& trace, double width_px);

}  // namespace rcuscope::svg
