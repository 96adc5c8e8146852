// SPDX-License-Identifier: LGPL-2.1-or-later
// Labels, arrows and the plates of findings over every counterexample of the catalogue: what is
// written in the timeline stays readable in windows of all common sizes.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gui/fixtures.h"
#include "model/runner.h"
#include "scenario/catalogue.h"
#include "scenario/run.h"

namespace rcuscope::gui {
namespace {

using test::LayoutOf;

struct Shown {
  std::string name;
  std::string message;
  Session session;
};

/// One for each finding of the catalogue.
const std::vector<Shown>& counterexamples() {
  static const std::vector<Shown> all = [] {
    std::vector<Shown> shown;
    const auto runner = make_fiber_runner();
    for (const Scenario& scenario : catalogue()) {
      ExploreOptions options;
      options.checks = scenario.checks;
      const Program program = make_program(scenario);
      for (const Finding& finding : explore(program, *runner, options).findings) {
        shown.push_back({scenario.name + " " + std::string(describe(finding.kind).name),
                         finding.message,
                         Session(replay(program, *runner, finding.schedule, options).trace)});
      }
    }
    return shown;
  }();
  return all;
}

/// The plot in windows of 1000 x 700, 1280 x 720, 1440 x 900, 1600 x 900 and 1920 x 1080.
std::vector<Rect> plots() {
  std::vector<Rect> areas;
  for (const auto& [width, height] :
       {std::pair{446, 346}, {726, 366}, {886, 546}, {1046, 546}, {1366, 726}}) {
    areas.push_back({0, 0, static_cast<float>(width), static_cast<float>(height)});
  }
  return areas;
}

struct Text {
  std::string what;
  Rect at;
  std::int64_t span = -1;  ///< Of a bar: an error is drawn twice, on top, too.
};

/// Every text that marks, bars and arrows have put somewhere.
std::vector<Text> texts_of(const TimelineLayout& layout) {
  std::vector<Text> texts;
  for (const MarkGlyph& glyph : layout.marks) {
    if (glyph.has_label) texts.push_back({glyph.text, glyph.label});
  }
  for (const Bar& bar : layout.bars) {
    if (!bar.label.empty()) texts.push_back({bar.label, bar.label_rect.inset(0, 4), bar.span});
    if (bar.caption.empty()) continue;
    const float width = test::measure_text(TextStyle::tiny, bar.caption);
    const Point at = bar.caption_at;
    texts.push_back({bar.caption, {at.x, at.y, at.x + width, at.y + 13}});
  }
  for (const ArrowPath& arrow : layout.arrows) {
    if (arrow.has_plate) texts.push_back({"plate of an arrow", arrow.plate});
  }
  return texts;
}

Point on_path(const ArrowPath& path, float t) {
  const float s = 1 - t;
  if (path.is_straight) {
    return {path.from.x * s + path.to.x * t, path.from.y * s + path.to.y * t};
  }
  const float a = s * s * s, b = 3 * s * s * t, c = 3 * s * t * t, d = t * t * t;
  return {a * path.from.x + b * path.from_control.x + c * path.to_control.x + d * path.to.x,
          a * path.from.y + b * path.from_control.y + c * path.to_control.y + d * path.to.y};
}

bool crosses(const ArrowPath& path, const Rect& rect) {
  constexpr int point_count = 400;
  for (int i = 0; i <= point_count; ++i) {
    if (rect.contains(on_path(path, static_cast<float>(i) / point_count))) return true;
  }
  return false;
}

TEST(Labels, of_the_catalogue_never_cover_each_other) {
  for (const Shown& shown : counterexamples()) {
    for (const Rect& area : plots()) {
      const std::vector<Text> texts = texts_of(LayoutOf(shown.session, area).layout);
      for (std::size_t i = 0; i < texts.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
          if (texts[i].span >= 0 && texts[i].span == texts[j].span) continue;
          EXPECT_FALSE(texts[i].at.overlaps(texts[j].at))
              << shown.name << " at " << area.x1 << ": " << texts[i].what << " and "
              << texts[j].what;
        }
      }
    }
  }
}

TEST(Labels, of_the_catalogue_are_crossed_by_no_arrow_without_a_ground_of_their_own) {
  std::size_t label_count = 0, crossed_count = 0;
  for (const Shown& shown : counterexamples()) {
    for (const Rect& area : plots()) {
      const TimelineLayout layout = LayoutOf(shown.session, area).layout;
      for (const MarkGlyph& glyph : layout.marks) {
        if (!glyph.has_label || glyph.shape == MarkShape::finding) continue;
        ++label_count;
        crossed_count += glyph.is_on_arrow ? 1 : 0;
        if (glyph.is_on_arrow) continue;
        for (const ArrowPath& path : layout.arrows) {
          EXPECT_FALSE(crosses(path, glyph.label))
              << shown.name << " at " << area.x1 << ": " << glyph.text;
        }
      }
    }
  }
  EXPECT_GT(label_count, 3'000u);
  EXPECT_LT(crossed_count, label_count / 40) << "a last resort";
}

TEST(Counterexamples, bad_access_is_the_line_at_which_its_actor_stands) {
  std::size_t count = 0;
  for (const Shown& shown : counterexamples()) {
    constexpr std::string_view start = "BUG: KASAN: slab-use-after-free in ";
    const TraceStore& trace = shown.session.trace();
    const auto last = static_cast<EventIndex>(trace.size() - 1);
    if (!shown.message.starts_with(start) || trace.kind(last) != EventKind::finding) continue;
    const std::int32_t place = trace.columns().place[last];
    ASSERT_GE(place, 0) << shown.name;
    const std::string& function = trace.names().places[static_cast<std::size_t>(place)].function;
    EXPECT_NE(shown.message.find(" " + function + ": "), std::string::npos)
        << shown.name << ": " << shown.message << ", but the line is in " << function;
    ++count;
  }
  EXPECT_GT(count, 20u);
}

}  // namespace
}  // namespace rcuscope::gui
