// SPDX-License-Identifier: LGPL-2.1-or-later
// OverviewPicture: the whole trace in little, in the pixels of the overview strip; plain data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace rcuscope::gui {

/// A point of the overview strip: a finding, or a reference that is dropped. References that are
/// taken say too little to stand there.
struct OverviewMark {
  float x = 0;
  std::int32_t lane = 0;
  bool is_error = false;
};

/// A grace period, or several.
struct OverviewBand {
  float x0 = 0;
  float x1 = 0;
};

struct OverviewPicture {
  float x0 = 0;  ///< What it was made for.
  float x1 = 0;
  std::size_t event_count = 0;
  std::vector<OverviewBand> bands;
  std::vector<std::size_t> event_counts;  ///< The histogram.
  std::vector<OverviewMark> marks;
};

}  // namespace rcuscope::gui
