// SPDX-License-Identifier: LGPL-2.1-or-later
// The extension module rcuscope._core: calls the parts in the order of the layers.
#include "bindings.h"
#include "interpreter.h"

PYBIND11_MODULE(_core, module) {
  namespace bindings = rcuscope::bindings;
  module.doc() = "The C++ core of rcuscope. Use it through the package rcuscope.";
  module.attr("__version__") = RCUSCOPE_VERSION;
  // Registered before all others of this package, so called after them.
  pybind11::module_::import("atexit").attr("register")(
      pybind11::cpp_function(&bindings::begin_exit));
  bindings::bind_base(module);
  bindings::bind_trace(module);
  bindings::bind_io(module);
  bindings::bind_world(module);
  bindings::bind_iommu(module);
  bindings::bind_explore(module);
  bindings::bind_division(module);
  bindings::bind_model(module);
  bindings::bind_stepping(module);
  bindings::bind_live(module);
  bindings::bind_scenario(module);
}
