// SPDX-License-Identifier: LGPL-2.1-or-later
// Input: the key presses of one frame, queued so that a tap shorter than a frame is not lost.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace rcuscope::gui {

enum class Key : std::uint8_t {
  space,
  left,
  right,
  up,
  down,
  home,
  end,
  escape,
  tab,
  a,
  d,
  e,
  f,
  s,
  t,
  w,
  plus,
  minus,
  help
};

struct KeyPress {
  Key key{};
  bool is_shift = false;
  bool is_repeat = false;  ///< The key is held: moves go on, toggles do not.
};

/// The name that scripts use: "space", "left", "?" ...
std::optional<Key> key_from_string(std::string_view name);

struct Input {
  std::vector<KeyPress> keys;
};

}  // namespace rcuscope::gui
