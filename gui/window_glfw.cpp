// SPDX-License-Identifier: LGPL-2.1-or-later
// A real window: GLFW, OpenGL 3.2 and Dear ImGui's own backends for both.
#define GLFW_INCLUDE_NONE
#include <GL/gl.h>
#include <GLFW/glfw3.h>
#include <backends/imgui_impl_glfw.h>
#include <backends/imgui_impl_opengl3.h>
#include <imgui.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "window.h"

namespace rcuscope::gui {
namespace {

std::optional<Key> key_from_glfw(int key) {
  switch (key) {
    case GLFW_KEY_SPACE:
      return Key::space;
    case GLFW_KEY_LEFT:
      return Key::left;
    case GLFW_KEY_RIGHT:
      return Key::right;
    case GLFW_KEY_UP:
      return Key::up;
    case GLFW_KEY_DOWN:
      return Key::down;
    case GLFW_KEY_HOME:
      return Key::home;
    case GLFW_KEY_END:
      return Key::end;
    case GLFW_KEY_ESCAPE:
      return Key::escape;
    case GLFW_KEY_TAB:
      return Key::tab;
    case GLFW_KEY_ENTER:
    case GLFW_KEY_KP_ENTER:
      return Key::enter;
    case GLFW_KEY_BACKSPACE:
      return Key::backspace;
    default:
      return std::nullopt;
  }
}

NoDisplayError no_display() {
  const char* reason = nullptr;
  glfwGetError(&reason);
  return NoDisplayError(std::string("cannot open a window (") +
                        (reason != nullptr ? reason : "GLFW gives no reason") +
                        "); set DISPLAY, or draw a picture with --render out.png");
}

void set_hints() {
  glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 3);
  glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, 2);
  glfwWindowHint(GLFW_OPENGL_PROFILE, GLFW_OPENGL_CORE_PROFILE);
  glfwWindowHint(GLFW_OPENGL_FORWARD_COMPAT, 1);
  glfwWindowHint(GLFW_SCALE_TO_MONITOR, 1);
}

/// GL is loaded by pointer: libGL must not be a link-time need of headless use.
struct GlFunctions {
  decltype(&glViewport) viewport = nullptr;
  decltype(&glClear) clear = nullptr;
  decltype(&glReadPixels) read_pixels = nullptr;
  decltype(&glPixelStorei) pixel_store = nullptr;

  void load() {
    load_one(viewport, "glViewport");
    load_one(clear, "glClear");
    load_one(read_pixels, "glReadPixels");
    load_one(pixel_store, "glPixelStorei");
  }
  template <class Function>
  static void load_one(Function& function, const char* name) {
    function = reinterpret_cast<Function>(glfwGetProcAddress(name));
  }
};

class GlfwWindow final : public Window {
 public:
  GlfwWindow(WindowSize size, const std::string& title) {
    glfwSetErrorCallback(nullptr);
    if (glfwInit() == 0) throw no_display();
    set_hints();
    window_ = glfwCreateWindow(size.width_px, size.height_px, title.c_str(), nullptr, nullptr);
    if (window_ == nullptr) {
      const NoDisplayError error = no_display();
      glfwTerminate();
      throw error;
    }
    glfwMakeContextCurrent(window_);
    glfwSwapInterval(1);
    gl_.load();
    set_callbacks();
    ImGui_ImplGlfw_InitForOpenGL(window_, true);
    ImGui_ImplOpenGL3_Init("#version 150");
  }

  ~GlfwWindow() override {
    ImGui_ImplOpenGL3_Shutdown();
    ImGui_ImplGlfw_Shutdown();
    glfwDestroyWindow(window_);
    glfwTerminate();
  }

  GlfwWindow(const GlfwWindow&) = delete;
  GlfwWindow& operator=(const GlfwWindow&) = delete;

  bool should_close() const override { return glfwWindowShouldClose(window_) != 0; }

  void wait(double seconds) override { glfwWaitEventsTimeout(seconds); }

  bool take_event() override { return std::exchange(has_event_, false); }

  void begin_frame(Input& input) override {
    glfwPollEvents();
    input.keys.insert(input.keys.end(), keys_.begin(), keys_.end());
    keys_.clear();
    input.dropped.insert(input.dropped.end(), dropped_.begin(), dropped_.end());
    dropped_.clear();
    ImGui_ImplOpenGL3_NewFrame();
    ImGui_ImplGlfw_NewFrame();
    // Two frames within one tick of the clock would make Dear ImGui assert.
    ImGui::GetIO().DeltaTime = std::max(ImGui::GetIO().DeltaTime, 1e-5f);
  }

  void end_frame() override {
    render();
    glfwSwapBuffers(window_);
  }

  WindowSize size() const override {
    int width = 0, height = 0;
    glfwGetFramebufferSize(window_, &width, &height);
    const auto design = [this](int length) {
      return static_cast<int>(static_cast<float>(length) / content_scale() + 0.5f);
    };
    return {design(width), design(height)};
  }

  void fonts_changed() override {
    ImGui_ImplOpenGL3_DestroyDeviceObjects();
    ImGui_ImplOpenGL3_CreateDeviceObjects();
  }

  void set_title(const std::string& title) override { glfwSetWindowTitle(window_, title.c_str()); }

  float content_scale() const override {
    float x = 1, y = 1;
    glfwGetWindowContentScale(window_, &x, &y);
    return std::max(1.0f, x);
  }

  Image read_pixels() override;

 private:
  void render() {
    int width = 0, height = 0;
    glfwGetFramebufferSize(window_, &width, &height);
    gl_.viewport(0, 0, width, height);
    gl_.clear(GL_COLOR_BUFFER_BIT);
    ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
  }

  // Set before Dear ImGui's backend, which chains to them. Version 1.86 of it forgets a key that is
  // pressed and released within one frame, so presses are queued here.
  void set_callbacks() {
    glfwSetWindowUserPointer(window_, this);
    note_events();
    glfwSetKeyCallback(window_, [](GLFWwindow* window, int code, int, int action, int mods) {
      auto& self = *static_cast<GlfwWindow*>(glfwGetWindowUserPointer(window));
      self.has_event_ = true;
      self.is_repeating_ = action == GLFW_REPEAT;
      const std::optional<Key> key = key_from_glfw(code);
      if (!key || action == GLFW_RELEASE) return;
      const char32_t character = *key == Key::space ? U' ' : U'\0';
      self.keys_.push_back({*key, (mods & GLFW_MOD_SHIFT) != 0, action == GLFW_REPEAT, character});
    });
    // Letters come as characters, so that they follow the keyboard's layout. The key callback of
    // the same press has been called before.
    glfwSetCharCallback(window_, [](GLFWwindow* window, unsigned code) {
      auto& self = *static_cast<GlfwWindow*>(glfwGetWindowUserPointer(window));
      self.has_event_ = true;
      if (code == ' ') return;
      self.keys_.push_back(press_of_character(static_cast<char32_t>(code), self.is_repeating_));
    });
    glfwSetDropCallback(window_, [](GLFWwindow* window, int count, const char** paths) {
      auto& self = *static_cast<GlfwWindow*>(glfwGetWindowUserPointer(window));
      self.dropped_.insert(self.dropped_.end(), paths, paths + count);
    });
  }

  static void note(GLFWwindow* window) {
    static_cast<GlfwWindow*>(glfwGetWindowUserPointer(window))->has_event_ = true;
  }

  /// GLFW does not say what woke it, and a press may come while a frame is drawn: each event leaves
  /// its mark, so that none waits for the next one.
  void note_events() {
    glfwSetMouseButtonCallback(window_, [](GLFWwindow* w, int, int, int) { note(w); });
    glfwSetCursorPosCallback(window_, [](GLFWwindow* w, double, double) { note(w); });
    glfwSetScrollCallback(window_, [](GLFWwindow* w, double, double) { note(w); });
    glfwSetCursorEnterCallback(window_, [](GLFWwindow* w, int) { note(w); });
    glfwSetWindowFocusCallback(window_, [](GLFWwindow* w, int) { note(w); });
    glfwSetFramebufferSizeCallback(window_, [](GLFWwindow* w, int, int) { note(w); });
    glfwSetWindowRefreshCallback(window_, [](GLFWwindow* w) { note(w); });
    glfwSetWindowContentScaleCallback(window_, [](GLFWwindow* w, float, float) { note(w); });
  }

  GLFWwindow* window_ = nullptr;
  GlFunctions gl_;
  std::vector<KeyPress> keys_;
  bool has_event_ = false;
  std::vector<std::string> dropped_;
  bool is_repeating_ = false;  ///< The last key event was one of a held key.
};

Image GlfwWindow::read_pixels() {
  Image image;
  render();  // what was shown may be gone from the buffer that is read
  glfwGetFramebufferSize(window_, &image.width, &image.height);
  const auto row = static_cast<std::size_t>(image.width) * 4;
  image.rgba.resize(row * static_cast<std::size_t>(image.height));
  gl_.pixel_store(GL_PACK_ALIGNMENT, 1);
  gl_.read_pixels(0, 0, image.width, image.height, GL_RGBA, GL_UNSIGNED_BYTE, image.rgba.data());
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

}  // namespace

std::string window_problem() {
  glfwSetErrorCallback(nullptr);
  if (glfwInit() == 0) return no_display().what();
  set_hints();
  glfwWindowHint(GLFW_VISIBLE, 0);
  GLFWwindow* const window = glfwCreateWindow(64, 64, "rcuscope", nullptr, nullptr);
  const std::string problem = window == nullptr ? no_display().what() : "";
  if (window != nullptr) glfwDestroyWindow(window);
  glfwTerminate();
  return problem;
}

std::unique_ptr<Window> make_glfw_window(WindowSize size, const std::string& title) {
  return std::make_unique<GlfwWindow>(size, title);
}

}  // namespace rcuscope::gui
