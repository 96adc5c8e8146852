// SPDX-License-Identifier: LGPL-2.1-or-later
// The pages around a workbench: the session, the matrix and the scheduler.
#pragma once

#include "session/workbench.h"
#include "ui.h"

namespace rcuscope::gui {

/// Logo and the pages as tabs. Return: the x where they end.
float draw_page_tabs(Ui& ui, Workbench& workbench, const Rect& bar);

/// The catalogue, the request, and what came out.
void draw_session_page(Ui& ui, Workbench& workbench, const Rect& area);
void draw_catalogue(Ui& ui, Workbench& workbench, const Rect& area);
void draw_request(Ui& ui, Workbench& workbench, const Rect& area);
void draw_answer(Ui& ui, Workbench& workbench, const Rect& area);

/// Every offer with its expected and its actual verdict.
void draw_matrix_page(Ui& ui, Workbench& workbench, const Rect& area);

/// The goal, and each actor with a button or a reason. Requires: a scheduler.
void draw_scheduler_panel(Ui& ui, Workbench& workbench, const Rect& area);

/// The job that runs, with a bar and a way to cancel it. Return: where it ends, `at.y` without one.
float draw_job(Ui& ui, Workbench& workbench, const Rect& room);

/// What did not work; nothing without a notice. Return: where it ends.
float draw_notice(Ui& ui, Workbench& workbench, const Rect& room);

}  // namespace rcuscope::gui
