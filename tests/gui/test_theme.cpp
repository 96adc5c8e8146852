// SPDX-License-Identifier: LGPL-2.1-or-later
// Theme: every kind has a colour, and colours that mean different things differ.
#include "theme.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

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
