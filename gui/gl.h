// SPDX-License-Identifier: LGPL-2.1-or-later
// GlFunctions: what our windows call of OpenGL beside Dear ImGui's backend, loaded by pointer, so
// that libGL is no link-time need of headless use.
#pragma once

#include <GL/gl.h>
#include <GL/glext.h>

#include "image.h"
#include "window.h"

namespace rcuscope::gui {

struct GlFunctions {
  decltype(&glViewport) viewport = nullptr;
  decltype(&glClear) clear = nullptr;
  decltype(&glFinish) finish = nullptr;
  decltype(&glGetString) get_string = nullptr;
  decltype(&glReadPixels) read_pixels = nullptr;
  decltype(&glPixelStorei) pixel_store = nullptr;
  PFNGLGENFRAMEBUFFERSPROC gen_framebuffers = nullptr;
  PFNGLDELETEFRAMEBUFFERSPROC delete_framebuffers = nullptr;
  PFNGLBINDFRAMEBUFFERPROC bind_framebuffer = nullptr;
  PFNGLFRAMEBUFFERRENDERBUFFERPROC framebuffer_renderbuffer = nullptr;
  PFNGLCHECKFRAMEBUFFERSTATUSPROC check_framebuffer_status = nullptr;
  PFNGLGENRENDERBUFFERSPROC gen_renderbuffers = nullptr;
  PFNGLDELETERENDERBUFFERSPROC delete_renderbuffers = nullptr;
  PFNGLBINDRENDERBUFFERPROC bind_renderbuffer = nullptr;
  PFNGLRENDERBUFFERSTORAGEPROC renderbuffer_storage = nullptr;

  using GetAddress = void (*(*)(const char*))();
  /// Requires: a current context of OpenGL 3.2.
  void load(GetAddress get_address);
};

/// Draws Dear ImGui's last frame over black into the bound framebuffer.
void render_draw_data(const GlFunctions& gl, WindowSize framebuffer);

/// The pixels of the bound framebuffer, opaque, rows from the top.
Image read_framebuffer(const GlFunctions& gl, WindowSize framebuffer);

}  // namespace rcuscope::gui
