// SPDX-License-Identifier: LGPL-2.1-or-later
// PythonSteps: steps of the machinery that are methods of a class derived from rs.Iommu, and
// PythonProgram: what a run of Python code runs.
#pragma once

#include <pybind11/pybind11.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "errors.h"
#include "iommu/replaced_steps.h"
#include "kernel_object.h"
#include "scenario/catalogue.h"

namespace rcuscope::bindings {

/// The set-up and the replaced steps. May be copied and dropped without the GIL.
struct PythonProgram {
  pybind11::object body;  ///< A function of a Kernel; None: `of_catalogue`'s.
  const Scenario* of_catalogue = nullptr;
  pybind11::object iommu;          ///< The class; None: all steps are as posted.
  std::vector<std::string> steps;  ///< Names of the methods that replace some.
};
using PythonProgramPtr = std::shared_ptr<const PythonProgram>;

/// `body`: a function, or a name of the catalogue. Of the options "iommu" and "steps" are read.
/// Throws: UsageError for an unknown name. Context: GIL held.
PythonProgramPtr python_program(const pybind11::object& body, const pybind11::dict& options);

/// One method of the object that replaces steps. Copies own it, and may be dropped without the GIL.
class PythonStep {
 public:
  /// Throws: PythonErrorIsSet. Context: GIL held.
  PythonStep(KernelObject* kernel, PyObject* replacement, const std::string& name);

  /// Each calls method(k, *arguments) as the actor that is in the machinery. What it raises, or
  /// returns in place of the expected, is a finding. Context: with the GIL or without.
  void run(std::initializer_list<Value> arguments) const;
  /// Return: 0 or a negative errno.
  int run_for_error(std::initializer_list<Value> arguments) const;
  int run_for_error(const std::vector<Value>& devices) const;
  /// Return: the handle of a gdev, or a negative errno as an integer.
  Value run_for_gdev(std::initializer_list<Value> arguments) const;

 private:
  using Owned = std::shared_ptr<PyObject>;
  enum class Result : std::uint8_t { nothing, error, gdev_or_error };

  static Owned own(PyObject* object);
  KernelObject* kernel() const { return reinterpret_cast<KernelObject*>(kernel_.get()); }
  Value call(const std::vector<PyObject*>& arguments, Result expected, FrameScope& scope) const;
  Value call(std::initializer_list<Value> arguments, Result expected) const;
  bool is_expected(PyObject* result, Result expected) const;

  Owned kernel_;
  Owned method_;
  std::string name_;  ///< "MyIommu.free_group_device"
};

/// The functions for the names, which are methods of `replacement`. Context: GIL held.
template <World W>
class PythonSteps {
 public:
  PythonSteps(KernelObject* kernel, PyObject* replacement)
      : kernel_(kernel), replacement_(replacement) {}

  StepFunctions<W> functions(const std::vector<std::string>& names) const {
    StepFunctions<W> functions;
    for (const std::string& name : names) {
      const PythonStep step(kernel_, replacement_, name);
      if (!replace_group_step(functions, name, step)) replace_device_step(functions, name, step);
    }
    return functions;
  }

 private:
  using Functions = StepFunctions<W>;
  using Group = typename Functions::Group;
  using Dev = typename Functions::Dev;
  using Gdev = typename Functions::Gdev;
  using List = typename ReplaceableIommu<W>::List;

  static Value value(Group group) { return Value::handle(Tag::group, group.raw()); }
  static Value value(Dev dev) { return Value::handle(Tag::device, dev.raw()); }
  static Value value(Gdev gdev) { return Value::handle(Tag::group_device, gdev.raw()); }

  /// Return: true if it is one of these.
  static bool replace_group_step(Functions& functions, std::string_view name,
                                 const PythonStep& step) {
    if (name == "alloc_group_device")
      functions.alloc_group_device = [step](Group group, Dev dev) -> Gdev {
        const Value result = step.run_for_gdev({value(group), value(dev)});
        if (result.tag() == Tag::integer)
          return ERR_PTR<group_device<W>>(static_cast<int>(result.number()));
        return static_cast<group_device<W>*>(result.pointer());
      };
    else if (name == "add_group_device")
      functions.add_group_device = [step](Group group, Dev dev) {
        return step.run_for_error({value(group), value(dev)});
      };
    else if (name == "put_group")
      functions.put_group = [step](Group group) { step.run({value(group)}); };
    else if (name == "free_group_device")
      functions.free_group_device = [step](Group group, Gdev gdev) {
        step.run({value(group), value(gdev)});
      };
    else
      return false;
    return true;
  }

  void replace_device_step(Functions& functions, std::string_view name,
                           const PythonStep& step) const {
    const auto on_device = [&step] { return [step](Dev dev) { step.run({value(dev)}); }; };
    if (name == "remove_group_device")
      functions.remove_group_device = on_device();
    else if (name == "deinit_device")
      functions.deinit_device = on_device();
    else if (name == "report_device_broken")
      functions.report_device_broken = on_device();
    else if (name == "bus_probe")
      functions.bus_probe = [step](std::span<const Dev> devices) {
        std::vector<Value> values;
        for (const Dev dev : devices) values.push_back(value(dev));
        return step.run_for_error(values);
      };
    else if (name == "probe_device")
      functions.probe_device = [step, kernel = kernel_](Dev dev, Group group, List* group_list) {
        if (group_list == nullptr) return step.run_for_error({value(dev), value(group), Value()});
        // Python gets a copy that lives as long as the execution: a handle may be kept.
        auto* const copy = static_cast<List*>(kernel->primitives->group_list_make());
        *copy = *group_list;
        const int error =
            step.run_for_error({value(dev), value(group), Value::handle(Tag::group_list, copy)});
        *group_list = *copy;
        return error;
      };
  }

  KernelObject* kernel_;
  PyObject* replacement_;
};

/// The set-up of one execution. Throws: py::error_already_set for what the scenario's body or the
/// class raises, and whatever ends the actor.
template <World W>
void set_up_python(const PythonProgram& program, ReplaceableKernel<W>& kernel, KernelObject* made,
                   const typename ReplaceableKernel<W>::Body& of_catalogue) {
  {
    FrameScope scope(made, true);
    if (!program.steps.empty()) {
      const pybind11::object replacement = pybind11::reinterpret_steal<pybind11::object>(
          scope.result_of(program.iommu.ptr(), pybind11::tuple().ptr()));
      try {
        kernel.iommu.steps().replace(
            PythonSteps<W>(made, replacement.ptr()).functions(program.steps));
      } catch (const PythonErrorIsSet&) {
        throw pybind11::error_already_set();
      }
    }
    if (program.of_catalogue == nullptr) {
      scope.call(program.body.ptr(), {reinterpret_cast<PyObject*>(made)});
      return;
    }
  }
  of_catalogue(kernel);
}

}  // namespace rcuscope::bindings
