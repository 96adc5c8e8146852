// SPDX-License-Identifier: LGPL-2.1-or-later
// What keys do; panels/help.cpp lists them for people.
#pragma once

#include "input.h"
#include "session.h"

namespace rcuscope::gui {

/// What a key does to the session; while the search box has the focus, keys are text.
/// Return: false if nothing.
bool apply_key(Session& session, const KeyPress& press);

}  // namespace rcuscope::gui
