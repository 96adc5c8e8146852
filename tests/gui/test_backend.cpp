// SPDX-License-Identifier: LGPL-2.1-or-later
// Backends: OpenGL without a window system draws what the CPU rasteriser draws.
#include "backend.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "gui/fixtures.h"

namespace rcuscope::gui {
namespace {

struct Difference {
  double share = 0;  ///< Of pixels with a channel that differs by more than 8 of 255.
  double mean = 0;   ///< Of all channels.
};

Difference difference(const Image& a, const Image& b) {
  Difference result;
  std::size_t count = 0;
  for (std::size_t i = 0; i < a.rgba.size(); i += 4) {
    int most = 0;
    for (std::size_t c = 0; c < 3; ++c) {
      const int by = std::abs(a.rgba[i + c] - b.rgba[i + c]);
      result.mean += by;
      most = std::max(most, by);
    }
    count += most > 8 ? 1 : 0;
  }
  const auto pixels = static_cast<double>(a.rgba.size()) / 4;
  return {static_cast<double>(count) / pixels, result.mean / pixels / 3};
}

class Egl : public testing::Test {
 protected:
  void SetUp() override {
    std::string renderer;
    const std::string problem = find_egl_problem(renderer);
    if (!problem.empty()) GTEST_SKIP() << problem;
  }

  static Image picture(Backend backend, ThemeName theme) {
    Session session = test::faulty_session();
    session.theme = theme;
    const WindowSize framebuffer{1000, 600};
    App app(std::move(session), [&] { return make_picture_window(backend, framebuffer, 1); });
    app.frame();
    app.frame();
    return app.screenshot();
  }
};

TEST_F(Egl, picture_is_that_of_the_rasteriser_but_for_edges) {
  for (const ThemeName theme : {ThemeName::light, ThemeName::dark}) {
    const Image egl = picture(Backend::egl, theme), cpu = picture(Backend::cpu, theme);
    ASSERT_EQ(egl.width, cpu.width);
    ASSERT_EQ(egl.height, cpu.height);
    const Difference d = difference(egl, cpu);
    EXPECT_LT(d.share, 0.005);
    EXPECT_LT(d.mean, 0.2);
  }
}

TEST_F(Egl, another_trace_is_another_picture) {
  const Image light = picture(Backend::egl, ThemeName::light);
  const Image dark = picture(Backend::egl, ThemeName::dark);
  EXPECT_GT(difference(light, dark).share, 0.5) << "the comparison above would see nothing";
}

TEST_F(Egl, two_windows_draw_in_turns) {
  const auto make = [] { return make_picture_window(Backend::egl, {800, 500}, 1); };
  App first(test::faulty_session(), make);
  first.frame();
  first.frame();
  const Image before = first.screenshot();
  {
    App second(test::safe_session(), make);
    second.frame();
    second.frame();
    EXPECT_GT(difference(second.screenshot(), before).share, 0.001);
    EXPECT_EQ(first.screenshot().rgba, before.rgba);
  }
  EXPECT_EQ(first.screenshot().rgba, before.rgba) << "the second one took the display with it";
}

TEST_F(Egl, size_that_opengl_does_not_have_is_named) {
  try {
    App app(test::safe_session(),
            [] { return make_picture_window(Backend::egl, {60'000, 60'000}, 1); });
    FAIL() << "a framebuffer of 14 GB was made";
  } catch (const NoDisplayError& error) {
    EXPECT_NE(std::string(error.what()).find("60000 x 60000"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("--backend cpu"), std::string::npos);
  }
}

TEST(Backend, each_is_told_with_what_draws_or_why_not) {
  const std::string text = backends_text();
  EXPECT_NE(text.find("windows (glfw): "), std::string::npos) << text;
  EXPECT_NE(text.find("pictures (cpu): CPU rasteriser"), std::string::npos) << text;
  EXPECT_NE(text.find("pictures on demand (egl): "), std::string::npos) << text;
  EXPECT_FALSE(backend_from_string("vulkan"));
}

}  // namespace
}  // namespace rcuscope::gui
