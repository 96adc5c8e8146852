// SPDX-License-Identifier: LGPL-2.1-or-later
// The text twin of each page: the same facts as lines, for tests, terminals and screen readers.
#pragma once

#include <string>

#include "session.h"
#include "session/workbench.h"
#include "source_text.h"

namespace rcuscope::gui {

/// The page that is shown; `timeline` is the trace that is open.
std::string page_text(const Workbench& workbench, const Session& timeline);

std::string session_text(const Workbench& workbench);
std::string matrix_text(const Workbench& workbench);
/// Requires: a scheduler.
std::string scheduler_text(const Workbench& workbench);
/// The trace, the last events, and what is true at the playhead.
std::string timeline_text(const Session& session);
/// The panels of the actors that matter: what each does, and its current line where it can be read.
std::string actors_text(const Session& session, SourceFiles& files);

}  // namespace rcuscope::gui
