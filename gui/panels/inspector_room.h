// SPDX-License-Identifier: LGPL-2.1-or-later
// InspectorRoom: how the right panel shares its height, so that nothing covers anything else; pure.
#pragma once

#include <algorithm>

namespace rcuscope::gui {

/// Heights of the parts, from top to bottom. What is too small for its contents scrolls.
struct InspectorRoom {
  float objects = 0;  ///< Range, selection, lists and cards.
  float rcu = 0;      ///< Grace periods and locks; 0: they follow the objects and scroll with them.
  float finding = 0;
  float legend = 0;  ///< 0: there is no room for it.
};

/// What the parts want to have.
struct InspectorWish {
  float objects = 0;  ///< With every quiet card shrunk to a line.
  float rcu = 0;
  float finding = 0;  ///< 0: there is none.
  float legend = 0;
  float objects_min = 0;  ///< Less than this says nothing.
};

/// The legend gives way first, then RCU's place of its own. Objects and finding share what is left:
/// each gets what it wants if the other's half is not touched.
inline InspectorRoom share_room(float height, const InspectorWish& wish) {
  InspectorRoom room;
  const float least = std::min(wish.objects, wish.objects_min);
  const float finding_least = std::min(wish.finding, wish.objects_min);
  room.rcu = height - wish.rcu >= least + finding_least ? wish.rcu : 0;
  room.legend = height - room.rcu - wish.legend >= least + finding_least ? wish.legend : 0;
  const float rest = std::max(0.0f, height - room.rcu - room.legend);
  room.finding = std::min(wish.finding, std::max(rest - wish.objects, rest / 2));
  room.objects = rest - room.finding;
  return room;
}

}  // namespace rcuscope::gui
