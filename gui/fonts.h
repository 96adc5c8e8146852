// SPDX-License-Identifier: LGPL-2.1-or-later
// Fonts: the six faces of the viewer, found at run time, with a fallback that needs no file.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

struct ImFont;
struct ImFontAtlas;

namespace rcuscope::gui {

/// A font at one size. Dear ImGui 1.92 has no size in ImFont any more, so it stands here.
struct Face {
  ImFont* font = nullptr;
  float size_px = 0;
};

struct Fonts {
  Face regular;    ///< 15: names and buttons.
  Face small;      ///< 13: labels in bars.
  Face tiny;       ///< 12: everything secondary.
  Face bold;       ///< 15: headings.
  Face mono;       ///< 14: source and times.
  Face mono_bold;  ///< 14: the current line.
  /// False with the built-in font, which lacks arrows and the ellipsis.
  bool has_symbols = false;
};

/// Where to look: fonts/ beside the package of this executable, then Debian's paths.
std::vector<std::filesystem::path> font_directories();

/// Fills the atlas for `scale`; whatever is not found in `directories` uses the built-in font.
Fonts load_fonts(ImFontAtlas& atlas, float scale,
                 const std::vector<std::filesystem::path>& directories);

/// The text with the symbols that the built-in font lacks written in ASCII.
std::string without_symbols(std::string_view text);

}  // namespace rcuscope::gui
