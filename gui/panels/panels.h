// SPDX-License-Identifier: LGPL-2.1-or-later
// The panels around the timeline, one function and one file each.
#pragma once

#include "session.h"
#include "source_text.h"
#include "ui.h"

namespace rcuscope::gui {

/// Logo and the product's name at the left end of a bar. Return: the x where they end.
float draw_logo(Painter& painter, const Rect& bar);

/// Logo and name of the scenario; `opens`: with the sign that a click leads elsewhere. Return: the
/// x where it ends.
float draw_scenario(Ui& ui, const Session& session, const Rect& bar, bool opens = false);

/// Transport buttons, speeds and time, from `x` on; speeds and time only where they fit left of
/// `right`. Return: the x where it ends.
float draw_playback(Ui& ui, Session& session, const Rect& bar, float x, float right);
/// What it needs with a button for each speed, or with one for all of them; the time apart.
float playback_width(const Painter& painter, bool has_all_speeds);

/// Theme and help at the right end of the bar. Return: the x where they begin.
float draw_switches(Ui& ui, Session& session, const Rect& bar);

/// The search box, left of `right`, unless there is no room right of `x`.
/// Return: the x where it begins, or `right`.
float draw_search(Ui& ui, Session& session, const Rect& bar, float x, float right);

/// Narrower, a search box is left out.
inline constexpr float search_width_min = 120;

/// What the verdict needs in its longest form that takes at most `most` (in one line with how much
/// was searched, that below it, the word alone), or else in its shortest; 0 without one.
float verdict_room(const Ui& ui, const Session& session, float most = 0);
/// The verdict in the room between `x` and `right`.
void draw_verdict(Ui& ui, const Session& session, const Rect& bar, float x, float right);

/// What is true at the playhead: selection, lists, objects, grace periods, locks, legend.
void draw_inspector(Ui& ui, Session& session, const Rect& area);

/// The finding in words, broken for a panel of that width; none before the playhead has reached it.
std::vector<std::string> finding_lines(const Painter& painter, const Session& session, float width);
/// Of the card with its margins; 0 for no lines.
float finding_height(const Painter& painter, const std::vector<std::string>& lines);
/// Scrolls when the room is less.
void draw_finding(Ui& ui, Session& session, const Rect& room,
                  const std::vector<std::string>& lines);

/// The selected span or mark in words. Return: the height it took, or 0.
float draw_selection(Ui& ui, Session& session, const Rect& area);

/// The measured range with its statistics. Return: the height it took, or 0.
float draw_range(Ui& ui, Session& session, const Rect& area);
/// The same in words. Requires: a range.
std::vector<std::string> range_lines(const Session& session);

/// The actors that matter, each with its source or its events.
void draw_actors(Ui& ui, Session& session, SourceFiles& files, const Rect& area);

/// Objects and pointers at the playhead, in place of the actors.
void draw_memory(Ui& ui, Session& session, const Rect& area);

/// The line above a trace that stands beside another: its letter, title, verdict. Return: true if
/// it was clicked.
bool draw_heading(Ui& ui, const Session& session, const Rect& area, std::string_view letter,
                  bool is_chosen);

/// A plate over the window that tells what goes on. Return: true if "Cancel" was clicked.
bool draw_progress(Ui& ui, const Rect& screen, std::string_view text);

/// The keys; a click anywhere closes it.
void draw_help(Ui& ui, const Rect& screen);

/// Breaks text into lines of at most `width` at its spaces.
std::vector<std::string> wrap_text(const Painter& painter, const Face& face, std::string_view text,
                                   float width);

Color tone_color(const Theme& theme, Tone tone);

}  // namespace rcuscope::gui
