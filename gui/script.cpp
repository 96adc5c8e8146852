// SPDX-License-Identifier: LGPL-2.1-or-later
// App::run_script: events injected by the names of widgets, frame by frame, without a display.
#include <charconv>
#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "app.h"
#include "base/error.h"
#include "imgui_compat.h"

namespace rcuscope::gui {
namespace {

std::vector<std::string> split(std::string_view text, std::string_view separators) {
  std::vector<std::string> parts;
  std::string part;
  for (char c : text) {
    if (separators.find(c) == std::string_view::npos) {
      part += c;
    } else if (!part.empty()) {
      parts.push_back(std::exchange(part, {}));
    }
  }
  if (!part.empty()) parts.push_back(std::move(part));
  return parts;
}

}  // namespace

class App::ScriptDriver {
 public:
  explicit ScriptDriver(App& app) : app_(app) {}

  void run(const std::string& command) {
    command_ = command;
    words_ = split(command, " \t");
    if (words_.empty()) return;
    const std::string& verb = words_[0];
    if (verb == "click") return click(1);
    if (verb == "double") return click(2);
    if (verb == "move") return move_to(target(word(1)));
    if (verb == "drag") return drag();
    if (verb == "wheel") return wheel();
    if (verb == "key") return key();
    if (verb == "type") return type();
    if (verb == "drop") return drop();
    if (verb == "wait") return wait(static_cast<int>(number(1)));
    if (verb == "settle") return settle();
    if (verb == "pause") return pause(number(1));
    if (verb == "where") return where();
    if (verb == "dump") return void(app_.output_ += app_.text());
    if (verb == "shot") return shot();
    fail(
        "unknown command; known are click, double, move, drag, wheel, key, type, drop, wait, "
        "pause, settle, where, dump, shot");
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw UsageError("script command '" + command_ + "': " + why);
  }

  const std::string& word(std::size_t i) const {
    if (i >= words_.size()) fail("a word is missing");
    return words_[i];
  }

  float parse(const std::string& text) const {
    float value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) {
      fail("'" + text + "' is not a number");
    }
    return value;
  }

  float number(std::size_t i) const { return parse(word(i)); }

  /// "timeline@0.3,0.5" is a share of the widget's size from its top left corner.
  Point target(const std::string& text) const {
    const std::size_t at = text.find('@');
    const std::string name = text.substr(0, at);
    const Rect* rect = app_.widgets().find(name);
    if (rect == nullptr) fail("no widget '" + name + "'; there are " + app_.widgets().names());
    if (at == std::string::npos) return rect->center();
    const auto shares = split(text.substr(at + 1), ",");
    if (shares.size() != 2) fail("expected NAME@X,Y");
    return {rect->x0 + parse(shares[0]) * rect->width(),
            rect->y0 + parse(shares[1]) * rect->height()};
  }

  ImGuiIO& io() const { return ImGui::GetIO(); }

  void move_to(Point at) {
    pointer_ = at;
    compat::set_mouse_position(io(), at.x, at.y);
    app_.frame();
  }

  void press(bool is_down, int button = 0) {
    compat::set_mouse_button(io(), button, is_down);
    app_.frame();
  }

  void click(int count) {
    move_to(target(word(1)));
    for (int i = 0; i < count; ++i) {
      press(true);
      press(false);
    }
    app_.frame();
  }

  void drag() {
    constexpr int step_count = 10;
    const std::string& last = words_.back();
    const bool is_shift = last == "shift";
    const int button = last == "middle" ? 2 : 0;
    if (is_shift || button == 2) words_.pop_back();
    move_to(target(word(1)));
    const float dx = number(2) * app_.fonts_scale_;
    const float dy = words_.size() > 3 ? number(3) * app_.fonts_scale_ : 0;
    const Point from = pointer_;
    compat::set_modifiers(io(), false, is_shift);
    press(true, button);
    for (int i = 1; i <= step_count; ++i) {
      const float share = static_cast<float>(i) / step_count;
      move_to({from.x + dx * share, from.y + dy * share});
    }
    press(false, button);
    compat::set_modifiers(io(), false, false);
    app_.frame();
  }

  void wheel() {
    move_to(target(word(1)));
    const std::string modifier = words_.size() > 3 ? words_[3] : "";
    if (!modifier.empty() && modifier != "ctrl" && modifier != "shift") {
      fail("unknown modifier '" + modifier + "'; known are ctrl, shift");
    }
    compat::set_modifiers(io(), modifier == "ctrl", modifier == "shift");
    compat::add_wheel(io(), number(2));
    app_.frame();
    compat::set_modifiers(io(), false, false);
    app_.frame();
  }

  void key() {
    const auto pressed = key_from_string(word(1));
    if (!pressed) fail("unknown key '" + word(1) + "'; known are " + key_names());
    if (words_.size() > 2 && words_[2] != "shift") {
      fail("unknown modifier '" + words_[2] + "'; known is shift");
    }
    const bool is_shift = words_.size() > 2;
    app_.input_.keys.push_back({*pressed, is_shift, false, 0});
    app_.frame();
  }

  /// Each character a press of its own, all in one frame: none may be lost.
  void type() {
    const std::size_t start = command_.find(word(1), command_.find(words_[0]) + words_[0].size());
    for (const char character : command_.substr(start)) {
      app_.input_.keys.push_back(press_of_character(static_cast<char32_t>(character), false));
    }
    app_.frame();
  }

  void drop() {
    app_.input_.dropped.assign({word(1)});
    if (words_.size() > 2) app_.input_.dropped.push_back(word(2));
    app_.frame();
  }

  void wait(int frame_count) {
    for (int i = 0; i < frame_count; ++i) app_.frame();
  }

  /// Jobs and files take real time, which the frames of a script do not.
  void settle() {
    constexpr float seconds_max = 60;
    const std::chrono::duration<float> most(words_.size() > 1 ? number(1) : seconds_max);
    const auto start = std::chrono::steady_clock::now();
    app_.frame();
    const auto is_busy = [this] {
      return app_.is_working() || (app_.workbench() != nullptr && app_.workbench()->is_busy());
    };
    while (is_busy()) {
      if (std::chrono::steady_clock::now() - start > most) fail("a job is still under way");
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      app_.frame();
    }
    app_.frame();
  }

  void pause(float seconds) {
    const auto start = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - start < std::chrono::duration<float>(seconds)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      app_.frame();
    }
  }

  void where() {
    const Point at = target(word(1));
    app_.output_ += word(1) + " " + std::to_string(static_cast<int>(at.x)) + " " +
                    std::to_string(static_cast<int>(at.y)) + "\n";
  }

  void shot() {
    const std::string& path = word(1);
    app_.frame();
    app_.frame();
    save_png(app_.screenshot(), path);
  }

  App& app_;
  std::string command_;
  std::vector<std::string> words_;
  Point pointer_;
};

void App::run_script(std::string_view script) {
  frame();  // so that the widgets are known
  ScriptDriver driver(*this);
  for (const std::string& command : split(script, ";\n")) driver.run(command);
}

}  // namespace rcuscope::gui
