// SPDX-License-Identifier: LGPL-2.1-or-later
// CPU rasteriser of Dear ImGui's draw data: no GL, no display, the same pixels on every run.
#pragma once

#include <cstdint>
#include <vector>

#include "image.h"

struct ImDrawData;

namespace rcuscope::gui {

/// The font atlas as coverage, 0 to 255.
struct GlyphAtlas {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> coverage;
};

/// Draws over black into `image`, whose size is the framebuffer's.
void rasterize(const ImDrawData& draw_data, const GlyphAtlas& atlas, Image& image);

}  // namespace rcuscope::gui
