// SPDX-License-Identifier: LGPL-2.1-or-later
// parse_options: every mistake is named.
#include "options.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/error.h"

namespace rcuscope::gui {
namespace {

Options parse(std::vector<const char*> arguments) { return parse_options(arguments); }

std::string mistake(std::vector<const char*> arguments) {
  try {
    parse_options(arguments);
  } catch (const UsageError& error) {
    return error.what();
  }
  return {};
}

TEST(Options, all_of_them_are_understood) {
  const Options options = parse({"trace", "--render", "a.png", "--width=800", "--height", "600",
                                 "--scale", "2", "--theme", "dark", "--at", "12"});
  EXPECT_EQ(options.trace, "trace");
  EXPECT_EQ(options.render, "a.png");
  EXPECT_EQ(options.width_px, 800);
  EXPECT_EQ(options.height_px, 600);
  EXPECT_FLOAT_EQ(options.scale, 2);
  EXPECT_EQ(options.theme, ThemeName::dark);
  EXPECT_EQ(options.at, "12");
}

TEST(Options, mistakes_name_the_value_and_the_expectation) {
  EXPECT_NE(mistake({"--at", "3"}).find("--at needs a trace"), std::string::npos);
  EXPECT_EQ(mistake({"t", "--theme", "blue"}), "--theme 'blue': expected light or dark");
  EXPECT_EQ(mistake({"t", "--scale", "9"}), "--scale '9': expected a number from 0.5 to 4");
  EXPECT_EQ(mistake({"t", "--width", "12x"}), "--width '12x': expected a number from 200 to 16000");
  EXPECT_EQ(mistake({"t", "--at"}), "--at needs a value");
  EXPECT_NE(mistake({"t", "--bogus"}).find("'--bogus'"), std::string::npos);
  EXPECT_NE(mistake({"a", "b", "c"}).find("at most two traces"), std::string::npos);
  EXPECT_NE(mistake({"a", "b", "--follow"}).find("--follow needs one recording"),
            std::string::npos);
  EXPECT_NE(mistake({"t", "--help=1"}).find("takes no value"), std::string::npos);
}

TEST(Options, script_text_and_picture_need_no_window) {
  EXPECT_FALSE(is_headless(parse({})));
  EXPECT_FALSE(is_headless(parse({"trace"})));
  for (const std::vector<const char*>& arguments :
       {std::vector<const char*>{"--script", "key t"}, {"--text"}, {"t", "--render", "a.png"}})
    EXPECT_TRUE(is_headless(parse(arguments)));
}

TEST(Options, backend_is_chosen_by_name_or_by_itself) {
  EXPECT_FALSE(parse({"t", "--render", "a.png", "--backend", "auto"}).backend);
  EXPECT_EQ(parse({"t", "--render", "a.png", "--backend", "egl"}).backend, Backend::egl);
  EXPECT_EQ(parse({"t", "--backend=glfw"}).backend, Backend::glfw);
  EXPECT_TRUE(parse({"--backends"}).wants_backends);
  EXPECT_EQ(automatic_backend(true), Backend::cpu);
  EXPECT_EQ(automatic_backend(false), Backend::glfw);
  EXPECT_EQ(mistake({"t", "--backend", "vulkan"}),
            "--backend 'vulkan': expected auto, glfw, egl or cpu");
  EXPECT_NE(mistake({"t", "--backend", "egl"}).find("add --render"), std::string::npos);
  EXPECT_NE(mistake({"t", "--text", "--backend", "glfw"}).find("egl or cpu"), std::string::npos);
}

TEST(Options, help_and_version_need_no_trace) {
  EXPECT_TRUE(parse({"--help"}).wants_help);
  EXPECT_TRUE(parse({"-h"}).wants_help);
  EXPECT_TRUE(parse({"--version"}).wants_version);
}

TEST(Options, help_lists_every_option) {
  for (const char* option :
       {"--render", "--at", "--theme", "--width", "--height", "--scale", "--script", "--log-input",
        "--text", "--backend", "--backends", "--help", "--version"}) {
    EXPECT_NE(help_text().find(option), std::string::npos) << option;
  }
}

}  // namespace
}  // namespace rcuscope::gui
