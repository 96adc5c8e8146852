// SPDX-License-Identifier: LGPL-2.1-or-later
// The extension module rcuscope._gui: the viewer inside the Python process. It is apart from _core,
// which must import where no window system is installed.
#include <poll.h>
#include <pybind11/stl.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "app.h"
#include "gui/python_engine.h"
#include "interpreter.h"
#include "io/format.h"
#include "theme.h"
#include "window.h"

namespace rcuscope::bindings {

namespace py = pybind11;
using namespace py::literals;

namespace {

/// What the command line says about the window.
struct WindowOptions {
  std::string theme, script, render;
  bool is_headless = false;
  bool wants_text = false;
  int width_px = 1600, height_px = 900;
  float scale = 1;
  std::string fonts;           ///< Directory of the package's fonts.
  int signal_descriptor = -1;  ///< Readable once a signal has come.
};

WindowOptions window_options(const py::dict& options) {
  WindowOptions result;
  result.theme = options["theme"].cast<std::string>();
  result.script = options["script"].cast<std::string>();
  result.render = options["render"].cast<std::string>();
  result.wants_text = options["text"].cast<bool>();
  result.is_headless = options["headless"].cast<bool>();
  result.width_px = options["width"].cast<int>();
  result.height_px = options["height"].cast<int>();
  result.scale = options["scale"].cast<float>();
  result.fonts = options["fonts"].cast<std::string>();
  result.signal_descriptor = options["signal_descriptor"].cast<int>();
  return result;
}

bool is_readable(int descriptor) {
  pollfd asked{descriptor, POLLIN, 0};
  return descriptor >= 0 && poll(&asked, 1, 0) > 0;
}

gui::WindowFactory window_factory(const WindowOptions& options) {
  if (!options.is_headless)
    return [size = gui::WindowSize{options.width_px, options.height_px}] {
      return gui::make_glfw_window(size, "rcuscope");
    };
  const auto pixels = [&](int length) {
    return static_cast<int>(static_cast<float>(length) * options.scale + 0.5f);
  };
  return [size = gui::WindowSize{pixels(options.width_px), pixels(options.height_px)},
          scale = options.scale] { return gui::make_headless_window(size, scale); };
}

/// Everything of the window. Context: without the GIL.
std::string show(const std::shared_ptr<gui::Engine>& engine, const WindowOptions& options) {
  std::vector<std::filesystem::path> fonts = gui::font_directories();
  fonts.insert(fonts.begin(), options.fonts);
  gui::Session session{TraceStore()};
  session.theme = gui::theme_from_string(options.theme).value_or(gui::ThemeName::light);
  gui::App app(std::move(session), window_factory(options), std::move(fonts));
  app.attach(std::make_unique<gui::Workbench>(engine));
  if (!options.is_headless) {
    app.run([&] { return is_readable(options.signal_descriptor); });
    return {};
  }
  if (!options.script.empty()) app.run_script(options.script);
  app.frame();
  app.frame();
  if (!options.render.empty()) gui::save_png(app.screenshot(), options.render);
  std::string text = app.take_output();
  if (options.wants_text) text += app.text();
  return text;
}

std::string run(py::object scenarios, const py::dict& options) {
  auto engine = std::make_shared<PythonEngine>(std::move(scenarios));
  const WindowOptions shown = window_options(options);
  const GilReleased released;
  return show(std::exchange(engine, nullptr), shown);
}

}  // namespace
}  // namespace rcuscope::bindings

PYBIND11_MODULE(_gui, module) {
  namespace bindings = rcuscope::bindings;
  module.doc() = "The viewer inside the Python process. Use it through `rcuscope gui`.";
  pybind11::module_::import("rcuscope._core");  // whose types are handed over here
  pybind11::module_::import("atexit").attr("register")(
      pybind11::cpp_function(&bindings::begin_exit));
  pybind11::register_exception_translator([](std::exception_ptr error) {
    try {
      if (error) std::rethrow_exception(error);
    } catch (const rcuscope::gui::NoDisplayError& missing) {
      PyErr_SetString(PyExc_OSError, missing.what());
    }
  });
  module.def("run", &bindings::run, pybind11::arg("scenarios"), pybind11::arg("options"),
             "Shows the session page until its window is closed, a script has ended, or a signal "
             "has come. Returns the text that was asked for.");
}
