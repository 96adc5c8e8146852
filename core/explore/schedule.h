// SPDX-License-Identifier: LGPL-2.1-or-later
// Schedules: the choices of one execution as text, for people to copy and for replay on any
// machine.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "model/await.h"

namespace rcuscope {

/// "s1:2x5,1,2x3": actor 2 five times, actor 1 once, actor 2 three times. Actors are numbered in
/// the order of declaration from 1; callbacks and work follow in the order in which they were
/// queued. Operations that commute with all others (local ones) are not listed: they run at once.
/// Behind the end of the list the running actor goes on.
///
/// "s1:2x7,1x9,2x3." is cut short: every operation is listed, local ones too, and the execution
/// ends behind the last one. Actors that are not listed never run. If all listed ones have ended
/// and there are no others, the end of the run follows.
std::string to_text(std::span<const ActorId> choices, bool is_cut_short = false);

/// Throws: UsageError with the offending part and what was expected.
std::vector<ActorId> parse_schedule(std::string_view text);
bool is_cut_short(std::string_view schedule);

/// "s1:2x5,1@2.3.41": the schedule of a search that knew these await sites.
std::string with_await_sites(const std::string& schedule, const AwaitSites& sites);
AwaitSites await_sites_of(std::string_view schedule);
std::string_view choices_of(std::string_view schedule);

/// "s1:2x5,1.#2" means the second finding that this execution makes; without a number the one that
/// replay() names the trace after.
std::string with_finding(const std::string& schedule, std::size_t number);
/// From 1; 0 = the schedule names none. Throws: UsageError.
std::size_t finding_of(std::string_view schedule);

/// Number of times that the actor changes.
std::size_t count_context_switches(std::span<const ActorId> choices);

}  // namespace rcuscope
