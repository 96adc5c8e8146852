// SPDX-License-Identifier: LGPL-2.1-or-later
// Pictures by OpenGL without a window system: EGL_MESA_platform_surfaceless and a framebuffer
// object. With Mesa it works on a machine without a graphics card, too (llvmpipe).
#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <backends/imgui_impl_opengl3.h>
#include <dlfcn.h>
#include <imgui.h>

#include <cstdio>
#include <string>
#include <string_view>

#include "gl.h"
#include "window.h"
#include "window_offscreen.h"

namespace rcuscope::gui {
namespace {

NoDisplayError no_egl(const std::string& reason) {
  return NoDisplayError("cannot draw with EGL (" + reason +
                        "); --backend cpu draws the same picture and needs no OpenGL");
}

std::string in_hex(unsigned number) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%x", number);
  return text;
}

/// Loaded when it is asked for: the viewer starts where there is no libEGL. Never unloaded, because
/// drivers leave threads and exit handlers behind.
struct EglFunctions {
  decltype(&eglGetProcAddress) get_proc_address = nullptr;
  decltype(&eglQueryString) query_string = nullptr;
  decltype(&eglInitialize) initialize = nullptr;
  decltype(&eglBindAPI) bind_api = nullptr;
  decltype(&eglChooseConfig) choose_config = nullptr;
  decltype(&eglCreateContext) create_context = nullptr;
  decltype(&eglDestroyContext) destroy_context = nullptr;
  decltype(&eglMakeCurrent) make_current = nullptr;
  decltype(&eglGetError) get_error = nullptr;
  PFNEGLGETPLATFORMDISPLAYEXTPROC get_platform_display = nullptr;

  EglFunctions() {
    void* const library = open("libEGL.so.1", "libegl1");
    // Dear ImGui's loader takes OpenGL's functions from there, whatever made the context.
    open("libGL.so.1", "libgl1");
    const auto one = [library]<class Function>(Function& function, const char* name) {
      function = reinterpret_cast<Function>(dlsym(library, name));
      if (function == nullptr) throw no_egl(std::string("libEGL has no ") + name);
    };
    one(get_proc_address, "eglGetProcAddress");
    one(query_string, "eglQueryString");
    one(initialize, "eglInitialize");
    one(bind_api, "eglBindAPI");
    one(choose_config, "eglChooseConfig");
    one(create_context, "eglCreateContext");
    one(destroy_context, "eglDestroyContext");
    one(make_current, "eglMakeCurrent");
    one(get_error, "eglGetError");
    get_platform_display = reinterpret_cast<PFNEGLGETPLATFORMDISPLAYEXTPROC>(
        get_proc_address("eglGetPlatformDisplayEXT"));
  }

  static void* open(const char* name, const char* package) {
    void* const library = dlopen(name, RTLD_LAZY | RTLD_GLOBAL);
    if (library == nullptr) {
      throw no_egl(std::string(name) + " is not installed; Debian, Ubuntu: " + package);
    }
    return library;
  }

  NoDisplayError failed(const char* what) const {
    return no_egl(std::string(what) + " failed with " + in_hex(static_cast<unsigned>(get_error())));
  }
};

/// The display is one for all windows of the process and is left to it; a context has one owner.
class EglContext {
 public:
  EglContext() {
    const char* const known = egl_.query_string(EGL_NO_DISPLAY, EGL_EXTENSIONS);
    const std::string_view extensions = known != nullptr ? known : "";
    if (egl_.get_platform_display == nullptr ||
        extensions.find("EGL_MESA_platform_surfaceless") == std::string_view::npos) {
      throw no_egl("this EGL has no EGL_MESA_platform_surfaceless; Debian, Ubuntu: libegl-mesa0");
    }
    display_ =
        egl_.get_platform_display(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, nullptr);
    if (display_ == EGL_NO_DISPLAY || egl_.initialize(display_, nullptr, nullptr) == EGL_FALSE) {
      throw egl_.failed("eglInitialize");
    }
    if (egl_.bind_api(EGL_OPENGL_API) == EGL_FALSE) throw egl_.failed("eglBindAPI");
    constexpr EGLint wanted[] = {EGL_SURFACE_TYPE, EGL_PBUFFER_BIT, EGL_RENDERABLE_TYPE,
                                 EGL_OPENGL_BIT, EGL_NONE};
    EGLConfig config = nullptr;
    EGLint count = 0;
    if (egl_.choose_config(display_, wanted, &config, 1, &count) == EGL_FALSE || count < 1) {
      throw egl_.failed("eglChooseConfig");
    }
    constexpr EGLint version[] = {EGL_CONTEXT_MAJOR_VERSION,
                                  3,
                                  EGL_CONTEXT_MINOR_VERSION,
                                  2,
                                  EGL_CONTEXT_OPENGL_PROFILE_MASK,
                                  EGL_CONTEXT_OPENGL_CORE_PROFILE_BIT,
                                  EGL_NONE};
    context_ = egl_.create_context(display_, config, EGL_NO_CONTEXT, version);
    if (context_ == EGL_NO_CONTEXT) throw egl_.failed("eglCreateContext for OpenGL 3.2");
    make_current();
  }

  ~EglContext() {
    egl_.make_current(display_, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
    egl_.destroy_context(display_, context_);
  }

  EglContext(const EglContext&) = delete;
  EglContext& operator=(const EglContext&) = delete;

  /// Another window of this thread may have drawn last.
  void make_current() const {
    if (egl_.make_current(display_, EGL_NO_SURFACE, EGL_NO_SURFACE, context_) == EGL_FALSE) {
      throw egl_.failed("eglMakeCurrent");
    }
  }

  GlFunctions functions() const {
    GlFunctions gl;
    gl.load(egl_.get_proc_address);
    return gl;
  }

 private:
  EglFunctions egl_;
  EGLDisplay display_ = EGL_NO_DISPLAY;
  EGLContext context_ = EGL_NO_CONTEXT;
};

class EglWindow final : public OffscreenWindow {
 public:
  EglWindow(WindowSize framebuffer, float content_scale)
      : OffscreenWindow(framebuffer, content_scale), gl_(context_.functions()) {
    make_framebuffer();
    if (!ImGui_ImplOpenGL3_Init("#version 150")) {
      delete_framebuffer();
      throw no_egl("Dear ImGui cannot load OpenGL");
    }
  }

  ~EglWindow() override {
    context_.make_current();
    ImGui_ImplOpenGL3_Shutdown();
    delete_framebuffer();
  }

  EglWindow(const EglWindow&) = delete;
  EglWindow& operator=(const EglWindow&) = delete;

  void begin_frame(Input& input) override {
    context_.make_current();
    ImGui_ImplOpenGL3_NewFrame();
    OffscreenWindow::begin_frame(input);
  }

  void fonts_changed() override {
    context_.make_current();
    ImGui_ImplOpenGL3_DestroyDeviceObjects();
    ImGui_ImplOpenGL3_CreateDeviceObjects();
  }

  void render() override {
    context_.make_current();
    gl_.bind_framebuffer(GL_FRAMEBUFFER, framebuffer_name_);
    if (ImGui::GetDrawData() != nullptr) render_draw_data(gl_, framebuffer());
    gl_.finish();
  }

  Image read_pixels() override {
    render();
    return read_framebuffer(gl_, framebuffer());
  }

 private:
  void make_framebuffer() {
    const WindowSize size = framebuffer();
    gl_.gen_renderbuffers(1, &pixels_);
    gl_.bind_renderbuffer(GL_RENDERBUFFER, pixels_);
    gl_.renderbuffer_storage(GL_RENDERBUFFER, GL_RGBA8, size.width_px, size.height_px);
    gl_.gen_framebuffers(1, &framebuffer_name_);
    gl_.bind_framebuffer(GL_FRAMEBUFFER, framebuffer_name_);
    gl_.framebuffer_renderbuffer(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER, pixels_);
    if (gl_.check_framebuffer_status(GL_FRAMEBUFFER) != GL_FRAMEBUFFER_COMPLETE) {
      delete_framebuffer();
      throw no_egl("OpenGL has no framebuffer of " + std::to_string(size.width_px) + " x " +
                   std::to_string(size.height_px) + " pixels");
    }
  }

  void delete_framebuffer() {
    gl_.delete_framebuffers(1, &framebuffer_name_);
    gl_.delete_renderbuffers(1, &pixels_);
  }

  EglContext context_;
  GlFunctions gl_;
  GLuint framebuffer_name_ = 0;
  GLuint pixels_ = 0;
};

}  // namespace

std::string find_egl_problem(std::string& renderer) {
  try {
    const EglContext context;
    const GLubyte* const name = context.functions().get_string(GL_RENDERER);
    renderer = name != nullptr ? reinterpret_cast<const char*>(name) : "an unknown renderer";
    return {};
  } catch (const NoDisplayError& error) {
    return error.what();
  }
}

std::unique_ptr<Window> make_egl_window(WindowSize framebuffer, float content_scale) {
  return std::make_unique<EglWindow>(framebuffer, content_scale);
}

}  // namespace rcuscope::gui
