// SPDX-License-Identifier: LGPL-2.1-or-later
// Finding one's way through a trace: events, arrows, search results, bookmarks; no window.
#pragma once

#include "session.h"

namespace rcuscope::gui {

/// What stands for an event in the timeline: its mark, else the span that it begins or ends, else
/// the event itself. A report to a grace period is a badge of it and stands for it.
Selection item_of_event(const Session& session, EventIndex event);

/// Selects it and moves the playhead there.
void go_to_event(Session& session, EventIndex event);

/// Moves the playhead to what a user wrote as `text`, and the view with it if it does not show
/// that. Throws: UsageError that calls it `name`, if it is no time or none of the trace.
void show_time(Session& session, const std::string& name, const std::string& text);

/// To the other end of an arrow: -1 to what caused the selection, 1 to what it led to. Of several,
/// the cause that came last and the effect that came first. Without a selected event: the arrow
/// nearest to the playhead. Leaves a notice if there is none. Return: false if there is none.
bool follow_arrow(Session& session, int direction);

/// To the next or previous event that the search has found, round the ends of the trace.
/// Return: false if there is none.
bool go_to_match(Session& session, int direction);
/// Place of the selected event among the matches, from 1; 0 = it is none of them.
std::size_t match_number(const Session& session);

/// Puts a bookmark at the playhead, or takes it away.
void toggle_bookmark(Session& session);
/// Return: false if there is none on that side.
bool go_to_bookmark(Session& session, int direction);

/// To the measured range, else to the selection, else to everything.
void zoom_to_choice(Session& session);
/// Plays the measured range again and again, or no longer.
void toggle_loop(Session& session);

}  // namespace rcuscope::gui
