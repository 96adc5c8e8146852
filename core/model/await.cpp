// SPDX-License-Identifier: LGPL-2.1-or-later
// How an execution finds out that an actor waits in a loop.
#include "model/await.h"

#include <algorithm>
#include <charconv>

#include "base/assert.h"
#include "base/error.h"
#include "model/execution.h"

namespace rcuscope {
namespace {

/// Operations in a row without any change, after which a loop is taken to have no end of its own.
constexpr std::int32_t patience = 1'000;
/// From here on they are kept, to find the loop.
constexpr std::int32_t start_of_record = 500;

/// Operations that leave the state as it is, or that a loop undoes in the same turn.
bool is_idle(OperationKind kind) {
  switch (kind) {
    case OperationKind::read:
    case OperationKind::refcount_read:
    case OperationKind::poll_state:
    case OperationKind::fence:
    case OperationKind::relax:
    case OperationKind::rcu_read_lock:
    case OperationKind::rcu_read_unlock:
    case OperationKind::srcu_read_lock:
    case OperationKind::srcu_read_unlock:
    case OperationKind::mask:
    case OperationKind::unmask:
    case OperationKind::mutex_trylock:  // these three until they succeed
    case OperationKind::spin_trylock:
    case OperationKind::read_modify_write:
      return true;
    default:
      return false;
  }
}

/// Of a state without its variables.
std::uint64_t place_of(std::uint64_t state) { return state >> 32 << 32; }

/// True if others can change what the loop goes by. One that looks at nothing ends by itself, or at
/// max_steps.
bool looks_at_something(const std::vector<IdleStep>& steps) {
  return std::any_of(steps.begin(), steps.end(), [](const IdleStep& step) { return step.looks; });
}

}  // namespace

void add_reads(const Operation& operation, std::vector<Claim>& reads) {
  for (std::uint8_t c = 0; c < operation.claim_count; ++c) {
    Claim claim = operation.claims[c];
    switch (claim.mode()) {
      case Mode::write:
        claim = Claim(claim.resource_class(), claim.resource(), Mode::read);
        break;
      case Mode::read:
      case Mode::use:
      case Mode::observe:
      case Mode::poll:
      case Mode::try_acquire:
        break;
      default:
        continue;
    }
    if (std::find(reads.begin(), reads.end(), claim) == reads.end()) reads.push_back(claim);
  }
}

bool is_dependent_on(const std::vector<Claim>& reads, const Operation& operation) {
  for (const Claim read : reads)
    for (std::uint8_t c = 0; c < operation.claim_count; ++c)
      if (dependent(read, operation.claims[c])) return true;
  return false;
}

void add_await_site(AwaitSites& sites, const AwaitSite& site) {
  const auto place = std::lower_bound(sites.begin(), sites.end(), site);
  if (place == sites.end() || *place != site) sites.insert(place, site);
}

void add_new_await_site(AwaitSites& sites, const AwaitSite& site) {
  if (is_known(sites, site))
    throw InternalError("actor " + std::to_string(site.actor.value) +
                        " goes round at a place where it is known to wait");
  constexpr std::ptrdiff_t few = 3;
  const auto at_place = std::count_if(sites.begin(), sites.end(), [&](const AwaitSite& known) {
    return known.is_same_operation(site) && place_of(known.state) == place_of(site.state);
  });
  AwaitSite added = site;
  if (at_place >= few) added.state = place_of(site.state);
  add_await_site(sites, added);
}

bool is_known(const AwaitSites& sites, const AwaitSite& site) {
  const auto has = [&](std::uint64_t state) {
    return std::binary_search(sites.begin(), sites.end(),
                              AwaitSite{site.actor, site.kind, site.location, state});
  };
  return has(site.state) || has(place_of(site.state)) || has(0);
}

std::string to_text(const AwaitSites& sites) {
  std::string text;
  for (const AwaitSite& site : sites) {
    text += (text.empty() ? "" : ";") + std::to_string(site.actor.value) + "." +
            std::to_string(static_cast<unsigned>(site.kind)) + "." + std::to_string(site.location);
    if (site.state != 0) text += "." + std::to_string(site.state);
  }
  return text;
}

AwaitSites parse_await_sites(std::string_view text) {
  AwaitSites sites;
  const std::string whole(text);
  const auto take = [&](std::string_view separators) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const bool is_separated = text.empty()
                                  ? separators.find(';') != std::string_view::npos
                                  : separators.find(text.front()) != std::string_view::npos;
    if (error != std::errc() || !is_separated)
      throw UsageError("schedule: '" + whole +
                       "' is no list of await sites; expected actor.kind.location.state;...");
    const bool is_last = text.empty() || text.front() == ';';
    if (!text.empty()) text.remove_prefix(1);
    return std::pair(number, is_last);
  };
  while (!text.empty()) {
    AwaitSite site;
    site.actor = {static_cast<std::int32_t>(take(".").first)};
    site.kind = static_cast<OperationKind>(take(".").first);
    const auto [location, is_last] = take(".;");
    site.location = location;
    if (!is_last) site.state = take(";").first;
    sites.push_back(site);
  }
  return sites;
}

AwaitSite Execution::site_of(ActorId actor, OperationKind kind, const void* address,
                             std::uint64_t state) const {
  const std::uint64_t location =
      heap_.contains(address) ? reinterpret_cast<std::uintptr_t>(address) - heap_.base() + 1 : 0;
  return {actor, kind, location, state};
}

/// Asks for the actor's state only where it matters. Context: on the stack of the actor.
bool Execution::is_await_site(const ModelActor& actor, const Operation& operation) const {
  AwaitSite site = site_of(actor.id, operation.kind, operation.address, 0);
  if (std::none_of(options_.awaits.begin(), options_.awaits.end(),
                   [&](const AwaitSite& known) { return known.is_same_operation(site); }))
    return false;
  site.state = runner_.local_state(operation.place);
  return is_known(options_.awaits, site);
}

void Execution::find_await_sites(ModelActor& actor) const {
  for (const AwaitSite& site : options_.awaits) {
    if (site.actor != actor.id) continue;
    actor.has_await_sites = true;
    actor.calls_relax |= site.kind == OperationKind::relax;
  }
}

/// cpu_relax.
void Execution::relax(const Place& place) {
  if (!me().is_abandoned && !me().calls_relax) {  // what it read so far was not kept
    setup_error_ = std::make_exception_ptr(AwaitFound{{current_, OperationKind::relax, 0}});
    end(ExecutionEnd::interrupted);
    leave_if_over();
    return;
  }
  wait_for_change(place);
}

/// Parks the running actor until something that it read in this turn has changed.
bool Execution::wait_for_change(const Place& place) {
  if (me().spec.kind == ActorKind::callback && !places_callbacks_ && !me().is_abandoned)
    need_callback_placement();
  Operation operation;
  operation.kind = OperationKind::relax;
  operation.place = place;
  if (!me().watch.reads.empty()) operation.more = keep_claims(me().watch.reads);
  if (!publish(operation)) return false;
  me().watch = {};
  return true;
}

/// After each operation. Watches are kept only once a site is known: else this is a counter.
void Execution::note_progress(ModelActor& actor) {
  const Operation& operation = actor.pending;
  if (!options_.awaits.empty() && actor.has_await_sites && operation.kind != OperationKind::relax)
    add_reads(operation, actor.watch.reads);
  if (!is_idle(operation.kind)) return note_change();
  IdleStretch& idle = actor.idle;
  if (idle.version != version_) {
    idle.version = version_;
    idle.count = 0;
    idle.steps.clear();
  }
  if (++idle.count < start_of_record) return;
  std::vector<Claim> reads;
  add_reads(operation, reads);
  idle.steps.push_back({operation.kind, operation.address, runner_.local_state(operation.place),
                        actor.is_reader(), !reads.empty()});
  if (idle.count < patience) return;
  const AwaitSite site = find_loop(actor);
  if (looks_at_something(idle.steps) && !is_known(options_.awaits, site)) {
    setup_error_ = std::make_exception_ptr(AwaitFound{site});
    return end(ExecutionEnd::interrupted);
  }
  idle.count = 0;
  idle.steps.clear();
}

/// The running actor's last operation has changed something.
void Execution::note_change() {
  ++version_;
  if (StepRecord* step = last_step()) step->changes_state = true;
  if (options_.awaits.empty()) return;
  ModelActor& self = me();
  // A loop that changes something itself does more than wait; cpu_relax says that it waits.
  if (!self.calls_relax) self.watch.has_fired = true;
  for (std::size_t i = 0; i < actor_count_; ++i) {
    ModelActor& other = actors_[i];
    if (other.id != self.id && is_dependent_on(other.watch.reads, self.pending))
      other.watch.has_fired = true;
  }
}

/// The operation of the loop where the actor can best be parked: outside of sections, which others
/// may wait for.
AwaitSite Execution::find_loop(const ModelActor& actor) const {
  const std::vector<IdleStep>& steps = actor.idle.steps;
  const IdleStep& last = steps.back();
  std::size_t best = steps.size() - 1;
  for (std::size_t i = steps.size() - 1; i-- > 0;) {
    const IdleStep& step = steps[i];
    const bool can_wait = !step.is_reader || step.kind == OperationKind::rcu_read_lock;
    if (can_wait && steps[best].is_reader) best = i;
    if (step.is_same_operation(last)) break;
  }
  // Of a loop that counts its turns no state comes again: it is known by its place alone.
  const auto again = std::count_if(steps.begin(), steps.end(), [&](const IdleStep& step) {
    return step.is_same_operation(steps[best]);
  });
  return site_of(actor.id, steps[best].kind, steps[best].address,
                 again > 1 ? steps[best].state : place_of(steps[best].state));
}

}  // namespace rcuscope
