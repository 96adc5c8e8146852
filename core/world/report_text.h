// SPDX-License-Identifier: LGPL-2.1-or-later
// Texts of reports that name the object which they are about: only a world knows its name.
#pragma once

#include <string>
#include <string_view>

namespace rcuscope {

/// Puts the name into the place of "{object}". Only the heads of lists have no name.
inline std::string with_object_name(std::string text, std::string_view name) {
  constexpr std::string_view token = "{object}";
  const std::size_t at = text.find(token);
  if (at != std::string::npos) text.replace(at, token.size(), name.empty() ? "a list head" : name);
  return text;
}

}  // namespace rcuscope
