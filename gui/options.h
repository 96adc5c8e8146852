// SPDX-License-Identifier: LGPL-2.1-or-later
// Options: the command line of rcuscope-viewer.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backend.h"
#include "theme.h"

namespace rcuscope::gui {

struct Options {
  std::string trace;          ///< The file or directory to open; empty = the session page.
  std::string other;          ///< A second trace, to compare with; empty = none.
  std::string kernel_source;  ///< The directory of a kernel's source; empty = none.
  std::string render;         ///< PNG to write instead of opening a window; empty = open one.
  std::string at;             ///< Where the playhead stands; empty = the telling moment.
  std::vector<std::string> sources;  ///< Directories in which source files are looked for.
  std::string searched;              ///< Of the verdict: "5 of 12 schedules"; may be empty.
  std::string input_log;             ///< File for each input; empty = none.
  std::string script;                ///< Commands for App::run_script, without a display.
  int width_px = 1600;               ///< Design pixels.
  int height_px = 900;
  float scale = 1;  ///< Framebuffer pixels per design pixel, for --render.
  ThemeName theme = ThemeName::light;
  std::optional<Backend> backend = std::nullopt;  ///< None = automatic.
  bool has_size = false;                          ///< The size was given.
  bool has_theme = false;                         ///< The theme was given.
  bool wants_follow = false;                      ///< The trace is a recording that goes on.
  bool wants_text = false;      ///< Print the page as text instead of opening a window.
  bool wants_backends = false;  ///< Only tell what it can draw with.
  bool wants_help = false;
  bool wants_version = false;
};

/// Whether it works without a window.
inline bool is_headless(const Options& options) {
  return !options.render.empty() || options.wants_text || !options.script.empty();
}

/// Throws: UsageError that names the option, its value and what was expected.
Options parse_options(std::span<const char* const> arguments);

std::string help_text();

}  // namespace rcuscope::gui
