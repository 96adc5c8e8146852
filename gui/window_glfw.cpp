// SPDX-License-Identifier: LGPL-2.1-or-later
// A real window: GLFW, OpenGL 3.2 and Dear ImGui's own backends for both.
#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>
#include <backends/imgui_impl_glfw.h>
#include <backends/imgui_impl_opengl3.h>
#include <imgui.h>

#include <algorithm>
#include <array>
#include <cfloat>
#include <optional>
#include <utility>

#include "gl.h"
#include "imgui_compat.h"
#include "mouse_queue.h"
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

/// Screens come and go: a window must not open where none is. Its title bar has to be reached.
bool is_on_a_screen(WindowPosition position, WindowSize size) {
  int count = 0;
  GLFWmonitor** const monitors = glfwGetMonitors(&count);
  for (int i = 0; i < count; ++i) {
    constexpr int reach = 64;
    int x = 0, y = 0, width = 0, height = 0;
    glfwGetMonitorWorkarea(monitors[i], &x, &y, &width, &height);
    const bool is_beside = position.x + size.width_px >= x + reach &&
                           position.x <= x + width - reach && position.y >= y &&
                           position.y <= y + height - reach;
    if (is_beside) return true;
  }
  return false;
}

/// No larger than the first screen: what hangs over its edge could not be seen, or dragged back.
WindowSize fitted_to_screen(WindowSize size) {
  GLFWmonitor* const monitor = glfwGetPrimaryMonitor();
  if (monitor == nullptr) return size;
  int x = 0, y = 0, width = 0, height = 0;
  glfwGetMonitorWorkarea(monitor, &x, &y, &width, &height);
  if (width > 0) size.width_px = std::min(size.width_px, width);
  if (height > 0) size.height_px = std::min(size.height_px, height);
  return size;
}

class GlfwWindow final : public Window {
 public:
  GlfwWindow(WindowSize size, const std::string& title, std::optional<WindowPosition> position) {
    glfwSetErrorCallback(nullptr);
    if (glfwInit() == 0) throw no_display();
    set_hints();
    glfwWindowHint(GLFW_VISIBLE, 0);  // until it is in its place
    size = fitted_to_screen(size);
    window_ = glfwCreateWindow(size.width_px, size.height_px, title.c_str(), nullptr, nullptr);
    if (window_ == nullptr) {
      const NoDisplayError error = no_display();
      glfwTerminate();
      throw error;
    }
    if (position && is_on_a_screen(*position, size)) {
      glfwSetWindowPos(window_, position->x, position->y);
    }
    glfwShowWindow(window_);
    glfwMakeContextCurrent(window_);
    glfwSwapInterval(1);
    gl_.load(glfwGetProcAddress);
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

  bool take_event() override { return std::exchange(has_event_, false) || !mouse_.is_empty(); }

  void begin_frame(Input& input) override {
    glfwPollEvents();
    input.keys.insert(input.keys.end(), keys_.begin(), keys_.end());
    keys_.clear();
    input.dropped.insert(input.dropped.end(), dropped_.begin(), dropped_.end());
    dropped_.clear();
    ImGui_ImplOpenGL3_NewFrame();
    ImGui_ImplGlfw_NewFrame();
    apply_mouse();
    // Two frames within one tick of the clock would make Dear ImGui assert.
    ImGui::GetIO().DeltaTime = std::max(ImGui::GetIO().DeltaTime, 1e-5f);
  }

  void end_frame() override {
    render_draw_data(gl_, framebuffer());
    glfwSwapBuffers(window_);
  }

  void render() override {
    render_draw_data(gl_, framebuffer());
    gl_.finish();
  }

  WindowSize size() const override {
    const auto design = [this](int length) {
      return static_cast<int>(static_cast<float>(length) / content_scale() + 0.5f);
    };
    return {design(framebuffer().width_px), design(framebuffer().height_px)};
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

  std::optional<WindowPosition> position() const override {
    WindowPosition at;
    glfwGetError(nullptr);
    glfwGetWindowPos(window_, &at.x, &at.y);
    // Wayland does not tell where windows are.
    return glfwGetError(nullptr) == GLFW_NO_ERROR ? std::optional(at) : std::nullopt;
  }

  Image read_pixels() override {
    render();  // what was shown may be gone from the buffer that is read
    return read_framebuffer(gl_, framebuffer());
  }

 private:
  WindowSize framebuffer() const {
    WindowSize size;
    glfwGetFramebufferSize(window_, &size.width_px, &size.height_px);
    return size;
  }

  // Set before Dear ImGui's backend, which chains to them. Version 1.86 of it forgets a key that is
  // pressed and released within one frame, so presses are queued here.
  void set_callbacks() {
    glfwSetWindowUserPointer(window_, this);
    note_events();
    glfwSetKeyCallback(window_, [](GLFWwindow* window, int code, int, int action, int mods) {
      GlfwWindow& self = of(window);
      self.is_repeating_ = action == GLFW_REPEAT;
      const std::optional<Key> key = key_from_glfw(code);
      if (!key || action == GLFW_RELEASE) return;
      const char32_t character = *key == Key::space ? U' ' : U'\0';
      self.keys_.push_back({*key, (mods & GLFW_MOD_SHIFT) != 0, action == GLFW_REPEAT, character});
    });
    // Letters come as characters, so that they follow the keyboard's layout. The key callback of
    // the same press has been called before.
    glfwSetCharCallback(window_, [](GLFWwindow* window, unsigned code) {
      GlfwWindow& self = of(window);
      if (code == ' ') return;
      self.keys_.push_back(press_of_character(static_cast<char32_t>(code), self.is_repeating_));
    });
    glfwSetDropCallback(window_, [](GLFWwindow* window, int count, const char** paths) {
      GlfwWindow& self = of(window);
      self.dropped_.insert(self.dropped_.end(), paths, paths + count);
    });
  }

  static GlfwWindow& of(GLFWwindow* window) {
    auto& self = *static_cast<GlfwWindow*>(glfwGetWindowUserPointer(window));
    self.has_event_ = true;
    return self;
  }

  /// GLFW does not say what woke it, and a press may come while a frame is drawn: each event leaves
  /// its mark, so that none waits for the next one.
  void note_events() {
    glfwSetMouseButtonCallback(window_, [](GLFWwindow* w, int button, int action, int) {
      if (button >= mouse_button_count) return;
      of(w).push({MouseEvent::Kind::button, {}, button, action == GLFW_PRESS});
    });
    glfwSetCursorPosCallback(window_, [](GLFWwindow* w, double x, double y) {
      of(w).push({MouseEvent::Kind::move, {static_cast<float>(x), static_cast<float>(y)}});
    });
    glfwSetScrollCallback(window_, [](GLFWwindow* w, double, double y) {
      of(w).push({MouseEvent::Kind::wheel, {}, 0, false, static_cast<float>(y)});
    });
    glfwSetCursorEnterCallback(window_, [](GLFWwindow* w, int is_inside) {
      if (is_inside == 0) of(w).push({MouseEvent::Kind::move, {-FLT_MAX, -FLT_MAX}});
    });
    glfwSetWindowFocusCallback(window_, [](GLFWwindow* w, int) { of(w); });
    glfwSetFramebufferSizeCallback(window_, [](GLFWwindow* w, int, int) { of(w); });
    glfwSetWindowRefreshCallback(window_, [](GLFWwindow* w) { of(w); });
    glfwSetWindowContentScaleCallback(window_, [](GLFWwindow* w, float, float) { of(w); });
  }

  bool is_key_down(int left, int right) const {
    return glfwGetKey(window_, left) == GLFW_PRESS || glfwGetKey(window_, right) == GLFW_PRESS;
  }

  void push(MouseEvent event) {
    event.is_ctrl = is_key_down(GLFW_KEY_LEFT_CONTROL, GLFW_KEY_RIGHT_CONTROL);
    event.is_shift = is_key_down(GLFW_KEY_LEFT_SHIFT, GLFW_KEY_RIGHT_SHIFT);
    mouse_.push(event);
  }

  /// In place of what Dear ImGui's backend reads before version 1.87: the state of this moment,
  /// which hides two clicks between two frames, and a drag that ended before it was drawn.
  void apply_mouse() {
    const std::vector<MouseEvent> events = mouse_.take_frame();
    if (compat::queues_input) return;
    ImGuiIO& io = ImGui::GetIO();
    io.MouseWheel = io.MouseWheelH = 0;
    for (const MouseEvent& event : events) {
      if (event.kind == MouseEvent::Kind::move) pointer_ = event.at;
      if (event.kind == MouseEvent::Kind::wheel) io.MouseWheel += event.notches;
      if (event.kind == MouseEvent::Kind::button)
        buttons_[static_cast<std::size_t>(event.button)] = event.is_down;
    }
    io.MousePos = ImVec2(pointer_.x, pointer_.y);
    std::copy(buttons_.begin(), buttons_.end(), io.MouseDown);
    if (events.empty()) return;
    io.KeyCtrl = events.back().is_ctrl;
    io.KeyShift = events.back().is_shift;
  }

  static constexpr int mouse_button_count = 3;

  GLFWwindow* window_ = nullptr;
  GlFunctions gl_;
  std::vector<KeyPress> keys_;
  MouseQueue mouse_;
  Point pointer_{-FLT_MAX, -FLT_MAX};
  std::array<bool, mouse_button_count> buttons_{};
  bool has_event_ = false;
  std::vector<std::string> dropped_;
  bool is_repeating_ = false;  ///< The last key event was one of a held key.
};

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

std::unique_ptr<Window> make_glfw_window(WindowSize size, const std::string& title,
                                         std::optional<WindowPosition> position) {
  return std::make_unique<GlfwWindow>(size, title, position);
}

}  // namespace rcuscope::gui
