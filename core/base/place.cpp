// SPDX-License-Identifier: LGPL-2.1-or-later
// Short names of functions: compilers write out every template argument.
#include "base/place.h"

namespace rcuscope {
namespace {

constexpr bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace

std::string_view short_function_name(std::string_view function) {
  // The first parenthesis outside of angle brackets opens the parameters.
  int depth = 0;
  for (std::size_t i = 0; i < function.size(); ++i) {
    if (function[i] == '<') ++depth;
    if (function[i] == '>') --depth;
    if (function[i] != '(' || depth > 0 || i == 0 || !is_word(function[i - 1])) continue;
    std::size_t start = i;
    while (start > 0 && is_word(function[start - 1])) --start;
    return function.substr(start, i - start);
  }
  return function;
}

}  // namespace rcuscope
