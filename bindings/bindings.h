// SPDX-License-Identifier: LGPL-2.1-or-later
// The parts of the extension module, one function for each file bind_<folder>.cpp.
#pragma once

#include <pybind11/pybind11.h>

namespace rcuscope::bindings {

void bind_base(pybind11::module_& module);
void bind_trace(pybind11::module_& module);
void bind_io(pybind11::module_& module);
void bind_world(pybind11::module_& module);
void bind_iommu(pybind11::module_& module);
void bind_explore(pybind11::module_& module);
void bind_division(pybind11::module_& module);
void bind_model(pybind11::module_& module);
void bind_stepping(pybind11::module_& module);
void bind_live(pybind11::module_& module);
void bind_scenario(pybind11::module_& module);

}  // namespace rcuscope::bindings
