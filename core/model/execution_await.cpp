// SPDX-License-Identifier: LGPL-2.1-or-later
// How an execution finds out that an actor waits in a loop, and parks it there.
#include <algorithm>
#include <cstring>

#include "base/hash.h"
#include "model/execution.h"

namespace rcuscope {
namespace {

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

/// True if the last operation was there before, which one that is done to many things was not.
bool comes_often(const std::vector<IdleStep>& steps) {
  constexpr std::ptrdiff_t often = 3;
  return std::count_if(steps.begin(), steps.end(), [&](const IdleStep& step) {
           return step.is_same_operation(steps.back());
         }) >= often;
}

/// True if others can change what the loop goes by, and nobody else has to. One that looks at
/// nothing ends by itself, or at max_steps; so does one that changes something and does not say, by
/// cpu_relax, that it waits for others.
bool can_be_ended_by_others(const std::vector<IdleStep>& steps) {
  bool looks = false, relaxes = false, is_idle_all_along = true;
  for (const IdleStep& step : steps) {
    looks |= step.looks;
    relaxes |= step.kind == OperationKind::relax;
    is_idle_all_along &= is_idle(step.kind);
  }
  return looks && (relaxes || is_idle_all_along);
}

}  // namespace

AwaitSite Execution::site_of(ActorId actor, OperationKind kind, const void* address,
                             std::uint32_t place) const {
  const std::uint64_t location =
      heap_.contains(address) ? reinterpret_cast<std::uintptr_t>(address) - heap_.base() + 1 : 0;
  return {actor, kind, location, place, 0, {}};
}

void Execution::find_await_sites(ModelActor& actor) const {
  actor.has_await_sites = std::any_of(
      options_.awaits.begin(), options_.awaits.end(),
      [&](const AwaitSite& site) { return site.actor == actor.id && site != callback_placement; });
}

/// Index of the site that the operation is at, or their number. Asks for the actor's state only
/// where it matters. Context: on the stack of the actor.
std::size_t Execution::site_at(const ModelActor& actor, const Operation& operation) {
  const AwaitSite here = site_of(actor.id, operation.kind, operation.address, 0);
  bool has_state = false;
  for (std::size_t i = 0; i < options_.awaits.size(); ++i) {
    if (!options_.awaits[i].is_same_operation(here)) continue;
    if (!std::exchange(has_state, true)) find_local_state(operation, local_state_);
    if (options_.awaits[i].place == 0 || options_.awaits[i].place == local_state_.place) return i;
  }
  return options_.awaits.size();
}

/// Context: on the stack of the actor.
void Execution::find_local_state(const Operation& operation, LocalState& state) const {
  // Before and behind its code there is none.
  if (operation.kind == OperationKind::actor_start || operation.kind == OperationKind::actor_end)
    state = {};
  else
    runner_.find_local_state(operation.place, state);
}

/// True if the actor is at one of its sites where it was in this state before, and has to wait.
bool Execution::comes_back(ModelActor& actor, const Operation& operation) {
  const std::size_t site = site_at(actor, operation);
  if (site == options_.awaits.size()) return false;
  const std::uint32_t digest = digest_without(local_state_, options_.awaits[site].changing);
  std::vector<Visit>& visits = actor.watch.visits;
  const auto before = std::find_if(visits.begin(), visits.end(), [&](const Visit& visit) {
    return visit.site == site && visit.digest == digest;
  });
  if (before != visits.end()) return has_to_wait(actor, *before);
  // Of a loop that waits the latest ones come again.
  constexpr std::size_t max_visits = 16;
  if (visits.size() == max_visits) visits.erase(visits.begin());
  Visit& visit = visits.emplace_back();
  visit.site = site;
  visit.digest = digest;
  visit.is_of_relax = operation.kind == OperationKind::relax;
  return false;
}

bool Execution::has_to_wait(ModelActor& actor, Visit& visit) {
  ++visit.returns;
  if (is_probing()) {
    if (&visit == &actor.watch.current()) probe_.latest_return = probe_.steps;
    return false;
  }
  actor.watch.parked = static_cast<std::size_t>(&visit - actor.watch.visits.data());
  return visit.returns > options_.awaits[visit.site].turns;
}

/// cpu_relax.
void Execution::relax(const Place& place) {
  Operation operation;
  operation.kind = OperationKind::relax;
  operation.place = place;
  step(operation);
}

/// Parks the running actor until something that it has read since its visit has changed.
bool Execution::wait_for_change(const Place& place) {
  if (me().spec.kind == ActorKind::callback && !places_callbacks_ && !me().is_abandoned)
    need_callback_placement();
  Operation operation;
  operation.kind = OperationKind::relax;
  operation.place = place;
  if (!me().is_abandoned) {
    const Visit& visit = me().watch.current();
    operation.argument = turn_of(visit);
    if (!visit.reads.empty()) operation.more = keep_claims(visit.reads);
  }
  if (!publish(operation)) return false;
  if (is_probing()) return true;
  Visit& visit = me().watch.visits[me().watch.parked];
  visit.returns = visit.steps = 0;
  visit.has_fired = false;
  visit.reads.clear();
  return true;
}

/// After each operation. Visits are kept only once a site is known: else this is a counter.
void Execution::note_progress(ModelActor& actor) {
  const Operation& operation = actor.pending;
  for (Visit& visit : actor.watch.visits) {
    ++visit.steps;
    if (operation.kind != OperationKind::relax) add_reads(operation, visit.reads);
  }
  if (actor.is_parked()) return;  // it was, so somebody has changed something
  IdleStretch& idle = actor.idle;
  if (idle.version != version_) {
    idle.version = version_;
    idle.count = 0;
    idle.calls_relax = false;
    idle.steps.clear();
  }
  if (!is_idle(operation.kind)) {
    note_change();
    if (!idle.calls_relax) return;
    idle.version =
        version_;  // whoever calls cpu_relax waits for others, whatever it does meanwhile
  }
  idle.calls_relax |= operation.kind == OperationKind::relax;
  if (++idle.count < options_.patience / 2) return;  // the latest half is enough to find the loop
  std::vector<Claim> reads;
  add_reads(operation, reads);
  IdleStep& step = idle.steps.emplace_back();
  step.kind = operation.kind;
  step.address = operation.address;
  find_local_state(operation, step.state);
  step.is_reader = actor.is_reader();
  step.looks = !reads.empty();
  if (idle.count < options_.patience) return;
  if (can_be_ended_by_others(idle.steps) && comes_often(idle.steps)) {
    setup_error_ = std::make_exception_ptr(AwaitFound{find_loop(actor)});
    return end(ExecutionEnd::interrupted);
  }
  idle.count = 0;
  idle.steps.clear();
}

/// The running actor's last operation has changed something.
void Execution::note_change() {
  if (is_probing()) return;
  ++version_;
  if (StepRecord* step = last_step()) step->changes_state = true;
  if (options_.awaits.empty()) return;
  ModelActor& self = me();
  // A loop that changes something itself does more than wait; cpu_relax says that it waits.
  for (Visit& visit : self.watch.visits) visit.has_fired |= !visit.is_of_relax;
  for (std::size_t i = 0; i < actor_count_; ++i)
    for (Visit& visit : actors_[i].watch.visits)
      if (actors_[i].id != self.id && !visit.has_fired)
        visit.has_fired = is_dependent_on(visit.reads, self.pending);
}

/// The operation of the loop where the actor can best be parked: outside of sections, which others
/// may wait for.
AwaitSite Execution::find_loop(const ModelActor& actor) const {
  const std::vector<IdleStep>& steps = actor.idle.steps;
  const IdleStep& last = steps.back();
  const auto is_last_again = [&](const IdleStep& step) {
    return step.is_same_operation(last) && step.state == last.state;
  };
  const bool comes_again = std::any_of(steps.begin(), steps.end() - 1, is_last_again);
  std::size_t best = steps.size() - 1;
  const auto relax = std::find_if(steps.rbegin(), steps.rend(), [](const IdleStep& step) {
    return step.kind == OperationKind::relax;
  });
  const bool changes_something = std::any_of(
      steps.begin(), steps.end(), [](const IdleStep& step) { return !is_idle(step.kind); });
  if (changes_something && relax != steps.rend()) return find_site(actor.id, steps, *relax);
  for (std::size_t i = steps.size() - 1; i-- > 0;) {
    const IdleStep& step = steps[i];
    const bool can_wait = !step.is_reader || step.kind == OperationKind::rcu_read_lock;
    if (can_wait && steps[best].is_reader) best = i;
    if (comes_again && is_last_again(step)) break;
  }
  return find_site(actor.id, steps, steps[best]);
}

/// The site of one operation of a loop, with the variables that the turns differ in. They come back
/// to where nothing differs, or else those are left out that did differ, or else all of them.
AwaitSite Execution::find_site(ActorId actor, const std::vector<IdleStep>& steps,
                               const IdleStep& best) const {
  AwaitSite site = site_of(actor, best.kind, best.address, best.state.place);
  std::vector<std::uint32_t> differing;
  bool comes_again = false;
  for (const IdleStep& step : steps) {
    if (&step == &best || !step.is_same_operation(best)) continue;
    comes_again |= step.state == best.state;
    add_differences(step.state, best.state, differing);
  }
  const auto known = [&] {
    AwaitSites sites = options_.awaits;
    return !add_await_site(sites, site);
  };
  if (!comes_again || known()) site.changing = std::move(differing);
  if (known()) site.changing = {all_names};
  return site;
}

// --- probing

/// Whoever is parked when nobody can go on: the first one behind that actor of whom it is not known
/// whether its loop has an end; or none.
ActorId Execution::next_probe(ActorId behind) {
  probe_ = {};
  for (auto i = static_cast<std::size_t>(behind.value) + 1; i < actor_count_; ++i) {
    const ModelActor& actor = actors_[i];
    const auto keeps_it_off = [&](const ModelActor& other) { return is_kept_off_by(actor, other); };
    const auto end = actors_.begin() + static_cast<std::ptrdiff_t>(actor_count_);
    if (actor.is_finished() || !actor.is_parked() || can_proceed(actor) ||
        (actor.shares_cpu() && std::any_of(actors_.begin() + 1, end, keeps_it_off)) ||
        endless_loops_.contains(loop_of(actor)))
      continue;
    probe_.actor = actor.id;
    probe_.loop = loop_of(actor);
    probe_.state_before = actor;
    is_over_ = false;
    return actor.id;
  }
  return {};
}

/// What the loop of a parked actor goes by.
std::uint64_t Execution::loop_of(const ModelActor& actor) const {
  const Visit& visit = actor.watch.current();
  Hash hash;
  hash.add(visit.site << 32 | visit.digest);
  for (const Claim claim : visit.reads) {
    hash.add(claim.resource());
    const auto* const address = reinterpret_cast<const std::byte*>(claim.resource());
    std::uint64_t value = 0;
    if (!heap_.contains(address) || !heap_.contains(address + sizeof value)) continue;
    std::memcpy(&value, address, sizeof value);
    hash.add(value);
  }
  return hash.value();
}

/// The next step of the actor that is probed, or of the next one that has to be.
ActorId Execution::go_on_probing() {
  ModelActor& actor = me();
  const OperationKind next = actor.pending.kind;
  const bool has_left = actor.is_finished() || next == OperationKind::actor_end ||
                        (next != OperationKind::relax && !can_proceed(actor)) ||
                        (!is_idle(next) && !actor.watch.current().is_of_relax) ||
                        probe_.steps - probe_.latest_return > options_.patience / 2;
  if (has_left) return note_way_out();
  if (++probe_.steps < options_.patience) return actor.id;
  endless_loops_.insert(probe_.loop);
  static_cast<ActorState&>(actor) = probe_.state_before;
  is_over_ = true;
  return next_probe(actor.id);
}

/// The loop has an end: the actor must not be parked before it has come to that.
ActorId Execution::note_way_out() {
  const Visit& visit = me().watch.current();
  AwaitSite site = options_.awaits[visit.site];
  site.turns = visit.returns;
  probe_ = {};
  setup_error_ = std::make_exception_ptr(AwaitFound{std::move(site)});
  end(ExecutionEnd::interrupted);
  return {};
}

}  // namespace rcuscope
