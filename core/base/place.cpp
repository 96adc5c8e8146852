// SPDX-License-Identifier: LGPL-2.1-or-later
// Short names of functions: compilers write out every template argument.
#include "base/place.h"

namespace rcuscope {
namespace {

constexpr bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Where the name ends that stands before `end`: "f<int>" is f.
constexpr std::size_t without_arguments(std::string_view function, std::size_t end) {
  if (end == 0 || function[end - 1] != '>') return end;
  int depth = 0;
  while (end > 0) {
    --end;
    if (function[end] == '>') ++depth;
    if (function[end] == '<' && --depth == 0) break;
  }
  return end;
}

}  // namespace

std::string_view short_function_name(std::string_view function) {
  // The first parenthesis outside of angle brackets opens the parameters.
  int depth = 0;
  for (std::size_t i = 0; i < function.size(); ++i) {
    if (function[i] == '<') ++depth;
    if (function[i] == '>') --depth;
    if (function[i] != '(' || depth > 0) continue;
    const std::size_t end = without_arguments(function, i);
    std::size_t start = end;
    while (start > 0 && is_word(function[start - 1])) --start;
    if (start < end) return function.substr(start, end - start);
  }
  return function.find("<lambda") == std::string_view::npos ? function : "lambda";
}

}  // namespace rcuscope
