// SPDX-License-Identifier: LGPL-2.1-or-later
// Backend: what frames are drawn with, by name, and which of them works on this machine.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "window.h"

namespace rcuscope::gui {

enum class Backend : std::uint8_t {
  glfw,  ///< A window, drawn with OpenGL.
  egl,   ///< Pictures, drawn with OpenGL without a window system: EGL_MESA_platform_surfaceless.
  cpu,   ///< Pictures, drawn by the rasteriser in raster.h: needs nothing, same bytes everywhere.
};

/// "glfw", "egl", "cpu".
std::optional<Backend> backend_from_string(std::string_view name);

/// What is used when nobody has chosen. Pictures are the CPU rasteriser's whatever else works: they
/// must not depend on the machine, and it is four times as fast as OpenGL in software.
Backend automatic_backend(bool is_headless);

/// A window for pictures of that many framebuffer pixels.
/// Throws: NoDisplayError if it is OpenGL's and there is none. Requires: not glfw.
std::unique_ptr<Window> make_picture_window(Backend backend, WindowSize framebuffer,
                                            float content_scale);

/// One line for each backend: what it is for and what draws, or "none" with the reason below it.
std::string backends_text();

}  // namespace rcuscope::gui
