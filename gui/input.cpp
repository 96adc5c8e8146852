// SPDX-License-Identifier: LGPL-2.1-or-later
// Names of keys, and text as it is typed.
#include "input.h"

#include <array>
#include <utility>

namespace rcuscope::gui {
namespace {

constexpr std::array<std::pair<std::string_view, Key>, 30> key_table = {{
    {"space", Key::space},
    {"left", Key::left},
    {"right", Key::right},
    {"up", Key::up},
    {"down", Key::down},
    {"home", Key::home},
    {"end", Key::end},
    {"escape", Key::escape},
    {"tab", Key::tab},
    {"enter", Key::enter},
    {"backspace", Key::backspace},
    {"a", Key::a},
    {"d", Key::d},
    {"e", Key::e},
    {"f", Key::f},
    {"l", Key::l},
    {"m", Key::m},
    {"n", Key::n},
    {"p", Key::p},
    {"s", Key::s},
    {"t", Key::t},
    {"w", Key::w},
    {"+", Key::plus},
    {"-", Key::minus},
    {"/", Key::slash},
    {",", Key::comma},
    {".", Key::period},
    {"[", Key::left_bracket},
    {"]", Key::right_bracket},
    {"?", Key::help},
}};

}  // namespace

std::optional<Key> key_from_string(std::string_view name) {
  for (const auto& [text, key] : key_table) {
    if (text == name) return key;
  }
  return std::nullopt;
}

std::string name_of(const KeyPress& press) {
  std::string name;
  for (const auto& [text, key] : key_table) {
    if (key == press.key) name = text;
  }
  if (name.empty()) append_utf8(name, press.character);
  return (press.is_shift ? "shift " : "") + name + (press.is_repeat ? " repeated" : "");
}

std::string key_names() {
  std::string all;
  for (const auto& [text, key] : key_table) all += (all.empty() ? "" : " ") + std::string(text);
  return all;
}

KeyPress press_of_character(char32_t character, bool is_repeat) {
  if (character == U' ') return {Key::space, false, is_repeat, character};
  const char ascii = character < 0x80 ? static_cast<char>(character) : '\0';
  const auto key = key_from_string({&ascii, 1});
  return {key.value_or(Key::character), false, is_repeat, character};
}

void append_utf8(std::string& text, char32_t character) {
  const auto continuation = [](char32_t bits) { return static_cast<char>(0x80 | (bits & 0x3f)); };
  if (character < 0x80) {
    text += static_cast<char>(character);
  } else if (character < 0x800) {
    text += static_cast<char>(0xc0 | character >> 6);
    text += continuation(character);
  } else if (character < 0x10000) {
    text += static_cast<char>(0xe0 | character >> 12);
    text += continuation(character >> 6);
    text += continuation(character);
  } else {
    text += static_cast<char>(0xf0 | character >> 18);
    text += continuation(character >> 12);
    text += continuation(character >> 6);
    text += continuation(character);
  }
}

void remove_last_character(std::string& text) {
  const auto is_continuation = [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
  };
  while (!text.empty() && is_continuation(text.back())) text.pop_back();
  if (!text.empty()) text.pop_back();
}

}  // namespace rcuscope::gui
