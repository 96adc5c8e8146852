// SPDX-License-Identifier: LGPL-2.1-or-later
// The explanations of the single kinds of findings. Each returns plain English, or nothing if the
// trace does not show enough.
#pragma once

#include <string>

#include "explore/story.h"

namespace rcuscope {

// explain_lifetime.cpp: objects that were used too late, freed twice or never.
std::string explain_use_after_free(const Story& story);
std::string explain_double_free(const Story& story);
std::string explain_refcount(const Story& story);
std::string explain_leak(const Story& story);

// explain_waiting.cpp: contexts, locks, and who waits for whom.
std::string explain_deadlock(const Story& story);
std::string explain_stall(const Story& story);
std::string explain_sleep(const Story& story);
std::string explain_rcu_usage(const Story& story);
std::string explain_lock_imbalance(const Story& story);

// explain_value.cpp: an actor met a value that it did not expect.
std::string explain_value(const Story& story);
std::string explain_null(const Story& story);
std::string explain_list_corruption(const Story& story);
std::string explain_data_race(const Story& story);
/// What the other actors had done last; empty if there are none.
std::string last_operations_of_others(const Story& story);

}  // namespace rcuscope
