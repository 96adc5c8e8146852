// SPDX-License-Identifier: LGPL-2.1-or-later
// rcuscope-viewer: opens a trace in a window, or renders it to a PNG.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <filesystem>
#include <span>
#include <system_error>

#include "app.h"
#include "base/error.h"
#include "io/format.h"
#include "kernel_source.h"
#include "loader.h"
#include "navigate.h"
#include "options.h"
#include "window_state.h"

namespace rcuscope::gui {
namespace {

constexpr int exit_failure = 1;
constexpr int exit_usage = 2;

/// A long trace is opened beside its window; where pictures are made, nobody waits before one.
bool opens_later(const Options& options) {
  if (options.wants_follow) return true;
  return !is_headless(options) && options.at.empty() && options.other.empty() &&
         !options.trace.empty() && trace_bytes(options.trace) > quick_file_bytes;
}

Session open_session(const Options& options) {
  const bool is_later = options.trace.empty() || opens_later(options);
  Session session(is_later ? TraceStore() : load_trace(options.trace));
  session.theme = options.theme;
  session.searched = options.searched;
  session.source_directories = options.sources;
  session.source_directories.push_back(
      std::filesystem::path(options.trace).lexically_normal().parent_path().string());
  if (!options.at.empty()) show_time(session, "--at", options.at);
  return session;
}

/// What belongs to an app whatever it draws on.
void equip(App& app, const Options& options) {
  if (!options.kernel_source.empty()) {
    auto kernel = std::make_shared<KernelSource>(options.kernel_source);
    if (is_headless(options)) kernel->wait();
    app.use_kernel(std::move(kernel));
  }
  if (!options.input_log.empty()) app.log_input(options.input_log);
  if (!options.other.empty()) app.compare(Session(load_trace(options.other)));
  if (options.wants_follow) {
    app.follow(options.trace);
  } else if (opens_later(options)) {
    app.open(options.trace, true);
  }
}

/// The catalogue opens where no trace is; a picture of a trace shows nothing but that.
void attach_workbench(App& app, const Options& options) {
  if (!options.render.empty() && !options.trace.empty()) return;
  auto workbench = std::make_unique<Workbench>(make_catalogue_engine());
  if (!options.trace.empty()) workbench->page = Page::timeline;
  app.attach(std::move(workbench));
}

void draw_without_display(const Options& options) {
  const auto pixels = [&](int length) {
    return static_cast<int>(static_cast<float>(length) * options.scale + 0.5f);
  };
  const WindowSize framebuffer{pixels(options.width_px), pixels(options.height_px)};
  const Backend backend = options.backend.value_or(automatic_backend(true));
  App app(open_session(options),
          [&] { return make_picture_window(backend, framebuffer, options.scale); });
  attach_workbench(app, options);
  equip(app, options);
  if (!options.script.empty()) app.run_script(options.script);
  // Dear ImGui shows a window from its second frame on.
  app.frame();
  app.frame();
  if (!options.render.empty()) save_png(app.screenshot(), options.render);
  std::string text = app.take_output();
  if (options.wants_text) text += app.text();
  std::fputs(text.c_str(), stdout);
}

/// Signals that end a window as its close button does: what it remembers is written. They are
/// blocked and asked for, so that no thread of a driver or a loader ends the process by them.
class EndSignals {
 public:
  EndSignals() {
    sigemptyset(&set_);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set_, signal);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }

  bool has_come() {
    const timespec at_once{};
    if (came_ == 0) came_ = std::max(0, sigtimedwait(&set_, nullptr, &at_once));
    return came_ != 0;
  }

  /// Ends the process as the signal would have done.
  void pass_on() const {
    pthread_sigmask(SIG_UNBLOCK, &set_, nullptr);
    if (came_ != 0) raise(came_);
  }

 private:
  sigset_t set_{};
  int came_ = 0;
};

/// Size, place and theme are those of the last time, unless they are given.
void open_window(Options options) {
  EndSignals signals;
  const std::filesystem::path remembered = window_state_path();
  const WindowState state = load_window_state(remembered);
  if (!options.has_size) {
    options.width_px = state.width_px;
    options.height_px = state.height_px;
  }
  if (!options.has_theme) options.theme = state.theme;
  const std::string title = "rcuscope" + (options.trace.empty() ? "" : ": " + options.trace);
  App app(open_session(options), [&] {
    return make_glfw_window({options.width_px, options.height_px}, title, state.position);
  });
  attach_workbench(app, options);
  equip(app, options);
  app.run([&] { return signals.has_come(); });
  const WindowSize size = app.window_size();
  save_window_state({size.width_px, size.height_px, app.session().theme, app.window_position()},
                    remembered);
  signals.pass_on();
  // All is written. Ending as usual would take away what a reading is still in.
  if (app.has_unfinished_reading()) std::_Exit(0);
}

int run(const Options& options) {
  if (options.wants_help) {
    std::fputs(help_text().c_str(), stdout);
  } else if (options.wants_version) {
    std::puts("rcuscope-viewer " RCUSCOPE_VERSION);
  } else if (options.wants_backends) {
    std::fputs(backends_text().c_str(), stdout);
  } else if (is_headless(options)) {
    draw_without_display(options);
  } else {
    open_window(options);
  }
  return 0;
}

int complain(const std::exception& error, int status) {
  std::fprintf(stderr, "rcuscope-viewer: %s\n", error.what());
  return status;
}

}  // namespace
}  // namespace rcuscope::gui

int main(int argc, char** argv) {
  using namespace rcuscope;
  const std::span<const char* const> arguments(argv, static_cast<std::size_t>(argc));
  try {
    return gui::run(gui::parse_options(arguments.subspan(arguments.empty() ? 0 : 1)));
  } catch (const UsageError& error) {
    return gui::complain(error, gui::exit_usage);
  } catch (const std::exception& error) {
    return gui::complain(error, gui::exit_failure);
  }
}
