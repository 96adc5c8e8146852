// SPDX-License-Identifier: LGPL-2.1-or-later
// A Standpoint for Python.
#pragma once

#include <pybind11/pybind11.h>

#include <optional>
#include <string>

#include "explore/stepping.h"

namespace rcuscope::bindings {

/// Its fields by name; the trace as a TraceStore. Context: GIL held.
pybind11::dict as_dict(Standpoint standpoint);

/// {"schedule": str, "next": int or None} of the options.
struct StepRequest {
  std::string schedule;
  std::optional<ActorId> next;
};
StepRequest step_request(const pybind11::dict& options);

}  // namespace rcuscope::bindings
