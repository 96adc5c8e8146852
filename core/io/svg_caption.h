// SPDX-License-Identifier: LGPL-2.1-or-later
// Captions: what the picture says below the lanes: always what it is about, and while it plays what
// happens now.
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
  std::vector<Caption> captions;           ///< In order of time, not overlapping.
  std::vector<std::string> message_lines;  ///< A finding in the kernel's words, if there is one.
  std::string still;                       ///< The sentences that sum it up.
  std::vector<std::string> still_lines;
  double line_height = 17;
  double height = 0;
};

/// `width_px`: room for a line.
Captions make_captions(const TraceStore& trace, const TimeScale& scale, double width_px);

}  // namespace rcuscope::svg
