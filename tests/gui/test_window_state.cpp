// SPDX-License-Identifier: LGPL-2.1-or-later
// WindowState: remembered from run to run, and never a reason to fail.
#include "window_state.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace rcuscope::gui {
namespace {

namespace fs = std::filesystem;

TEST(WindowState, comes_back_as_it_was_written) {
  const WindowState state{1234, 777, ThemeName::dark};
  EXPECT_EQ(parse_window_state(to_text(state)), state);
  const WindowState placed{1234, 777, ThemeName::light, WindowPosition{-40, 120}};
  EXPECT_EQ(parse_window_state(to_text(placed)), placed);
}

TEST(WindowState, damaged_text_leaves_defaults) {
  const WindowState defaults;
  for (const std::string& text :
       {std::string(), std::string("\0\xff\n\n", 4), std::string("width"),
        std::string("width -5\n"), std::string("position 3\n"), std::string("position a b\n"),
        std::string("position 1 99999\n"), std::string("position 1 2 3\n"),
        std::string("width 999999999999999999999\nheight x\ntheme pink\n"),
        std::string(5000, 'w')}) {
    EXPECT_EQ(parse_window_state(text), defaults) << text.substr(0, 40);
  }
  EXPECT_EQ(parse_window_state("nonsense 1\nheight 600\n").height_px, 600)
      << "what is whole counts";
}

TEST(WindowState, lives_in_the_state_directory_of_the_user) {
  const fs::path folder =
      fs::temp_directory_path() / ("rcuscope-state-" + std::to_string(getpid()));
  setenv("XDG_STATE_HOME", folder.c_str(), 1);
  EXPECT_EQ(window_state_path(), folder / "rcuscope" / "window");
  const WindowState state{800, 600, ThemeName::dark};
  EXPECT_TRUE(save_window_state(state, window_state_path()));
  EXPECT_EQ(load_window_state(window_state_path()), state);
  setenv("XDG_STATE_HOME", "relative", 1);
  setenv("HOME", "/of/somebody", 1);
  EXPECT_EQ(window_state_path(), "/of/somebody/.local/state/rcuscope/window");
  fs::remove_all(folder);
}

TEST(WindowState, what_cannot_be_read_or_written_costs_nothing) {
  EXPECT_EQ(load_window_state("/nowhere/at/all"), WindowState());
  EXPECT_EQ(load_window_state(fs::temp_directory_path()), WindowState()) << "a directory";
  EXPECT_FALSE(save_window_state({}, "/proc/nowhere/window"));
  EXPECT_FALSE(save_window_state({}, {}));
}

}  // namespace
}  // namespace rcuscope::gui
