// SPDX-License-Identifier: LGPL-2.1-or-later
// StatePicture: the world at the playhead in words and dots, ready to be drawn; pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "trace/state.h"
#include "trace/store.h"

namespace rcuscope {

/// How urgent something is; the theme gives it a colour.
enum class Tone : std::uint8_t { plain, good, waiting, error, gone, reader };

/// One list from head to head.
struct ListChain {
  std::string title;  ///< Name of the list.
  std::vector<std::string> entries;
};

/// A device, list entry or other object that lives and dies.
struct ObjectCard {
  ObjectId object;
  ObjectId device;  ///< The device of a list entry, shown in the same card; or none.
  std::string title;
  Tone tone = Tone::plain;
  std::string state;  ///< "linked", "unlinked, waiting for GP 1042" ...
  bool is_struck = false;
  std::optional<std::int64_t> references;
  std::int64_t references_max = 0;
  std::vector<ReferenceUser> reference_users;  ///< By their first event.
  std::string next, previous;                  ///< Empty: not on a list.
  bool is_next_stale = false;  ///< Left by list_del_rcu: readers find their way back by it.
  bool is_next_freed = false;  ///< What next points to is gone.
  std::string held_label;      ///< "held by" or "waits for"; empty = nobody.
  std::string held_by;
};

/// What one CPU (or, where no CPU is known, one actor) does as far as RCU cares.
struct CpuChip {
  std::string title;
  std::string state;
  Tone tone = Tone::plain;
};

struct StatePicture {
  std::vector<ListChain> lists;
  std::vector<ObjectCard> cards;
  std::size_t cards_left_out = 0;  ///< Beyond those that one picture has at most.
  std::vector<CpuChip> chips;
  std::string rcu_line;
  Tone rcu_tone = Tone::gone;
  std::vector<std::string> locks;  ///< "group 7 mutex: held by X, Y waits".
};

/// The most references that each object ever had; takes in the events from `first` on.
void note_references(const TraceStore& trace, EventIndex first, std::vector<std::int64_t>& most);

/// `references_max` is what note_references() found for the whole trace.
StatePicture picture_state(const TraceStore& trace, const WorldState& world,
                           const std::vector<std::int64_t>& references_max);
/// The same at the cost of one pass over the trace.
StatePicture picture_state(const TraceStore& trace, const WorldState& world);

/// "0000:01:00.1" -> "01:00.1"; "gdev 0000:01:00.1" -> "gdev 01:00.1".
std::string short_object_name(std::string_view name);

}  // namespace rcuscope
