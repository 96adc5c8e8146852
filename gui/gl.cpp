// SPDX-License-Identifier: LGPL-2.1-or-later
// OpenGL for both windows that draw with it.
#include "gl.h"

#include <backends/imgui_impl_opengl3.h>
#include <imgui.h>

#include <algorithm>

namespace rcuscope::gui {

void GlFunctions::load(GetAddress get_address) {
  const auto one = [get_address]<class Function>(Function& function, const char* name) {
    function = reinterpret_cast<Function>(get_address(name));
  };
  one(viewport, "glViewport");
  one(clear, "glClear");
  one(finish, "glFinish");
  one(get_string, "glGetString");
  one(read_pixels, "glReadPixels");
  one(pixel_store, "glPixelStorei");
  one(gen_framebuffers, "glGenFramebuffers");
  one(delete_framebuffers, "glDeleteFramebuffers");
  one(bind_framebuffer, "glBindFramebuffer");
  one(framebuffer_renderbuffer, "glFramebufferRenderbuffer");
  one(check_framebuffer_status, "glCheckFramebufferStatus");
  one(gen_renderbuffers, "glGenRenderbuffers");
  one(delete_renderbuffers, "glDeleteRenderbuffers");
  one(bind_renderbuffer, "glBindRenderbuffer");
  one(renderbuffer_storage, "glRenderbufferStorage");
}

void render_draw_data(const GlFunctions& gl, WindowSize framebuffer) {
  gl.viewport(0, 0, framebuffer.width_px, framebuffer.height_px);
  gl.clear(GL_COLOR_BUFFER_BIT);
  ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
}

Image read_framebuffer(const GlFunctions& gl, WindowSize framebuffer) {
  Image image{framebuffer.width_px, framebuffer.height_px, {}};
  const auto row = static_cast<std::size_t>(image.width) * 4;
  image.rgba.resize(row * static_cast<std::size_t>(image.height));
  gl.pixel_store(GL_PACK_ALIGNMENT, 1);
  gl.read_pixels(0, 0, image.width, image.height, GL_RGBA, GL_UNSIGNED_BYTE, image.rgba.data());
  // GL's first row is the lowest.
  for (std::size_t top = 0, bottom = image.rgba.size(); top + row < bottom; top += row) {
    bottom -= row;
    std::swap_ranges(image.rgba.begin() + static_cast<std::ptrdiff_t>(top),
                     image.rgba.begin() + static_cast<std::ptrdiff_t>(top + row),
                     image.rgba.begin() + static_cast<std::ptrdiff_t>(bottom));
  }
  for (std::size_t i = 3; i < image.rgba.size(); i += 4) image.rgba[i] = 255;
  return image;
}

}  // namespace rcuscope::gui
