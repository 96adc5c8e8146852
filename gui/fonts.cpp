// SPDX-License-Identifier: LGPL-2.1-or-later
// Inter and JetBrains Mono through FreeType, or Dear ImGui's own font when they are not installed.
#include "fonts.h"

#include <array>
#include <cmath>
#include <optional>
#include <system_error>
#include <utility>

#include "imgui_compat.h"

namespace rcuscope::gui {
namespace {

using Paths = std::vector<std::filesystem::path>;

/// Latin, punctuation, arrows and comparison signs. Static, because the atlas keeps the pointer.
constexpr std::array<ImWchar, 11> glyph_ranges = {0x0020, 0x017F, 0x2010, 0x2027, 0x2190, 0x2193,
                                                  0x2264, 0x2265, 0x00D7, 0x00D7, 0};

std::optional<std::string> find_face(const Paths& directories,
                                     std::initializer_list<const char*> names) {
  for (const char* name : names) {
    for (const auto& directory : directories) {
      for (const char* suffix : {".ttf", ".otf"}) {
        const auto path = directory / (std::string(name) + suffix);
        std::error_code ignored;
        if (std::filesystem::is_regular_file(path, ignored)) return path.string();
      }
    }
  }
  return std::nullopt;
}

ImFont* add_built_in(ImFontAtlas& atlas, float size_px) {
  ImFontConfig config;
  config.SizePixels = size_px;
  return atlas.AddFontDefault(&config);
}

Face add_face(ImFontAtlas& atlas, const std::optional<std::string>& file, float size_px) {
  ImFontConfig config;
  config.OversampleH = 1;
  config.PixelSnapH = false;
  ImFont* font = nullptr;
  if (file) font = atlas.AddFontFromFileTTF(file->c_str(), size_px, &config, glyph_ranges.data());
  if (font == nullptr) font = add_built_in(atlas, size_px);
  return {font, size_px};
}

}  // namespace

Paths font_directories() {
  Paths result;
  std::error_code error;
  const auto executable = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error) result.push_back(executable.parent_path().parent_path() / "fonts");
  for (const char* debian :
       {"/usr/share/fonts/opentype/inter", "/usr/share/fonts/truetype/inter",
        "/usr/share/fonts/truetype/jetbrains-mono", "/usr/share/fonts/opentype/jetbrains-mono"}) {
    result.emplace_back(debian);
  }
  return result;
}

Fonts load_fonts(ImFontAtlas& atlas, float scale, const Paths& directories) {
  const auto regular = find_face(directories, {"Inter-Regular"});
  const auto medium = find_face(directories, {"Inter-Medium", "Inter-Regular"});
  const auto semi_bold = find_face(directories, {"Inter-SemiBold", "Inter-Bold", "Inter-Regular"});
  const auto mono = find_face(directories, {"JetBrainsMono-Regular"});
  const auto mono_bold = find_face(directories, {"JetBrainsMono-Bold", "JetBrainsMono-Regular"});
  const bool is_complete = regular && mono;
  compat::use_freetype(atlas);
  // The built-in font is 13 high and wide for its height: one step smaller keeps labels in place.
  const auto size = [&](float px) { return std::floor((is_complete ? px : 13) * scale + 0.5f); };
  Fonts fonts;
  fonts.regular = add_face(atlas, regular, size(15));
  fonts.small = add_face(atlas, medium, size(13));
  fonts.tiny = add_face(atlas, medium, size(12));
  fonts.bold = add_face(atlas, semi_bold, size(15));
  fonts.mono = add_face(atlas, mono, size(14));
  fonts.mono_bold = add_face(atlas, mono_bold, size(14));
  fonts.has_symbols = is_complete;
  return fonts;
}

std::string without_symbols(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> replacements = {
      {{"…", ".."}, {"→", "->"}, {"←", "<-"}, {"–", "-"}, {"≥", ">="}, {"≤", "<="}}};
  std::string result;
  while (!text.empty()) {
    std::string_view in = text.substr(0, 1), out = in;
    for (const auto& [symbol, ascii] : replacements) {
      if (text.starts_with(symbol)) in = symbol, out = ascii;
    }
    result += out;
    text.remove_prefix(in.size());
  }
  return result;
}

}  // namespace rcuscope::gui
