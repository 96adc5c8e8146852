// SPDX-License-Identifier: LGPL-2.1-or-later
// Columns of the core as NumPy arrays: views without a copy that keep their owner alive.
#pragma once

#include <pybind11/numpy.h>

#include <utility>
#include <vector>

namespace rcuscope::bindings {

/// A read-only view. `owner` is the Python object that holds the vector.
template <class T>
pybind11::array view_of(const std::vector<T>& column, pybind11::handle owner) {
  pybind11::array_t<T> array({column.size()}, {sizeof(T)}, column.data(), owner);
  array.attr("setflags")(pybind11::arg("write") = false);
  return array;
}

/// An array that owns what was computed for it.
template <class T>
pybind11::array array_of(std::vector<T>&& column) {
  auto* kept = new std::vector<T>(std::move(column));
  const pybind11::capsule owner(kept,
                                [](void* memory) { delete static_cast<std::vector<T>*>(memory); });
  return view_of(*kept, owner);
}

}  // namespace rcuscope::bindings
