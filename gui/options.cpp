// SPDX-License-Identifier: LGPL-2.1-or-later
// Parsing of the command line: every mistake gets one line that says what was expected.
#include "options.h"

#include <charconv>
#include <string_view>

#include "base/error.h"

namespace rcuscope::gui {
namespace {

class Parser {
 public:
  explicit Parser(std::span<const char* const> arguments) : arguments_(arguments) {}

  Options run() {
    while (next_ < arguments_.size()) take(arguments_[next_++]);
    if (options_.trace.empty() && !options_.at.empty()) {
      throw UsageError("--at needs a trace: rcuscope-viewer FILE --at TIME (see --help)");
    }
    if (options_.wants_follow && (options_.trace.empty() || !options_.other.empty())) {
      throw UsageError("--follow needs one recording: rcuscope-viewer DIR --follow (see --help)");
    }
    check_backend();
    return std::move(options_);
  }

 private:
  void check_backend() const {
    if (!options_.backend) return;
    if (is_headless(options_) && *options_.backend == Backend::glfw) {
      throw UsageError("--backend glfw opens a window; pictures are drawn by egl or cpu");
    }
    if (!is_headless(options_) && *options_.backend != Backend::glfw) {
      throw UsageError("--backend egl and cpu open no window; add --render OUT.png");
    }
  }

  void take(std::string_view argument) {
    if (!argument.starts_with("--")) return take_file(argument);
    const std::size_t equals = argument.find('=');
    name_ = argument.substr(0, equals);
    has_value_ = equals != std::string_view::npos;
    value_ = has_value_ ? argument.substr(equals + 1) : std::string_view();
    if (name_ == "--help") return take_flag(options_.wants_help);
    if (name_ == "--text") return take_flag(options_.wants_text);
    if (name_ == "--backends") return take_flag(options_.wants_backends);
    if (name_ == "--backend") return take_backend();
    if (name_ == "--follow") return take_flag(options_.wants_follow);
    if (name_ == "--kernel-source") return void(options_.kernel_source = text());
    if (name_ == "--version") return take_flag(options_.wants_version);
    if (name_ == "--render") return void(options_.render = text());
    if (name_ == "--at") return void(options_.at = text());
    if (name_ == "--sources") return void(options_.sources.push_back(text()));
    if (name_ == "--searched") return void(options_.searched = text());
    if (name_ == "--log-input") return void(options_.input_log = text());
    if (name_ == "--script") return void(options_.script = text());
    if (name_ == "--width") return take_length(options_.width_px, 200);
    if (name_ == "--height") return take_length(options_.height_px, 150);
    if (name_ == "--scale") return void(options_.scale = number<float>(0.5f, 4));
    if (name_ == "--theme") return take_theme();
    throw UsageError("unknown option '" + std::string(name_) + "'; see rcuscope-viewer --help");
  }

  void take_file(std::string_view argument) {
    if (argument == "-h") return void(options_.wants_help = true);
    if (argument.starts_with("-") && argument.size() > 1) {
      throw UsageError("unknown option '" + std::string(argument) +
                       "'; see rcuscope-viewer --help");
    }
    if (argument.empty()) throw UsageError("the name of the trace is empty");
    if (!options_.other.empty()) {
      throw UsageError("at most two traces, to compare: '" + options_.trace + "', '" +
                       options_.other + "' and '" + std::string(argument) + "' were given");
    }
    (options_.trace.empty() ? options_.trace : options_.other) = argument;
  }

  void take_length(int& length, int least) {
    length = number<int>(least, 16000);
    options_.has_size = true;
  }

  void take_flag(bool& flag) const {
    if (has_value_) throw UsageError(std::string(name_) + " takes no value");
    flag = true;
  }

  /// "--name value" or "--name=value".
  std::string text() {
    if (!has_value_ && next_ < arguments_.size()) {
      value_ = arguments_[next_++];
      has_value_ = true;
    }
    if (!has_value_ || value_.empty()) throw UsageError(std::string(name_) + " needs a value");
    return std::string(value_);
  }

  template <class Number>
  Number number(Number least, Number most) {
    const std::string given = text();
    Number value{};
    const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), value);
    const bool is_number = error == std::errc() && end == given.data() + given.size();
    if (!is_number || !(value >= least && value <= most)) {
      const auto shown = [](Number n) {
        std::string s = std::to_string(n);
        if (s.find('.') == std::string::npos) return s;
        s.erase(s.find_last_not_of('0') + 1);
        return s.ends_with('.') ? s.substr(0, s.size() - 1) : s;
      };
      throw UsageError(std::string(name_) + " '" + given + "': expected a number from " +
                       shown(least) + " to " + shown(most));
    }
    return value;
  }

  void take_theme() {
    const std::string given = text();
    const auto theme = theme_from_string(given);
    if (!theme) throw UsageError("--theme '" + given + "': expected light or dark");
    options_.theme = *theme;
    options_.has_theme = true;
  }

  void take_backend() {
    const std::string given = text();
    if (given == "auto") return options_.backend.reset();
    options_.backend = backend_from_string(given);
    if (options_.backend) return;
    throw UsageError("--backend '" + given + "': expected auto, glfw, egl or cpu");
  }

  std::span<const char* const> arguments_;
  std::size_t next_ = 0;
  std::string_view name_, value_;
  bool has_value_ = false;
  Options options_;
};

}  // namespace

Options parse_options(std::span<const char* const> arguments) { return Parser(arguments).run(); }

std::string help_text() {
  return "usage: rcuscope-viewer [FILE [OTHER]] [options]\n"
         "\n"
         "Shows a trace of rcuscope: readers, grace periods, callbacks and what they do.\n"
         "FILE is a native trace (a directory) or any format that rcuscope reads. Without it, the\n"
         "catalogue opens: explore a scenario, look at what it finds, be the scheduler. With "
         "OTHER,\n"
         "two traces stand one above the other, their clocks linked where they do the same.\n"
         "\n"
         "  --render OUT.png   write a picture instead of opening a window; needs no display\n"
         "  --follow           FILE is a recording that goes on: the newest is shown as it comes\n"
         "  --kernel-source DIR   functions as they stand in this kernel tree, where it has them\n"
         "  --at TIME          playhead: a step (42), or a time (72.8us, 1.5ms; bare: ns)\n"
         "  --theme THEME      light or dark\n"
         "  --width N          of window or picture in pixels, default 1600\n"
         "  --height N         default 900\n"
         "  --scale X          of pictures: pixels of the picture per pixel of the design\n"
         "  --sources DIR      where source files are looked for, besides here and beside FILE; "
         "may\n"
         "                     be given several times\n"
         "  --searched TEXT    how much was searched, for the verdict: '5 of 12 schedules'\n"
         "  --script COMMANDS  without a display: 'click explore; settle; click finding:0; "
         "settle;\n"
         "                     dump; shot page.png'\n"
         "  --log-input FILE   write each input when it has taken effect, with the playhead then\n"
         "  --text             print the page as text instead of opening a window\n"
         "  --backend NAME     what draws: glfw in windows; in pictures cpu, or egl for OpenGL\n"
         "                     without a window system; default: auto, which is glfw or cpu\n"
         "  --backends         tell which of them work here\n"
         "  --help             this text; in the window, ? shows the keys\n"
         "  --version\n";
}

}  // namespace rcuscope::gui
