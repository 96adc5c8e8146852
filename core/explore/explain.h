// SPDX-License-Identifier: LGPL-2.1-or-later
// explain(): plain English about a finding: which reader, which grace period, who freed, who read.
#pragma once

#include <string>

#include "trace/finding.h"
#include "trace/store.h"

namespace rcuscope {

/// Requires: the trace of the execution in which the finding was made.
std::string explain(const Finding& finding, const TraceStore& trace);

/// The same for a finding that was made live. Requires: the trace is one of all events. Return:
/// empty if it has lost some, or does not show the finding.
std::string explain_live(const Finding& finding, const TraceStore& trace);

}  // namespace rcuscope
