// SPDX-License-Identifier: LGPL-2.1-or-later
// The types that Kernel's methods hand out and that have no name in the public contract.
#pragma once

namespace rcuscope::bindings {

/// Each makes its type. Throws: PythonErrorIsSet.
void add_declaration_type();
void add_read_side_type();
void add_srcu_read_side_type();

}  // namespace rcuscope::bindings
