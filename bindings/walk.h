// SPDX-License-Identifier: LGPL-2.1-or-later
// Walks over lists, as iterators of Python.
#pragma once

#include "call.h"

namespace rcuscope::bindings {

/// Makes the iterator's type. Throws: PythonErrorIsSet.
void add_walk_type();

/// A new iterator over the entries of a list, which are all of one kind.
PyObject* make_walk(KernelObject* kernel, void* head, Tag tag, Access access);

/// The condition of list_for_each_entry_rcu, checked once, at the start of a walk.
void check_reader(Call& call, bool condition);

}  // namespace rcuscope::bindings
