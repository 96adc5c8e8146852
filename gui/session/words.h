// SPDX-License-Identifier: LGPL-2.1-or-later
// The words of the session pages: decisions, verdicts, progress and numbers, as people read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "session/engine.h"
#include "trace/state_picture.h"

namespace rcuscope::gui {

/// "after_grace_period" -> "after grace period"; names of kernel functions stay.
std::string clear_name(std::string_view value);
/// Whether it names a kernel function, and is set in the type of source text.
bool is_kernel_name(std::string_view value);

/// "use_after_free" -> "use after free".
std::string spaced(std::string_view name);

/// What came out, in one line with the tone of its colour.
struct Told {
  std::string word;    ///< "SAFE", "use after free, leak".
  std::string detail;  ///< "1 284 executions".
  Tone tone = Tone::plain;
};
Told tell(const Verdict& verdict);
Told tell(const LiveAnswer& answer);

/// Whether the verdict is what the catalogue says, with no kind of finding more or less. An offer
/// without expectation expects SAFE.
bool is_as_expected(const Offer& offer, const Verdict& verdict);
/// "SAFE", "use after free, leak": what the offer says will come out.
std::string expectation(const Offer& offer);
Tone expected_tone(const Offer& offer);

/// "12 340 executions of about 40 000, 2 findings".
std::string told_progress(const JobProgress& progress);

/// "model, sc, at most 2 preemptions" or "live, 1 000 times, memb".
std::string told_world(const Request& request);

struct LiveNumbers {
  std::uint64_t repetitions = 0, grace_periods = 0, sections = 0, events_lost = 0;
  std::int64_t p50 = 0, p99 = 0, max = 0;  ///< Of synchronize_rcu, ns.
};
std::vector<std::string> words_of(const LiveNumbers& numbers);

/// "1 284".
std::string grouped(std::uint64_t number);
/// "1 execution", "1 284 executions".
std::string counted(std::uint64_t number, std::string_view noun);

}  // namespace rcuscope::gui
