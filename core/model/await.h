// SPDX-License-Identifier: LGPL-2.1-or-later
// Await sites: where actors were seen to go round and round while nothing changed.
//
// Such a loop has no end of its own: it waits for another actor. From then on the actor is parked
// at the site until something that it read in the last turn has changed. Further turns would be
// stutters, so no state is lost; and where nobody is left to change anything, it is a stall.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "model/operation.h"

namespace rcuscope {

struct AwaitSite {
  ActorId actor;
  /// relax: the actor calls cpu_relax. call_rcu: see callback_placement.
  OperationKind kind{};
  std::uint64_t location = 0;  ///< Offset in the model's heap, plus one; 0 = none.
  /// Where in its code the actor is, and with which variables: ActorRunner::local_state(). Else the
  /// same operation is no turn of the loop. Lower half 0 = whatever they hold; 0 = anywhere.
  std::uint64_t state = 0;

  bool is_same_operation(const AwaitSite& other) const {
    return actor == other.actor && kind == other.kind && location == other.location;
  }
  friend auto operator<=>(const AwaitSite&, const AwaitSite&) = default;
};

/// No site, but found out and kept in the same way: a callback spins, so it matters that it may run
/// on the CPU of its caller, interrupting it there.
inline constexpr AwaitSite callback_placement{{0}, OperationKind::call_rcu, 0};

/// Sorted. Part of a schedule's text, since it decides what a choice is.
using AwaitSites = std::vector<AwaitSite>;

/// Thrown out of Execution::run(): the search has to begin anew with this site, too.
struct AwaitFound {
  AwaitSite site;
};

void add_await_site(AwaitSites& sites, const AwaitSite& site);

/// The same for one that an execution found. After a few that differ in their states only, as of a
/// loop that looks at many values, one has them all. Throws: InternalError if it was known
/// before: the search would begin anew for ever.
void add_new_await_site(AwaitSites& sites, const AwaitSite& site);

/// True if an actor that is there waits.
bool is_known(const AwaitSites& sites, const AwaitSite& site);

/// "2.3.40.7;1.3.0": actor, kind, location, and state if there is one.
std::string to_text(const AwaitSites& sites);
/// Throws: UsageError.
AwaitSites parse_await_sites(std::string_view text);

/// Adds what the operation looked at; an update that failed only read.
void add_reads(const Operation& operation, std::vector<Claim>& reads);
bool is_dependent_on(const std::vector<Claim>& reads, const Operation& operation);

/// What an actor read since it was last at one of its sites.
struct Watch {
  std::vector<Claim> reads;
  bool has_fired = false;  ///< Something of it has changed.
};

/// One operation of a stretch in which nothing changed.
struct IdleStep {
  OperationKind kind{};
  const void* address = nullptr;
  std::uint64_t state = 0;  ///< See AwaitSite.
  bool is_reader = false;
  bool looks = false;  ///< At something that others can change.

  bool is_same_operation(const IdleStep& other) const {
    return kind == other.kind && address == other.address && state == other.state;
  }
};

/// What an actor has done since anybody changed anything.
struct IdleStretch {
  std::int64_t version = -1;    ///< Of the state: see Execution::version_.
  std::int32_t count = 0;       ///< Operations.
  std::vector<IdleStep> steps;  ///< The latest of many.
};

}  // namespace rcuscope
