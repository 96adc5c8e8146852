// SPDX-License-Identifier: LGPL-2.1-or-later
// Division for Python: work units for executors, as bytes.
#include <pybind11/stl.h>

#include <optional>
#include <utility>

#include "bindings.h"
#include "explore/division.h"
#include "explore/unit_text.h"
#include "explore_options.h"

namespace rcuscope::bindings {

namespace py = pybind11;
using namespace py::literals;

namespace {

/// With the options that it keeps to, which decide what its verdict says.
class PythonDivision {
 public:
  explicit PythonDivision(const py::dict& options)
      : options_(explore_options(options)), division_(options_) {}

  py::object next(std::size_t wanted) {
    const std::optional<Division::Assignment> assignment = division_.next(wanted);
    if (!assignment) return py::none();
    return py::make_tuple(assignment->id, py::bytes(to_text(assignment->unit)));
  }
  void complete(std::uint64_t id, const py::bytes& result) {
    division_.complete(id, result_from_text(std::string_view(result)));
  }
  Verdict verdict(double seconds) const {
    return final_verdict(division_.tally(), options_, division_.is_exhaustive(),
                         division_.share_done(), seconds);
  }
  Division& division() { return division_; }

 private:
  ExploreOptions options_;
  Division division_;
};

}  // namespace

void bind_division(py::module_& module) {
  py::class_<PythonDivision>(module, "Division", "A search that is divided into work units.")
      .def(py::init<const py::dict&>(), "options"_a)
      .def("next", &PythonDivision::next, "wanted"_a,
           "The next unit as (id, bytes), divided so that `wanted` can run at once; None: nothing "
           "to hand out now.")
      .def("complete", &PythonDivision::complete, "id"_a, "result"_a, "What a unit brought.")
      .def(
          "give_back",
          [](PythonDivision& self, std::uint64_t id) { self.division().give_back(id); }, "id"_a,
          "The unit is lost: it will be handed out again.")
      .def(
          "stop",
          [](PythonDivision& self, const std::string& limit) { self.division().stop(limit); },
          "limit"_a, "Ends the search.")
      .def(
          "restore",
          [](PythonDivision& self, const py::bytes& state) {
            self.division().restore(std::string_view(state));
          },
          "state"_a, "Goes on from what state() gave.")
      .def(
          "state", [](PythonDivision& self) { return py::bytes(self.division().to_text()); },
          "All but what is under way.")
      .def("verdict", &PythonDivision::verdict, "seconds"_a,
           "What has come back, as a verdict without explanations.")
      .def_property_readonly("is_done",
                             [](PythonDivision& self) { return self.division().is_done(); })
      .def_property_readonly("share_done",
                             [](PythonDivision& self) { return self.division().share_done(); });
}

}  // namespace rcuscope::bindings
