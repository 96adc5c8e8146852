// SPDX-License-Identifier: LGPL-2.1-or-later
// WindowState: what a window remembers from one run to the next, in the user's state directory.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "theme.h"
#include "window.h"

namespace rcuscope::gui {

struct WindowState {
  int width_px = 1600;  ///< Design pixels.
  int height_px = 900;
  ThemeName theme = ThemeName::light;
  std::optional<WindowPosition> position = std::nullopt;  ///< None = where the window system likes.

  friend bool operator==(const WindowState&, const WindowState&) = default;
};

/// What is not understood, or is out of range, keeps its default: a damaged file costs nothing.
WindowState parse_window_state(std::string_view text);
std::string to_text(const WindowState& state);

/// $XDG_STATE_HOME/rcuscope/window, else ~/.local/state/rcuscope/window; empty = there is no home.
std::filesystem::path window_state_path();

/// The defaults where there is no such file.
WindowState load_window_state(const std::filesystem::path& path);
/// Return: false if it cannot be written, which is no reason to complain at the end of a run.
bool save_window_state(const WindowState& state, const std::filesystem::path& path);

}  // namespace rcuscope::gui
