// SPDX-License-Identifier: LGPL-2.1-or-later
// Tests of the SVG: well-formed, the same each time, without script, and with labels that are
// readable.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <vector>

#include "core/repeated_trace.h"
#include "core/sample_trace.h"
#include "io/format.h"
#include "io/svg_caption.h"
#include "io/svg_layout.h"
#include "io/svg_text.h"
#include "trace/finding.h"
#include "trace/lanes.h"

namespace rcuscope {
namespace {

/// The reason why the text is no well-formed XML, or "" if it is: tags nest, attributes are quoted,
/// entities are known, no control characters.
std::string xml_error(const std::string& xml) {
  std::vector<std::string> open;
  std::size_t at = 0;
  while (at < xml.size()) {
    const auto byte = static_cast<unsigned char>(xml[at]);
    if (byte < 0x20 && byte != '\n' && byte != '\t') return "control character";
    if (xml[at] == '&') {
      const std::string entity = xml.substr(at, xml.find(';', at) - at + 1);
      if (entity != "&amp;" && entity != "&lt;" && entity != "&gt;" && entity != "&quot;") {
        return "entity " + entity;
      }
    }
    if (xml[at] != '<') {
      ++at;
      continue;
    }
    const std::size_t end = xml.find('>', at);
    if (end == std::string::npos) return "tag without end";
    const std::string tag = xml.substr(at + 1, end - at - 1);
    if (std::count(tag.begin(), tag.end(), '"') % 2 != 0) return "quotes of " + tag;
    const std::string name =
        tag.substr(tag[0] == '/', tag.find_first_of(" /\n", 1) - (tag[0] == '/'));
    if (tag[0] == '/') {
      if (open.empty() || open.back() != tag.substr(1)) return "closing " + tag;
      open.pop_back();
    } else if (tag.back() != '/') {
      open.push_back(name);
    }
    at = end + 1;
  }
  return open.empty() ? "" : "open " + open.back();
}

std::vector<TraceStore> samples() {
  return {sample::safe_trace(), sample::safe_trace(Clock::steps), sample::use_after_free_trace(),
          sample::use_after_free_trace(Clock::steps), TraceStore()};
}

/// A busy trace: what a live run with many short sections looks like.
TraceStore busy_trace(std::size_t actors, int events) {
  TraceBuilder builder(Clock::nanoseconds);
  std::vector<ActorId> ids;
  for (std::size_t i = 0; i < actors; ++i) {
    ids.push_back(builder.add_actor({"reader " + std::to_string(i), ActorKind::process, {}}));
  }
  const ObjectId object = builder.add_object({"0000:01:00.0", "device"});
  std::mt19937 random(3);
  for (int i = 0; i < events; ++i) {
    Event event;
    event.time = i * 50;
    event.actor = static_cast<std::uint16_t>(ids[random() % ids.size()].value);
    constexpr std::array<EventKind, 6> kinds = {
        EventKind::rcu_read_lock, EventKind::rcu_read_unlock,
        EventKind::put_device,    EventKind::list_del_rcu,
        EventKind::note,          EventKind::grace_period_start};
    event.kind = kinds[random() % kinds.size()];
    event.object = object;
    event.grace_period.value = static_cast<std::int32_t>(random() % 5);
    builder.add(event);
  }
  return builder.build();
}

TEST(Svg, is_well_formed) {
  for (const TraceStore& trace : samples()) EXPECT_EQ(xml_error(to_svg(trace)), "");
  EXPECT_EQ(xml_error(to_svg(busy_trace(5, 2000))), "");
}

TEST(Svg, is_well_formed_whatever_the_names_are) {
  TraceBuilder builder(Clock::steps);
  const ActorId actor =
      builder.add_actor({"<&\">\x01\xff"
                         "]]>",
                         ActorKind::hardirq,
                         {}});
  Event event;
  event.actor = static_cast<std::uint16_t>(actor.value);
  event.kind = EventKind::note;
  event.value = builder.intern(std::string("</text><script>\0", 16)).value;
  builder.add(event);
  builder.set_metadata("title", "a < b && \"c\"");
  builder.set_metadata("verdict", "<SAFE>");
  const std::string svg = to_svg(builder.build());
  EXPECT_EQ(xml_error(svg), "");
  EXPECT_EQ(svg.find("<script"), std::string::npos);
}

TEST(Svg, is_the_same_each_time) {
  EXPECT_EQ(to_svg(sample::safe_trace()), to_svg(sample::safe_trace()));
}

TEST(Svg, plays_without_script_and_stands_still_where_motion_is_not_wanted) {
  const std::string svg = to_svg(sample::safe_trace());
  EXPECT_EQ(svg.find("<script"), std::string::npos);
  EXPECT_EQ(svg.find("javascript:"), std::string::npos);
  EXPECT_EQ(svg.find("http", svg.find("xmlns") + 40), std::string::npos) << "fetches something";
  EXPECT_NE(svg.find("@media (prefers-reduced-motion:no-preference)"), std::string::npos);
  EXPECT_NE(svg.find("@keyframes travel"), std::string::npos);
}

TEST(Svg, names_lanes_title_verdict_and_finding) {
  const std::string safe = to_svg(sample::safe_trace());
  for (const char* text : {"ATC time-out ISR", "must not sleep", "patch v4 08/24, as posted",
                           ">SAFE<", "Grace period 1042", "list_del_rcu", "kfree gdev 01:00.1"}) {
    EXPECT_NE(safe.find(text), std::string::npos) << text;
  }
  const std::string unsafe = to_svg(sample::use_after_free_trace(), "5 of 12 schedules");
  for (const char* text : {"USE AFTER FREE   5 of 12 schedules", "freed, then used",
                           "no grace period waits for this reader"}) {
    EXPECT_NE(unsafe.find(text), std::string::npos) << text;
  }
}

TEST(Svg, says_all_the_time_what_went_wrong) {
  sample::Story s(Clock::steps);
  s.meta("message", "BUG: KASAN: slab-use-after-free\nTraceback");
  s.meta("explanation", "Nothing held the free back.");
  s.at(1, s.remover, EventKind::kfree, {.object = s.gdevs[0]});
  const std::string svg = to_svg(s.out.build());
  EXPECT_EQ(svg.find("Traceback"), std::string::npos) << "a picture has no room for it";
  const std::size_t message = svg.find("class=\"still message\"");
  ASSERT_NE(message, std::string::npos);
  EXPECT_NE(svg.find("class=\"still\"", message), std::string::npos) << "the explanation follows";
  EXPECT_EQ(svg.find(".still{animation"), std::string::npos) << "nobody reads it in two seconds";
}

TEST(Svg, scopes_its_style_so_that_two_pictures_fit_into_one_page) {
  const std::string svg = to_svg(sample::safe_trace());
  const std::size_t id_at = svg.find("id=\"") + 4;
  const std::string id = svg.substr(id_at, svg.find('"', id_at) - id_at);
  EXPECT_NE(svg.find("#" + id + " text{"), std::string::npos);
  EXPECT_NE(svg.find("@keyframes travel-" + id), std::string::npos);
  EXPECT_EQ(svg.find("-ID"), std::string::npos);
  const std::string other = to_svg(sample::use_after_free_trace());
  EXPECT_EQ(other.find(id), std::string::npos);
}

TEST(Svg, says_what_it_does_not_show) {
  TraceBuilder builder(Clock::nanoseconds);
  for (std::size_t i = 0; i < svg::lane_limit + 5; ++i) {
    Event event;
    event.actor =
        static_cast<std::uint16_t>(builder.add_actor({"actor", ActorKind::process, {}}).value);
    event.kind = EventKind::note;
    builder.add(event);
  }
  builder.add_lost_events(12);
  const std::string text = to_svg(builder.build());
  EXPECT_NE(text.find("12 events were lost, 5 more lanes are not shown"), std::string::npos);
}

TEST(Svg, of_a_long_trace_stays_small) {
  EXPECT_LT(to_svg(busy_trace(6, 60'000)).size(), 2'000'000u);
}

TEST(Svg, of_a_live_run_shows_one_repetition_and_says_which) {
  const std::string svg = to_svg(sample::repeated_trace(1'200));
  EXPECT_NE(svg.find("repetition 1 200 of 1 200"), std::string::npos);
  EXPECT_EQ(to_svg(sample::repeated_trace(1)).find("repetition"), std::string::npos);
}

// --- layout ---

svg::Picture picture_of(const TraceStore& trace) {
  return svg::make_picture(trace, compute_lanes(trace));
}

TEST(SvgLayout, idle_time_is_folded_so_that_readers_are_seen) {
  const TraceStore trace = sample::repeated_trace(1);
  const Lanes lanes = compute_lanes(trace);
  const svg::Picture picture = picture_of(trace);
  ASSERT_FALSE(picture.folds.empty());
  EXPECT_TRUE(std::any_of(picture.folds.begin(), picture.folds.end(),
                          [](const svg::Fold& fold) { return fold.text == "8.7 ms"; }));
  for (const svg::Fold& fold : picture.folds) {
    EXPECT_LT(fold.right - fold.left, 40);
    for (const svg::Tick& tick : picture.ticks)
      EXPECT_FALSE(tick.x > fold.left - 10 && tick.x < fold.right + 10) << tick.text;
  }
  for (const svg::Bar& bar : picture.bars) {
    if (lanes.spans[bar.span].kind != SpanKind::reader) continue;
    EXPECT_GT(bar.box.width(), 60) << "39 of 9 100 µs";
  }
  EXPECT_TRUE(picture_of(sample::safe_trace()).folds.empty()) << "there something always happens";
}

TEST(SvgLayout, time_grows_to_the_right_across_folds) {
  const TraceStore trace = sample::repeated_trace(1);
  const svg::TimeScale scale(trace, compute_lanes(trace));
  double last = scale.x(trace.start()) - 1;
  for (EventIndex i = 0; i < trace.size(); ++i) {
    EXPECT_GE(scale.x(trace.time(i)), last);
    last = scale.x(trace.time(i));
  }
  EXPECT_LE(last, scale.right());
}

TEST(SvgLayout, labels_never_overlap_and_stay_in_the_picture) {
  std::vector<TraceStore> traces = samples();
  traces.push_back(busy_trace(4, 40));
  traces.push_back(busy_trace(3, 400));
  for (const TraceStore& trace : traces) {
    const svg::Picture picture = picture_of(trace);
    for (std::size_t i = 0; i < picture.labels.size(); ++i) {
      const svg::Label& a = picture.labels[i];
      EXPECT_LE(a.box.right, picture.width) << a.text;
      for (std::size_t j = i + 1; j < picture.labels.size(); ++j) {
        const svg::Label& b = picture.labels[j];
        EXPECT_FALSE(a.box.overlaps(b.box)) << a.text << " and " << b.text;
      }
    }
  }
}

TEST(SvgLayout, rows_and_bars_are_stacked_and_bars_stay_in_their_rows) {
  for (const TraceStore& trace : samples()) {
    const Lanes lanes = compute_lanes(trace);
    const svg::Picture picture = svg::make_picture(trace, lanes);
    EXPECT_EQ(picture.rows.size(), lanes.lanes.size());
    for (std::size_t i = 1; i < picture.rows.size(); ++i) {
      EXPECT_EQ(picture.rows[i].box.top, picture.rows[i - 1].box.bottom);
    }
    for (const svg::Bar& bar : picture.bars) {
      const auto lane = static_cast<std::size_t>(lanes.spans[bar.span].lane);
      EXPECT_TRUE(picture.rows[lane].box.contains(bar.box));
    }
  }
}

TEST(SvgLayout, grace_periods_that_overlap_are_drawn_apart) {
  TraceBuilder builder(Clock::steps);
  const auto add = [&](Timestamp time, EventKind kind, std::int32_t id) {
    Event event;
    event.time = time;
    event.kind = kind;
    event.grace_period.value = id;
    builder.add(event);
  };
  add(0, EventKind::grace_period_start, 1);
  add(2, EventKind::grace_period_start, 2);
  add(5, EventKind::grace_period_end, 1);
  add(9, EventKind::grace_period_end, 2);
  const svg::Picture picture = picture_of(builder.build());
  ASSERT_EQ(picture.bars.size(), 2u);
  EXPECT_FALSE(picture.bars[0].box.overlaps(picture.bars[1].box));
  ASSERT_EQ(picture.bands.size(), 2u);
  EXPECT_FALSE(picture.bands[0].strip.overlaps(picture.bands[1].strip));
}

TEST(SvgLayout, an_error_is_never_folded_away) {
  TraceBuilder builder(Clock::nanoseconds);
  const ActorId actor = builder.add_actor({"reader", ActorKind::process, {}});
  for (int i = 0; i < 1000; ++i) {
    Event event;
    event.time = i;
    event.actor = static_cast<std::uint16_t>(actor.value);
    event.kind = i == 500 ? EventKind::finding : EventKind::put_device;
    builder.add(event);
  }
  const TraceStore trace = builder.build();
  const Lanes lanes = compute_lanes(trace);
  const svg::Picture picture = svg::make_picture(trace, lanes);
  EXPECT_EQ(
      std::count_if(picture.glyphs.begin(), picture.glyphs.end(),
                    [&](const svg::Glyph& glyph) { return lanes.marks[glyph.mark].is_error; }),
      1);
}

TEST(SvgLayout, an_error_is_told_even_where_it_is_crowded) {
  TraceBuilder builder(Clock::steps);
  const ActorId actor = builder.add_actor({"callback", ActorKind::callback, {}});
  for (int i = 0; i < 30; ++i) {
    Event event;
    event.time = i;
    event.actor = static_cast<std::uint16_t>(actor.value);
    event.kind = i == 0    ? EventKind::callback_start
                 : i == 12 ? EventKind::finding
                           : EventKind::put_device;
    event.value = static_cast<std::int64_t>(FindingKind::sleeping_in_atomic);
    builder.add(event);
  }
  const svg::Picture picture = picture_of(builder.build());
  EXPECT_TRUE(std::any_of(picture.labels.begin(), picture.labels.end(), [](const auto& label) {
    return label.text == "sleeping in atomic context";
  }));
}

TEST(SvgLayout, what_only_main_does_is_pressed_together_in_a_trace_of_steps) {
  TraceBuilder builder(Clock::steps);
  const ActorId setup = builder.add_actor({"main", ActorKind::main, {}});
  const ActorId reader = builder.add_actor({"reader", ActorKind::process, {}});
  for (int i = 0; i < 300; ++i) {
    Event event;
    event.time = i;
    event.kind = EventKind::note;
    event.actor = static_cast<std::uint16_t>((i < 200 || i >= 250 ? setup : reader).value);
    builder.add(event);
  }
  const TraceStore trace = builder.build();
  const svg::TimeScale scale(trace, compute_lanes(trace));
  EXPECT_GT(scale.x(250) - scale.x(200), 3 * (scale.x(200) - scale.x(0)));
  EXPECT_GT(scale.x(250) - scale.x(200), 3 * (scale.x(300) - scale.x(250)));
  for (int i = 0; i < 300; ++i) EXPECT_LT(scale.x(i), scale.x(i + 1));
}

TEST(SvgText, fits_into_the_width_that_it_is_given) {
  EXPECT_EQ(svg::fitted("reader", 100, 11), "reader");
  const std::string cut = svg::fitted("iommu_group_remove_device", 80, 11);
  EXPECT_LE(svg::text_width(cut, 11), 80);
  EXPECT_NE(cut.find("\u2026"), std::string::npos);
  EXPECT_EQ(svg::fitted("reader", 5, 11), "");
  EXPECT_EQ(svg::fitted("", 5, 11), "");
}

TEST(SvgText, writes_numbers_with_one_decimal) {
  EXPECT_EQ(svg::number(12), "12");
  EXPECT_EQ(svg::number(-0.04), "0");
  EXPECT_EQ(svg::number(-1.25), "-1.3");
  EXPECT_EQ(svg::number(1.05), "1.1");
}

TEST(SvgCaption, tells_the_story_in_order_without_overlap) {
  const TraceStore trace = sample::safe_trace();
  const svg::TimeScale scale(trace, compute_lanes(trace));
  const svg::Captions captions = svg::make_captions(trace, scale, 1000);
  ASSERT_GT(captions.captions.size(), 10u);
  for (std::size_t i = 1; i < captions.captions.size(); ++i) {
    EXPECT_EQ(captions.captions[i - 1].to, captions.captions[i].from);
    EXPECT_LT(captions.captions[i].from, captions.captions[i].to + 1e-9);
  }
}

}  // namespace
}  // namespace rcuscope
