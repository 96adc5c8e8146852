// SPDX-License-Identifier: LGPL-2.1-or-later
// GracePeriods: each waits exactly for the sections that were open when it started.
#pragma once

#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "model/actor.h"

namespace rcuscope {

struct GracePeriod {
  const ModelSrcu* domain = nullptr;                   ///< Null: RCU.
  std::vector<std::pair<ActorId, int>> srcu_sections;  ///< Sections of waits_for; SRCU only.
  ActorSet waits_for;     ///< Pre-existing readers that have not left yet.
  ActorSet pre_existing;  ///< All that it had to wait for.
  ActorId requested_by;
  Step started_at = -1;
  bool is_over = false;
};

/// Private grace periods: every request gets its own, so that each real batching is included.
class GracePeriods {
 public:
  void reset() { all_.clear(); }

  GracePeriodId start(const ModelSrcu* domain, ActorId requested_by, Step now) {
    all_.push_back({domain, {}, {}, {}, requested_by, now, false});
    return {static_cast<std::int32_t>(all_.size()) - 1};
  }

  GracePeriod& at(GracePeriodId id) { return all_[static_cast<std::size_t>(id.value)]; }
  const GracePeriod& at(GracePeriodId id) const { return all_[static_cast<std::size_t>(id.value)]; }
  std::vector<GracePeriod>& all() { return all_; }
  const std::vector<GracePeriod>& all() const { return all_; }

 private:
  std::vector<GracePeriod> all_;
};

}  // namespace rcuscope
