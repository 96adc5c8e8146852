// SPDX-License-Identifier: LGPL-2.1-or-later
// App: owns the window, the session and the fonts, and draws one frame of the viewer.
#pragma once

#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compare.h"
#include "export.h"
#include "fonts.h"
#include "input_log.h"
#include "io/native_follower.h"
#include "loader.h"
#include "session.h"
#include "session/workbench.h"
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

  /// Puts the session pages around the timeline; the workbench says which one is shown.
  void attach(std::unique_ptr<Workbench> workbench) { workbench_ = std::move(workbench); }
  /// Null: only a trace is shown.
  Workbench* workbench() { return workbench_.get(); }

  /// Opens a trace beside the window: a long one is seen from its beginning on at once.
  /// `must_open`: what is wrong with it ends frame() with that exception; else a notice tells.
  void open(const std::string& path, bool must_open = false);
  /// How traces are read from now on.
  void use_reader(TraceReader reader) { reader_ = std::move(reader); }
  /// Shows what a recorder writes while it writes it. Throws: as NativeFollower.
  void follow(const std::string& path);
  /// Puts a second trace below the first.
  void compare(Session second);
  const Comparison* comparison() const { return comparison_.get(); }
  /// Functions are shown as they stand in this tree.
  void use_kernel(std::shared_ptr<KernelSource> kernel) { files_.use_kernel(std::move(kernel)); }
  /// Writes each input into a file once it has taken effect. Throws: as InputLog.
  void log_input(const std::string& path) { input_log_.emplace(path); }
  /// Something goes on that the window shows: a trace is being read, an animation made.
  bool is_working() const { return loader_ || second_loader_ || animation_ || saving_.valid(); }
  WindowSize window_size() const { return window_->size(); }
  /// A thread is still in a reading that nobody waits for any more; the program need not, either.
  bool has_unfinished_reading() const;
  std::optional<WindowPosition> window_position() const { return window_->position(); }

  Session& session() { return session_; }
  const Widgets& widgets() const { return widgets_; }

  /// Frames until the window is closed, or `must_end` says so, which is asked at least every 0.1 s.
  void run(const std::function<bool()>& must_end = {});
  /// Takes input and draws once.
  void frame();
  /// The picture of the last frame.
  Image screenshot();
  /// Draws the last frame again, to its very end: for measuring.
  void render();

  /// Injects events, one command after the other, separated by ";" or line ends:
  ///   click NAME[@X,Y]   press and release in the middle of a widget, or at a share of its size
  ///   double NAME[@X,Y]  the same twice
  ///   move NAME[@X,Y]    only the pointer
  ///   drag NAME[@X,Y] DX [DY] [shift|middle]     in design pixels
  ///   wheel NAME[@X,Y] NOTCHES [ctrl|shift]
  ///   key NAME [shift]   see key_from_string()
  ///   type TEXT          ASCII characters to the end of the command
  ///   drop PATH [PATH]   files that are dragged in
  ///   wait FRAMES
  ///   pause SECONDS      frames for so long in real time
  ///   settle [SECONDS]   frames until nothing is under way, at most that long (60)
  ///   where NAME         the middle of a widget in pixels, for take_output()
  ///   dump               the page as text, for take_output()
  ///   shot FILE.png      the picture as it is now
  /// Throws: UsageError that names the command.
  void run_script(std::string_view script);
  /// What scripts have dumped since the last call.
  std::string take_output() { return std::exchange(output_, {}); }
  /// The page that is shown, as text.
  std::string text();

 private:
  class ScriptDriver;
  friend class ScriptDriver;

  void update_fonts();
  void update_title();
  void note_mouse();
  void take_in();
  /// The trace that the shown page is about.
  Session& shown();
  Page page() const { return workbench_ ? workbench_->page : Page::timeline; }
  void draw();
  void draw_page(Ui& ui, const Rect& screen);
  void draw_panels(Ui& ui, Session& session, const Rect& screen);
  void draw_bar(Ui& ui, Session& session, const Rect& bar);
  void draw_page_bar(Ui& ui, const Rect& bar);
  void draw_nothing(Ui& ui, const Rect& screen);
  // app_files.cpp
  void show(Session session);
  void take_dropped();
  void poll_loader();
  void poll_follower();
  void draw_work(Ui& ui, const Rect& screen);
  const Loader* loading() const { return loader_ ? loader_.get() : second_loader_.get(); }
  void cancel_work();
  void leave(std::unique_ptr<Loader>& loader);
  void start_export(ExportKind kind);
  void finish_exports();
  void write_export(ExportKind kind, const std::filesystem::path& path);
  // app_compare.cpp
  bool apply_app_key(const KeyPress& press);
  void draw_comparison(Ui& ui, const Rect& screen);
  void draw_side(Ui& ui, bool is_second, const Rect& area);

  Session session_;
  std::unique_ptr<Comparison> comparison_;
  TraceReader reader_;
  std::unique_ptr<Loader> loader_;
  std::unique_ptr<Loader> second_loader_;           ///< Of the trace to compare with.
  std::vector<std::unique_ptr<Loader>> abandoned_;  ///< Until their threads have ended.
  bool must_open_ = false;
  std::optional<TimeView> preview_view_;  ///< While the beginning of a long trace is shown.
  std::unique_ptr<NativeFollower> follower_;
  std::string followed_path_;
  bool has_news_ = false;  ///< The last frame brought events.
  std::optional<ExportKind> export_;
  std::optional<Animation> animation_;
  std::future<std::string> saving_;  ///< What to tell when a file is written.
  std::unique_ptr<Workbench> workbench_;
  std::string output_;
  std::optional<InputLog> input_log_;
  std::string title_;
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
