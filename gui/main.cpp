// SPDX-License-Identifier: LGPL-2.1-or-later
// rcuscope-viewer: opens a trace in a window, or renders it to a PNG.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <span>
#include <system_error>

#include "app.h"
#include "base/error.h"
#include "io/format.h"
#include "navigate.h"
#include "options.h"

namespace rcuscope::gui {
namespace {

constexpr int exit_failure = 1;
constexpr int exit_usage = 2;

Session open_session(const Options& options) {
  Session session(options.trace.empty() ? TraceStore() : load_trace(options.trace));
  session.theme = options.theme;
  session.searched = options.searched;
  session.source_directories = options.sources;
  session.source_directories.push_back(
      std::filesystem::path(options.trace).lexically_normal().parent_path().string());
  if (!options.at.empty()) show_time(session, "--at", options.at);
  return session;
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
  App app(open_session(options), [&] { return make_headless_window(framebuffer, options.scale); });
  attach_workbench(app, options);
  if (!options.script.empty()) app.run_script(options.script);
  // Dear ImGui shows a window from its second frame on.
  app.frame();
  app.frame();
  if (!options.render.empty()) save_png(app.screenshot(), options.render);
  std::string text = app.take_output();
  if (options.wants_text) text += app.text();
  std::fputs(text.c_str(), stdout);
}

int run(const Options& options) {
  if (options.wants_help) {
    std::fputs(help_text().c_str(), stdout);
  } else if (options.wants_version) {
    std::puts("rcuscope-viewer " RCUSCOPE_VERSION);
  } else if (is_headless(options)) {
    draw_without_display(options);
  } else {
    const std::string title = "rcuscope" + (options.trace.empty() ? "" : ": " + options.trace);
    App app(open_session(options),
            [&] { return make_glfw_window({options.width_px, options.height_px}, title); });
    attach_workbench(app, options);
    app.run();
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
