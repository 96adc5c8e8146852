// SPDX-License-Identifier: LGPL-2.1-or-later
// App: owns the window, the session and the fonts, and draws one frame of the viewer.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>

#include "fonts.h"
#include "session.h"
#include "source_text.h"
#include "ui.h"
#include "window.h"

struct ImGuiContext;

namespace rcuscope::gui {

/// Makes the window once Dear ImGui is there.
using WindowFactory = std::function<std::unique_ptr<Window>()>;

class App {
 public:
  /// Throws: what the factory throws.
  App(Session session, const WindowFactory& make_window,
      std::vector<std::filesystem::path> font_directories = gui::font_directories());
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  Session& session() { return session_; }
  const Widgets& widgets() const { return widgets_; }

  /// Frames until the window is closed.
  void run();
  /// Takes input and draws once.
  void frame();
  /// The picture of the last frame.
  Image screenshot();

  /// Injects events, one command after the other, separated by ";" or line ends:
  ///   click NAME[@X,Y]   press and release in the middle of a widget, or at a share of its size
  ///   double NAME[@X,Y]  the same twice
  ///   move NAME[@X,Y]    only the pointer
  ///   drag NAME[@X,Y] DX [DY] [shift|middle]     in design pixels
  ///   wheel NAME[@X,Y] NOTCHES [ctrl|shift]
  ///   key NAME [shift]   see key_from_string()
  ///   type TEXT          ASCII characters to the end of the command
  ///   wait FRAMES
  /// Throws: UsageError that names the command.
  void run_script(std::string_view script);

 private:
  class ScriptDriver;
  friend class ScriptDriver;

  void update_fonts();
  void draw();
  void draw_panels(Ui& ui, const Rect& screen);
  void draw_nothing(Ui& ui, const Rect& screen);

  Session session_;
  std::vector<std::filesystem::path> font_directories_;
  ImGuiContext* context_ = nullptr;
  std::unique_ptr<Window> window_;
  Fonts fonts_;
  float fonts_scale_ = 0;
  Theme theme_{};
  Input input_;
  Widgets widgets_;
  SourceFiles files_;
};

}  // namespace rcuscope::gui
