// SPDX-License-Identifier: LGPL-2.1-or-later
// Options: the command line of rcuscope-viewer.
#pragma once

#include <span>
#include <string>

#include "theme.h"

namespace rcuscope::gui {

struct Options {
  std::string trace;    ///< The file or directory to open.
  std::string render;   ///< PNG to write instead of opening a window; empty = open one.
  std::string at;       ///< Where the playhead stands; empty = the telling moment.
  std::string script;   ///< Commands for App::run_script before rendering.
  int width_px = 1600;  ///< Design pixels.
  int height_px = 900;
  float scale = 1;  ///< Framebuffer pixels per design pixel, for --render.
  ThemeName theme = ThemeName::light;
  bool wants_help = false;
  bool wants_version = false;
};

/// Throws: UsageError that names the option, its value and what was expected.
Options parse_options(std::span<const char* const> arguments);

std::string help_text();

}  // namespace rcuscope::gui
