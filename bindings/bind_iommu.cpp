// SPDX-License-Identifier: LGPL-2.1-or-later
// core/iommu for Python: Variant as values by name. The machinery's calls are in
// world_machinery.cpp.
#include "bindings.h"

#include <pybind11/stl.h>

#include "iommu/variant.h"

namespace rcuscope::bindings {

namespace py = pybind11;
using namespace py::literals;

void bind_iommu(py::module_& module) {
  py::list rows;
  for (const Decision& decision : variant_decisions()) {
    py::list values;
    for (const std::string_view value : decision.values) values.append(std::string(value));
    rows.append(py::make_tuple(std::string(decision.name), std::string(decision.question),
                               py::tuple(values)));
  }
  module.attr("variant_decisions") = py::tuple(rows);
  py::class_<Variant>(module, "Variant", "Each decision of the patch as a value.")
      .def(py::init([](const std::map<std::string, std::string>& values) {
             Variant variant;
             for (const auto& [name, value] : values) set_decision(variant, name, value);
             check_variant(variant);
             return variant;
           }),
           "values"_a)
      .def(
          "get",
          [](const Variant& variant, const std::string& name) {
            return std::string(get_decision(variant, name));
          },
          "name"_a)
      .def("__str__", [](const Variant& variant) { return to_string(variant); });
  module.def("parse_variant", &parse_variant, "text"_a,
             "\"reclaim=call_rcu, unlink=list_del\" as a Variant.");
}

}  // namespace rcuscope::bindings
