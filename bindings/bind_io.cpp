// SPDX-License-Identifier: LGPL-2.1-or-later
// core/io for Python: loading and saving traces, without the GIL.
#include <pybind11/stl/filesystem.h>

#include <memory>
#include <string>

#include "bindings.h"
#include "io/format.h"
#include "io/native.h"
#include "io/perfetto.h"
#include "trace/kernel_trace.h"

namespace rcuscope::bindings {

namespace py = pybind11;
using namespace py::literals;

void bind_io(py::module_& module) {
  using WithoutGil = py::call_guard<py::gil_scoped_release>;
  module.def(
      "load_trace",
      [](const std::filesystem::path& path) {
        return std::make_shared<TraceStore>(load_trace(path));
      },
      "path"_a, WithoutGil(), "Reads a trace of any known format, told by its content.");
  module.def(
      "recover_trace",
      [](const std::filesystem::path& path) {
        return std::make_shared<TraceStore>(recover_native(path));
      },
      "path"_a, WithoutGil(), "Reads what is whole of a native trace that was cut.");
  module.def(
      "in_nanoseconds",
      [](const TraceStore& trace, double ticks_per_second) {
        return std::make_shared<TraceStore>(kernel::in_nanoseconds(trace, ticks_per_second));
      },
      "trace"_a, "ticks_per_second"_a, WithoutGil(),
      "The same kernel trace with times in ns, from ticks of its trace clock.");
  module.def("save_native", &save_native, "trace"_a, "path"_a, WithoutGil(),
             "Writes the native format, a CTF 1.8 directory.");
  module.def(
      "to_perfetto",
      [](const TraceStore& trace) {
        std::string bytes;
        {
          const py::gil_scoped_release without_gil;
          bytes = to_perfetto(trace);
        }
        return py::bytes(bytes);
      },
      "trace"_a, "A Perfetto trace, protobuf.");
  module.def("to_svg", &to_svg, "trace"_a, "searched"_a = "", WithoutGil(),
             "Self-playing SVG without script; searched: how much was, for the verdict.");
}

}  // namespace rcuscope::bindings
