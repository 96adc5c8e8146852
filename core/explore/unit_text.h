// SPDX-License-Identifier: LGPL-2.1-or-later
// Text forms of work units, of what comes back from them, and of their parts. Each means the same
// in every process that runs the same version.
#pragma once

#include "explore/text_form.h"
#include "explore/unit_run.h"

namespace rcuscope {

std::string to_text(const WorkUnit& unit);
std::string to_text(const UnitResult& result);
/// Throw: UsageError if the text is not of that kind.
WorkUnit unit_from_text(std::string_view text);
UnitResult result_from_text(std::string_view text);

void write(TextWriter& out, const Tally& tally);
void write(TextWriter& out, const std::vector<Level>& levels);
void write(TextWriter& out, const std::vector<PlanRequest>& requests);
void write(TextWriter& out, const SampleRange& range);
Tally read_tally(TextReader& in);
std::vector<Level> read_levels(TextReader& in);
std::vector<PlanRequest> read_requests(TextReader& in);
SampleRange read_range(TextReader& in);

}  // namespace rcuscope
