// SPDX-License-Identifier: LGPL-2.1-or-later
// Theme: every kind has a colour, and colours that mean different things differ.
#include "theme.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace rcuscope::gui {
namespace {

class Themes : public testing::TestWithParam<ThemeName> {};

double luminance(Color color) {
  const auto channel = [](Color byte) {
    const double c = (byte & 0xff) / 255.0;
    return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * channel(color) + 0.7152 * channel(color >> 8) + 0.0722 * channel(color >> 16);
}

double contrast(Color a, Color b) {
  const double la = luminance(a), lb = luminance(b);
  return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

TEST_P(Themes, roles_of_the_legend_differ) {
  const Theme t = make_theme(GetParam());
  const std::set<Color> colors = {t.reader, t.reader_later, t.grace_period, t.callback,
                                  t.mutex,  t.release,      t.error};
  EXPECT_EQ(colors.size(), 7u);
}

TEST_P(Themes, text_can_be_read) {
  const Theme t = make_theme(GetParam());
  EXPECT_GT(contrast(t.text, t.panel), 7);
  EXPECT_GT(contrast(t.text, t.background), 7);
  EXPECT_GT(contrast(t.text_secondary, t.panel), 4.5);
  EXPECT_GT(contrast(t.on_reader_later, t.reader_later), 4);
}

TEST_P(Themes, errors_have_the_one_red) {
  const Theme t = make_theme(GetParam());
  Span span;
  span.is_error = true;
  EXPECT_EQ(span_color(t, span), t.error);
  EXPECT_EQ(event_color(t, EventKind::load, event_flag::error), t.error);
  EXPECT_EQ(arrow_color(t, ArrowKind::freed_then_used), t.error);
}

TEST_P(Themes, every_event_kind_has_an_opaque_colour) {
  const Theme t = make_theme(GetParam());
  for (std::size_t kind = 0; kind < event_kind_count; ++kind) {
    EXPECT_EQ(event_color(t, static_cast<EventKind>(kind), 0) >> 24, 0xffu)
        << event_descriptions[kind].name;
  }
}

TEST_P(Themes, pre_existing_readers_are_stronger_than_later_ones) {
  const Theme t = make_theme(GetParam());
  Span span;
  span.kind = SpanKind::reader;
  EXPECT_EQ(span_color(t, span), t.reader_later);
  span.is_pre_existing = true;
  EXPECT_EQ(span_color(t, span), t.reader);
}

// --- eyes that see fewer colours ---

using Vector = std::array<double, 3>;

Vector linear_of(Color color) {
  Vector result{};
  for (std::size_t i = 0; i < 3; ++i) {
    const double c = (color >> 8 * i & 0xff) / 255.0;
    result[i] = c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
  }
  return result;
}

Vector times(const std::array<Vector, 3>& matrix, const Vector& v) {
  Vector result{};
  for (std::size_t row = 0; row < 3; ++row) {
    for (std::size_t i = 0; i < 3; ++i) result[row] += matrix[row][i] * v[i];
  }
  return result;
}

/// CIELAB of a linear sRGB colour, white D65.
Vector lab_of(Vector linear) {
  for (double& c : linear) c = std::clamp(c, 0.0, 1.0);
  constexpr std::array<Vector, 3> xyz = {
      {{0.4124564 / 0.95047, 0.3575761 / 0.95047, 0.1804375 / 0.95047},
       {0.2126729, 0.7151522, 0.0721750},
       {0.0193339 / 1.08883, 0.1191920 / 1.08883, 0.9503041 / 1.08883}}};
  Vector f = times(xyz, linear);
  for (double& t : f) t = t > 0.008856 ? std::cbrt(t) : 7.787 * t + 16.0 / 116;
  return {116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])};
}

struct Eye {
  const char* name;
  std::array<Vector, 3> sees;  ///< On linear sRGB.
};

/// G. M. Machado, M. M. Oliveira, L. A. F. Fernandes: A physiologically-based model for simulation
/// of color vision deficiency, IEEE TVCG 15(6), 2009; severity 1.0.
constexpr std::array<Eye, 4> eyes = {{
    {"all cones", {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}}},
    {"protanopia",
     {{{0.152286, 1.052583, -0.204868},
       {0.114503, 0.786281, 0.099216},
       {-0.003882, -0.048116, 1.051998}}}},
    {"deuteranopia",
     {{{0.367322, 0.860646, -0.227968},
       {0.280085, 0.672501, 0.047413},
       {-0.011820, 0.042940, 0.968881}}}},
    {"tritanopia",
     {{{1.255528, -0.076749, -0.178779},
       {-0.078411, 0.930809, 0.147602},
       {0.004733, 0.691367, 0.303900}}}},
}};

double distance(const Eye& eye, Color a, Color b) {
  const Vector p = lab_of(times(eye.sees, linear_of(a))), q = lab_of(times(eye.sees, linear_of(b)));
  return std::hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
}

/// Five times what eyes can just tell apart when both lie side by side (2.3).
constexpr double clear_distance = 12;

Color over(Color color, float opacity, Color ground) {
  Color result = 0xff000000u;
  for (int shift = 0; shift < 24; shift += 8) {
    const float mixed = static_cast<float>(color >> shift & 0xff) * opacity +
                        static_cast<float>(ground >> shift & 0xff) * (1 - opacity);
    result |= static_cast<Color>(mixed + 0.5f) << shift;
  }
  return result;
}

struct Sign {
  std::string name;
  int shape;
  Color color;
};

/// Every two of the same shape differ by colour.
void expect_told_apart(const std::vector<Sign>& signs) {
  for (std::size_t i = 0; i < signs.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (signs[i].shape != signs[j].shape || signs[i].name == signs[j].name) continue;
      for (const Eye& eye : eyes) {
        EXPECT_GE(distance(eye, signs[i].color, signs[j].color), clear_distance)
            << signs[i].name << " and " << signs[j].name << ", " << eye.name;
      }
    }
  }
}

TEST_P(Themes, bars_are_told_apart_by_every_eye) {
  const Theme t = make_theme(GetParam());
  std::vector<Sign> signs = {{"error", static_cast<int>(BarShape::hatched), t.error}};
  const auto add = [&](const char* name, SpanLook look) {
    const bool is_pale = look.kind == SpanKind::reader && !look.is_pre_existing;
    const Color color = look_color(t, look);
    signs.push_back({name, static_cast<int>(bar_shape(look)),
                     is_pale ? over(color, t.later_fill, t.background) : color});
  };
  add("reader", {SpanKind::reader, true});
  add("later reader", {SpanKind::reader, false});
  add("grace period", {SpanKind::grace_period});
  add("blocked", {SpanKind::blocked});
  add("mutex", {SpanKind::mutex});
  add("spinlock", {SpanKind::spinlock});
  add("callback", {SpanKind::callback});
  add("release", {SpanKind::release});
  signs.push_back({"nothing", static_cast<int>(BarShape::filled), t.background});
  expect_told_apart(signs);
}

TEST_P(Themes, arrows_are_told_apart_by_every_eye) {
  const Theme t = make_theme(GetParam());
  std::vector<Sign> signs;
  for (const auto& [name, kind] :
       {std::pair("callback", ArrowKind::callback), std::pair("work", ArrowKind::work),
        std::pair("grace period", ArrowKind::grace_period), std::pair("reader", ArrowKind::reader),
        std::pair("freed, then used", ArrowKind::freed_then_used)}) {
    signs.push_back({name, is_dashed(kind) ? 1 : 0, arrow_color(t, kind)});
  }
  expect_told_apart(signs);
}

TEST(Eyes, what_they_confuse_is_seen_by_this_test) {
  constexpr Color red = 0xff2020c0u, green = 0xff207020u;
  EXPECT_GT(distance(eyes[0], red, green), 80);
  EXPECT_LT(distance(eyes[1], red, green), 40);
  EXPECT_NEAR(distance(eyes[0], 0xffffffffu, 0xff000000u), 100, 0.1) << "L* from 0 to 100";
}

INSTANTIATE_TEST_SUITE_P(Both, Themes, testing::Values(ThemeName::light, ThemeName::dark),
                         [](const auto& theme) {
                           return theme.param == ThemeName::dark ? "dark" : "light";
                         });

TEST(Theme, names_are_read) {
  EXPECT_EQ(theme_from_string("dark"), ThemeName::dark);
  EXPECT_EQ(theme_from_string("light"), ThemeName::light);
  EXPECT_FALSE(theme_from_string("blue"));
}

TEST(Theme, fading_keeps_the_colour) {
  EXPECT_EQ(fade(0xff102030u, 0.5f), 0x80102030u);
  EXPECT_EQ(fade(0xff102030u, 1), 0xff102030u);
}

}  // namespace
}  // namespace rcuscope::gui
