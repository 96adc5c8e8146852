// SPDX-License-Identifier: LGPL-2.1-or-later
// Layout: the declared fields and list nodes of a heap object; one for each distinct declaration.
#pragma once

#include <Python.h>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rcuscope::bindings {

/// Text that lives as long as the process: names of locations are literals to the worlds.
/// Context: GIL held.
const char* literal(std::string_view text);

/// The name of a source file without its directories, as a literal: the same program gives the same
/// trace wherever it lies and however it was started. Context: GIL held.
const char* file_literal(std::string_view path);
/// The directories in which files of that name were seen. Context: GIL held.
std::vector<std::string> directories_of(std::string_view file);

struct Layout {
  static constexpr std::size_t fields_max = 32;
  static constexpr std::size_t nodes_max = 4;

  std::vector<PyObject*> field_names;  ///< Interned strings; never freed.
  std::vector<const char*> field_literals;
  std::vector<std::string> node_names;

  /// Position of a field; -1 if it was not declared.
  int find_field(PyObject* name) const;
  int find_node(std::string_view name) const;
};

/// The one layout with these names, in this order. Throws: UsageError when there are too many, or a
/// name begins with an underscore. Context: GIL held.
const Layout* find_layout(const std::vector<PyObject*>& fields,
                          const std::vector<std::string>& nodes);

}  // namespace rcuscope::bindings
