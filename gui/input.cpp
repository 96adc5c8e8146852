// SPDX-License-Identifier: LGPL-2.1-or-later
// Names of keys.
#include "input.h"

#include <array>
#include <utility>

namespace rcuscope::gui {

std::optional<Key> key_from_string(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, Key>, 19> names = {{
      {"space", Key::space}, {"left", Key::left}, {"right", Key::right}, {"up", Key::up},
      {"down", Key::down},   {"home", Key::home}, {"end", Key::end},     {"escape", Key::escape},
      {"tab", Key::tab},     {"a", Key::a},       {"d", Key::d},         {"e", Key::e},
      {"f", Key::f},         {"s", Key::s},       {"t", Key::t},         {"w", Key::w},
      {"+", Key::plus},      {"-", Key::minus},   {"?", Key::help},
  }};
  for (const auto& [text, key] : names) {
    if (text == name) return key;
  }
  return std::nullopt;
}

}  // namespace rcuscope::gui
