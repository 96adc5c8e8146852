// SPDX-License-Identifier: LGPL-2.1-or-later
// Asking a backend whether it works means to try it.
#include "backend.h"

#include <array>
#include <utility>

#include "base/assert.h"

namespace rcuscope::gui {
namespace {

constexpr std::array<std::pair<std::string_view, Backend>, 3> backend_table = {
    {{"glfw", Backend::glfw}, {"egl", Backend::egl}, {"cpu", Backend::cpu}}};

std::string line(const std::string& what, const std::string& found, const std::string& problem) {
  if (problem.empty()) return what + ": " + found + "\n";
  return what + ": none\n  " + problem + "\n";
}

}  // namespace

std::optional<Backend> backend_from_string(std::string_view name) {
  for (const auto& [text, backend] : backend_table) {
    if (text == name) return backend;
  }
  return std::nullopt;
}

Backend automatic_backend(bool is_headless) { return is_headless ? Backend::cpu : Backend::glfw; }

std::unique_ptr<Window> make_picture_window(Backend backend, WindowSize framebuffer,
                                            float content_scale) {
  RCUSCOPE_ASSERT(backend != Backend::glfw);
  return backend == Backend::egl ? make_egl_window(framebuffer, content_scale)
                                 : make_headless_window(framebuffer, content_scale);
}

std::string backends_text() {
  std::string renderer;
  const std::string egl_problem = find_egl_problem(renderer);
  return line("windows (glfw)", "GLFW and OpenGL 3.2", window_problem()) +
         "pictures (cpu): CPU rasteriser\n" +
         line("pictures on demand (egl)", "EGL surfaceless, " + renderer, egl_problem);
}

}  // namespace rcuscope::gui
