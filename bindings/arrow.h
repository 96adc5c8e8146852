// SPDX-License-Identifier: LGPL-2.1-or-later
// Columns as an Arrow C stream, which pyarrow, polars, pandas and DuckDB read without a copy.
#pragma once

#include <pybind11/pybind11.h>

namespace rcuscope::bindings {

/// A capsule "arrow_array_stream" with one batch. `columns`: name -> NumPy array, or list of str.
/// Arrays are shared, and kept alive until the last reader has released them; texts are copied.
pybind11::object arrow_stream(const pybind11::dict& columns);

}  // namespace rcuscope::bindings
