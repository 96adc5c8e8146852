// SPDX-License-Identifier: LGPL-2.1-or-later
// Reporting: what makes a kernel say what a finding says: an option, nothing, or no option at all.
#pragma once

#include <string_view>

#include "trace/finding.h"

namespace rcuscope {

struct Reporting {
  std::string_view kconfig;  ///< The option; empty: none is needed, or none would do.
  bool is_always = false;    ///< A kernel reports it without any option.
};

/// What makes a kernel report most findings of a kind.
Reporting reporting_of(FindingKind kind);

/// What makes a kernel speak these words: some texts of a kind need something else than the rest
/// (KERNEL_FACTS 2.2, 2.3). Where a message holds words of several reports, the first count.
Reporting reporting_of(FindingKind kind, std::string_view message);

}  // namespace rcuscope
