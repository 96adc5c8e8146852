// SPDX-License-Identifier: LGPL-2.1-or-later
// ActorFocus: the few actors that matter at the playhead, with what they do and why they wait;
// pure.
#pragma once

#include <string>
#include <vector>

#include "session.h"
#include "trace/state_picture.h"

namespace rcuscope::gui {

/// One event in an actor's panel.
struct FocusLine {
  EventIndex event = 0;
  std::string sentence;     ///< Without the actor's name, which stands in the heading.
  std::string place;        ///< "remove.h:769", or empty.
  bool is_current = false;  ///< The last one that has happened.
  bool is_future = false;
  bool is_error = false;
};

struct ActorFocus {
  ActorId actor;
  std::string title;
  std::string cpu;  ///< "CPU 0", or empty.
  Tone tone = Tone::plain;
  std::int32_t place = -1;  ///< Where the actor stands: index into names().places; -1 = unknown.
  std::vector<FocusLine> lines;
  double least_distance =
      0;  ///< Between two lines that are not at the same time; 0 = there is none.
  std::string status;
};

struct FocusOptions {
  std::size_t actor_count = 3;
  std::size_t line_count = 8;
};

/// In the order of the lanes. The selected actor is always among them.
std::vector<ActorFocus> focus_actors(const Session& session, const FocusOptions& options);

/// "core/iommu/remove.h" and 769 -> "remove.h:769".
std::string short_place(const PlaceInfo& place);

}  // namespace rcuscope::gui
