// SPDX-License-Identifier: LGPL-2.1-or-later
// Lines of "name value". Written beside its place and renamed, so that it is never half there.
#include "window_state.h"

#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>

namespace rcuscope::gui {
namespace {

namespace fs = std::filesystem;

/// More than this is no state of ours.
constexpr std::streamsize file_bytes_max = 4096;

std::optional<int> number_in(std::string_view text, int least, int most) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_number = error == std::errc() && end == text.data() + text.size();
  return is_number && value >= least && value <= most ? std::optional(value) : std::nullopt;
}

/// "120 -40"
std::optional<WindowPosition> position_in(std::string_view text) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const auto x = number_in(text.substr(0, space), -32000, 32000);
  const auto y = number_in(text.substr(space + 1), -32000, 32000);
  return x && y ? std::optional(WindowPosition{*x, *y}) : std::nullopt;
}

void take_line(std::string_view line, WindowState& state) {
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return;
  const std::string_view name = line.substr(0, space), value = line.substr(space + 1);
  if (name == "width") state.width_px = number_in(value, 200, 16000).value_or(state.width_px);
  if (name == "height") state.height_px = number_in(value, 150, 16000).value_or(state.height_px);
  if (name == "position") state.position = position_in(value);
  if (name == "theme") state.theme = theme_from_string(value).value_or(state.theme);
}

fs::path from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? fs::path() : fs::path(value);
}

}  // namespace

WindowState parse_window_state(std::string_view text) {
  WindowState state;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    take_line(text.substr(0, end), state);
    text.remove_prefix(std::min(text.size(), end + 1));
  }
  return state;
}

std::string to_text(const WindowState& state) {
  std::string text = "width " + std::to_string(state.width_px) + "\nheight " +
                     std::to_string(state.height_px) + "\ntheme " +
                     (state.theme == ThemeName::dark ? "dark" : "light") + "\n";
  if (state.position) {
    text += "position " + std::to_string(state.position->x) + " " +
            std::to_string(state.position->y) + "\n";
  }
  return text;
}

fs::path window_state_path() {
  // The specification says that a relative path is to be ignored.
  fs::path base = from_environment("XDG_STATE_HOME");
  if (!base.is_absolute()) {
    const fs::path home = from_environment("HOME");
    if (!home.is_absolute()) return {};
    base = home / ".local" / "state";
  }
  return base / "rcuscope" / "window";
}

WindowState load_window_state(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(file_bytes_max, '\0');
  file.read(text.data(), file_bytes_max);
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, file.gcount())));
  return parse_window_state(text);
}

bool save_window_state(const WindowState& state, const fs::path& path) {
  if (path.empty()) return false;
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  const fs::path fresh = path.string() + ".new";
  std::ofstream file(fresh, std::ios::binary);
  file << to_text(state);
  file.close();
  if (!file) return false;
  fs::rename(fresh, path, error);
  return !error;
}

}  // namespace rcuscope::gui
