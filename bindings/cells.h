// SPDX-License-Identifier: LGPL-2.1-or-later
// Cells of notebooks. IPython compiles each under a path at which no file is; people know a cell by
// the number that the notebook shows.
#pragma once

#include <pybind11/pybind11.h>

#include <string>

namespace rcuscope::bindings {

/// Cells are called so from here on. A cell that is run again has the same path and a new number.
/// Context: GIL held.
/// @param names Path -> "cell 4".
void name_cells(const pybind11::dict& names);

/// What a place shows as its file: "cell 4" for the path of a cell, else the name of the file
/// without its directories. Lives as long as the process. Context: GIL held.
const char* shown_file(const char* path);

/// A traceback that names cells in place of their paths. Context: GIL held.
std::string with_cells_named(std::string traceback);

}  // namespace rcuscope::bindings
