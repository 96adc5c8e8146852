// SPDX-License-Identifier: LGPL-2.1-or-later
// Window: where frames go and input comes from; a real one by GLFW, or none at all (backend.h).
#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "image.h"
#include "input.h"

namespace rcuscope::gui {

/// No window can be opened, or nothing drawn with OpenGL. The message says why and what to do
/// instead.
class NoDisplayError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct WindowSize {
  int width_px = 1600;
  int height_px = 900;
};

/// Of the upper left corner, in the screen's coordinates; left of the first screen it is negative.
struct WindowPosition {
  int x = 0;
  int y = 0;

  friend bool operator==(const WindowPosition&, const WindowPosition&) = default;
};

/// A Dear ImGui context must be current while a window lives.
class Window {
 public:
  virtual ~Window() = default;

  virtual bool should_close() const = 0;
  /// Sleeps until something happens, at most that long.
  virtual void wait(double seconds) = 0;
  /// Whether something has happened since the last call, during frames included: it has to be
  /// drawn.
  virtual bool take_event() = 0;
  /// Collects what has happened: keys into `input`, the mouse into Dear ImGui.
  virtual void begin_frame(Input& input) = 0;
  /// Draws Dear ImGui's draw data and shows it.
  virtual void end_frame() = 0;
  /// The atlas was rebuilt, so its texture must be made anew.
  virtual void fonts_changed() = 0;
  /// Framebuffer pixels per design pixel.
  virtual float content_scale() const = 0;
  /// What the window manager shows, where there is one.
  virtual void set_title(const std::string& title) = 0;
  /// In design pixels.
  virtual WindowSize size() const = 0;
  /// Where it stands; none where nobody knows (Wayland) or there is no screen.
  virtual std::optional<WindowPosition> position() const { return std::nullopt; }
  /// Draws the last frame again, to its very end: what a frame costs beside its draw list.
  virtual void render() = 0;
  /// The last frame, drawn again.
  virtual Image read_pixels() = 0;
};

/// Why no window can be opened here; empty = one can.
std::string window_problem();

/// `position` is kept to where a screen would show the window. Throws: NoDisplayError.
std::unique_ptr<Window> make_glfw_window(WindowSize size, const std::string& title,
                                         std::optional<WindowPosition> position = {});

/// Why EGL cannot draw here; empty = it can, and `renderer` is what draws ("llvmpipe ...").
std::string find_egl_problem(std::string& renderer);

/// Draws pictures with OpenGL, without a window system. Throws: NoDisplayError.
std::unique_ptr<Window> make_egl_window(WindowSize framebuffer, float content_scale);

/// Rasterises on the CPU.
std::unique_ptr<Window> make_headless_window(WindowSize framebuffer, float content_scale);

}  // namespace rcuscope::gui
