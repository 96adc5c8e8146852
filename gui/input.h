// SPDX-License-Identifier: LGPL-2.1-or-later
// Input: the key presses of one frame, queued so that a tap shorter than a frame is not lost.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rcuscope::gui {

enum class Key : std::uint8_t {
  character,  ///< A character that is no command: only for text.
  space,
  left,
  right,
  up,
  down,
  home,
  end,
  escape,
  tab,
  enter,
  backspace,
  a,
  d,
  e,
  f,
  l,
  m,
  n,
  p,
  s,
  t,
  w,
  plus,
  minus,
  slash,
  comma,
  period,
  left_bracket,
  right_bracket,
  help
};

struct KeyPress {
  Key key{};
  bool is_shift = false;
  bool is_repeat = false;  ///< The key is held: moves go on, toggles do not.
  char32_t character = 0;  ///< What it types; 0 = nothing.
};

/// The name that scripts use: "space", "left", "?" ...
std::optional<Key> key_from_string(std::string_view name);
/// The name of a press, for logs: of its key, or what it types.
std::string name_of(const KeyPress& press);
/// All that key_from_string() knows, with spaces between them.
std::string key_names();

/// The press that types this character: a command of that name, or only text.
KeyPress press_of_character(char32_t character, bool is_repeat);
/// Appends a character in UTF-8.
void append_utf8(std::string& text, char32_t character);
/// Removes the last character, whole.
void remove_last_character(std::string& text);

struct Input {
  std::vector<KeyPress> keys;
  std::vector<std::string> dropped;  ///< Paths of files that were dragged into the window.
};

}  // namespace rcuscope::gui
