// SPDX-License-Identifier: LGPL-2.1-or-later
// Keys of the session pages; what they do not take is the timeline's.
#pragma once

#include "input.h"
#include "session/workbench.h"

namespace rcuscope::gui {

/// Return: false if the press is not for the page.
bool apply_page_key(Workbench& workbench, const KeyPress& press);

}  // namespace rcuscope::gui
