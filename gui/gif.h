// SPDX-License-Identifier: LGPL-2.1-or-later
// GifMaker: pictures of the viewer as an animation, with the few colours that it is made of.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "image.h"

namespace rcuscope::gui {

class GifMaker {
 public:
  /// Requires: images of one size, each at most 65535 pixels wide and high.
  void add(const Image& image, int delay_hundredths);
  /// The whole file, which plays for ever. Requires: at least one image.
  std::string finish();

 private:
  void choose_palette(const Image& image);
  std::uint8_t index_of(std::uint32_t rgb);

  int width_ = 0, height_ = 0;
  std::vector<std::uint32_t> palette_;  ///< Of the first image: the colours stay.
  std::unordered_map<std::uint32_t, std::uint8_t> indices_;
  std::vector<std::uint8_t> last_;  ///< Indices of the last image: only what changes is written.
  std::string bytes_;
};

/// The GIF form of Lempel-Ziv-Welch coding of 8-bit indices, in sub-blocks, with its terminator.
std::string compress_gif(const std::vector<std::uint8_t>& indices);

}  // namespace rcuscope::gui
