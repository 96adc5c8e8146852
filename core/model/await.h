// SPDX-License-Identifier: LGPL-2.1-or-later
// Await sites: where actors were seen to go round and round while nothing changed.
//
// Such a loop has no end of its own: it waits for another actor. From then on the actor is parked
// where it comes back to the site as it was there before, until something that it has read since
// then has changed. Further turns would be stutters, so no state is lost; and where nobody is left
// to change anything, it is a stall.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "model/local_state.h"
#include "model/operation.h"

namespace rcuscope {

struct AwaitSite {
  ActorId actor;
  /// call_rcu: see callback_placement.
  OperationKind kind{};
  std::uint64_t location = 0;  ///< Offset in the model's heap, plus one; 0 = none.
  /// Of the primitive, as in LocalState: the same operation elsewhere is no turn of the loop. 0 =
  /// anywhere.
  std::uint32_t place = 0;
  /// How often the actor may come back before it waits: some loops end by what is seen in neither
  /// variables nor memory.
  std::int32_t turns = 0;
  /// Sorted names of variables that turns of the loop differ in, as of a loop that counts them;
  /// else one that comes back with other values than before makes progress.
  std::vector<std::uint32_t> changing;

  bool is_same_operation(const AwaitSite& other) const {
    return actor == other.actor && kind == other.kind && location == other.location;
  }
  bool is_same_place(const AwaitSite& other) const {
    return is_same_operation(other) && place == other.place;
  }
  friend auto operator<=>(const AwaitSite&, const AwaitSite&) = default;
};

/// No site, but found out and kept in the same way: a callback spins, so it matters that it may run
/// on the CPU of its caller, interrupting it there.
inline const AwaitSite callback_placement{{0}, OperationKind::call_rcu, 0, 0, 0, {}};

/// Sorted, one for each place. Part of a schedule's text, since it decides what a choice is.
using AwaitSites = std::vector<AwaitSite>;

/// Thrown out of Execution::run(): the search has to begin anew with this site, too.
struct AwaitFound {
  AwaitSite site;
};

/// Adds the site, or what it adds to the one of that place: changing variables, turns. Return:
/// false if all of it was known.
bool add_await_site(AwaitSites& sites, const AwaitSite& site);

/// The same for one that an execution found. Throws: InternalError if it was known before: the
/// search would begin anew for ever.
void add_new_await_site(AwaitSites& sites, const AwaitSite& site);

/// "2.3.40.7.1;1.31.0": actor, kind, location; place, turns and names if there are any.
std::string to_text(const AwaitSites& sites);
/// Throws: UsageError.
AwaitSites parse_await_sites(std::string_view text);

/// Adds what the operation looked at; an update that failed only read.
void add_reads(const Operation& operation, std::vector<Claim>& reads);
bool is_dependent_on(const std::vector<Claim>& reads, const Operation& operation);

/// An actor was at one of its sites, in one state of its variables.
struct Visit {
  std::size_t site = 0;      ///< Index into the sites.
  std::uint32_t digest = 0;  ///< Of the variables that do not change from turn to turn.
  std::int32_t returns = 0;  ///< How often it has come back.
  std::int32_t steps = 0;    ///< Operations of the actor since then.
  bool is_of_relax = false;  ///< cpu_relax: its own changes do not end the actor's waiting.
  bool has_fired = false;    ///< Something of the reads has changed.
  std::vector<Claim> reads;  ///< Since then.
};

/// The argument of OperationKind::relax where the actor is parked: which of its operations belong
/// to the turn that is over, and whether it may have been ended by a change of its own.
constexpr std::int64_t turn_of(const Visit& visit) {
  return visit.steps * std::int64_t{2} + visit.is_of_relax;
}
constexpr std::int64_t steps_of_turn(std::int64_t turn) { return turn / 2; }
constexpr bool ends_by_others(std::int64_t turn) { return turn % 2 != 0; }

/// The latest visits of an actor.
struct Watch {
  std::vector<Visit> visits;
  std::size_t parked = 0;  ///< Index of the visit whose loop the actor waits in, if it does.

  /// Of an actor that is parked.
  const Visit& current() const { return visits[parked]; }
  bool may_go_on() const { return current().has_fired || current().reads.empty(); }
};

/// One operation of a stretch in which nothing changed.
struct IdleStep {
  OperationKind kind{};
  const void* address = nullptr;
  LocalState state;
  bool is_reader = false;
  bool looks = false;  ///< At something that others can change.

  bool is_same_operation(const IdleStep& other) const {
    return kind == other.kind && address == other.address && state.place == other.state.place;
  }
};

/// What an actor has done since anybody changed anything, or from its first cpu_relax on anybody
/// else.
struct IdleStretch {
  std::int64_t version = -1;  ///< Of the state: see Execution::version_.
  std::int32_t count = 0;     ///< Operations.
  bool calls_relax = false;
  std::vector<IdleStep> steps;  ///< The latest of many.
};

}  // namespace rcuscope
