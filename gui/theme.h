// SPDX-License-Identifier: LGPL-2.1-or-later
// Theme: every colour of the viewer by its role; no other file contains a colour.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "timeline/track.h"
#include "trace/event.h"
#include "trace/lanes.h"

namespace rcuscope::gui {

/// Red in the lowest byte, then green, blue and opacity: Dear ImGui's order.
using Color = std::uint32_t;

enum class ThemeName : std::uint8_t { light, dark };

struct Theme {
  bool is_dark = false;
  // surfaces and text
  Color background, panel, raised, card, card_line;
  Color line, line_strong;
  Color text, text_secondary, text_faint;
  Color accent, on_accent, on_bar, on_finding;
  Color lane_alternate, selected_segment, shade;
  Color playhead, on_playhead;
  // what happens in a trace
  Color reader, reader_later, on_reader_later;
  Color grace_period, callback, release, mutex, spinlock, blocked, on_blocked;
  Color context, freed, linked, error, neutral;
  // source text
  Color keyword, call, comment, number;
  // opacities that differ between light and dark
  float band_past, band_future, band_title, outlined_fill, later_fill, tint;
};

Theme make_theme(ThemeName name);
std::optional<ThemeName> theme_from_string(std::string_view name);

/// The same colour with its opacity multiplied by `opacity`, 0 to 1.
Color fade(Color color, float opacity);

/// How a bar looks besides its colour: two kinds of one shape must differ for every eye.
enum class BarShape : std::uint8_t { filled, outlined, hatched };
BarShape bar_shape(const SpanLook& look);
/// The one that tells of an error is dashed: its red is another kind's orange to some eyes.
bool is_dashed(ArrowKind kind);

/// Of what is as it should be.
Color look_color(const Theme& theme, const SpanLook& look);
Color span_color(const Theme& theme, const Span& span);
Color mark_color(const Theme& theme, const Mark& mark);
Color arrow_color(const Theme& theme, ArrowKind kind);
Color event_color(const Theme& theme, EventKind kind, std::uint16_t flags);

}  // namespace rcuscope::gui
