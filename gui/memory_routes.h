// SPDX-License-Identifier: LGPL-2.1-or-later
// PointerRoute: the way of a pointer from card to card of the memory graph, beside the cards that
// stand between; pure.
#pragma once

#include <vector>

#include "memory_graph.h"

namespace rcuscope::gui {

struct PointerRoute {
  std::vector<Point> points;  ///< At least two; the last one bears the arrow's head.
  Point label_at;             ///< Left end of its upper edge, for a label of the width below.
  bool has_label = true;
};

/// Widths of the pointers' labels in pixels, one each.
using LabelWidths = std::vector<float>;

/// One for each pointer. Requires: place_nodes(), and as many widths as pointers.
std::vector<PointerRoute> route_pointers(const MemoryGraph& graph, const LabelWidths& widths,
                                         float scale);

}  // namespace rcuscope::gui
