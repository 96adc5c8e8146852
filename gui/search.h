// SPDX-License-Identifier: LGPL-2.1-or-later
// Search: the events that a few words name; pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "trace/store.h"

namespace rcuscope::gui {

/// The events that match every word of `query`, ascending. A word matches the kind of an event, a
/// word of its sentence, its actor, its object, what it is about, or the number of its grace
/// period; capital letters do not matter. A query without words matches nothing.
/// Cost: names once, then a few table look-ups an event.
std::vector<std::uint32_t> find_events(const TraceStore& trace, std::string_view query);

/// The box in the top bar and what it has found.
struct Search {
  std::string text;
  bool is_focused = false;
  std::vector<std::uint32_t> matches;

  /// Looks again. Requires: the trace that the matches are to be indices into.
  void set_text(const TraceStore& trace, std::string new_text);
};

}  // namespace rcuscope::gui
