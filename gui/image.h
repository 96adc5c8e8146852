// SPDX-License-Identifier: LGPL-2.1-or-later
// Image: pixels of a finished frame, and the PNG file made of them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace rcuscope::gui {

struct Image {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> rgba;  ///< Rows from the top, 4 bytes a pixel, opaque.

  /// The pixel as 0xRRGGBB.
  std::uint32_t rgb(int x, int y) const {
    const std::size_t i = (static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                           static_cast<std::size_t>(x)) *
                          4;
    return static_cast<std::uint32_t>(rgba[i] << 16 | rgba[i + 1] << 8 | rgba[i + 2]);
  }
};

/// Same image, same bytes. Throws: std::system_error if the file cannot be written.
void save_png(const Image& image, const std::filesystem::path& path);

}  // namespace rcuscope::gui
