// SPDX-License-Identifier: LGPL-2.1-or-later
// One table for the process, as IPython has one shell. Kept by the GIL.
#include "cells.h"

#include <map>
#include <string_view>

#include "layout.h"

namespace rcuscope::bindings {
namespace {

using Cells = std::map<std::string, const char*, std::less<>>;

Cells& cells() {
  static auto* const table = new Cells;  // outlives the interpreter
  return *table;
}

}  // namespace

void name_cells(const pybind11::dict& names) {
  for (const auto& [path, name] : names)
    cells()[path.cast<std::string>()] = literal(name.cast<std::string>());
}

const char* shown_file(const char* path) {
  if (!cells().empty())
    if (const auto found = cells().find(std::string_view(path)); found != cells().end())
      return found->second;
  return file_literal(path);
}

std::string with_cells_named(std::string traceback) {
  constexpr std::string_view before = "File \"";
  for (std::size_t at = 0; (at = traceback.find(before, at)) != std::string::npos; ++at) {
    const std::size_t start = at + before.size();
    const std::size_t end = traceback.find('"', start);
    if (end == std::string::npos) break;
    const auto found = cells().find(traceback.substr(start, end - start));
    if (found != cells().end()) traceback.replace(at, end + 1 - at, found->second);
  }
  return traceback;
}

}  // namespace rcuscope::bindings
