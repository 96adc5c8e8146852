// SPDX-License-Identifier: LGPL-2.1-or-later
// A hash of all that an execution did, to compare those of one search with those of another.
#pragma once

#include <cstdint>
#include <string_view>

#include "explore/schedule.h"
#include "model/execution.h"

namespace rcuscope::testing {

inline void add(std::uint64_t& hash, std::uint64_t value) {
  hash = (hash ^ value) * 1'099'511'628'211U;
}

inline void add(std::uint64_t& hash, std::string_view text) {
  for (const char c : text) add(hash, static_cast<std::uint64_t>(c));
}

/// Addresses differ from heap to heap.
inline std::uint64_t offset(const Execution& execution, std::uint64_t address) {
  return execution.is_on_heap(reinterpret_cast<const void*>(address))
             ? address - execution.heap().base()
             : 0;
}

inline std::uint64_t hash_of(const Execution& execution) {
  std::uint64_t hash = 14'695'981'039'346'656'037U;
  add(hash, to_text(execution.choices()));
  add(hash, static_cast<std::uint64_t>(execution.steps()));
  add(hash, execution.final_state());
  add(hash, execution.memory_doubt());
  for (const StepRecord& step : execution.log()) {
    add(hash, static_cast<std::uint64_t>(step.actor.value));
    add(hash, to_string(step.operation.kind));
    add(hash, execution.location_name(step.operation));
    add(hash, offset(execution, reinterpret_cast<std::uintptr_t>(step.operation.address)));
    for (std::uint8_t c = 0; c < step.operation.claim_count; ++c)
      add(hash, offset(execution, step.operation.claims[c].resource()));
    add(hash, std::uint64_t{step.changes_state} << 2 | std::uint64_t{step.opens_section} << 1 |
                  std::uint64_t{step.closes_section});
  }
  for (const Finding& finding : execution.findings()) {
    add(hash, finding.message);
    add(hash, static_cast<std::uint64_t>(finding.step));
  }
  for (std::size_t i = 0; i < execution.heap().size(); ++i) {
    const HeapObject& object = execution.heap().at({static_cast<std::int32_t>(i)});
    add(hash, std::uint64_t{object.is_freed} << 1 | std::uint64_t{object.has_escaped});
    add(hash, offset(execution, reinterpret_cast<std::uintptr_t>(object.start)));
  }
  return hash;
}

}  // namespace rcuscope::testing
