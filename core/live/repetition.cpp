// SPDX-License-Identifier: LGPL-2.1-or-later
// Actors start together from a line, with small delays that differ from repetition to repetition.
#include "live/repetition.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/random.h"

namespace rcuscope::live {
namespace {

/// Longer chains of callbacks that queue each other (themselves, mostly) are not progress.
constexpr std::uint32_t longest_chain = 100;

/// Busy for a few nanoseconds, without giving the processor away.
void pause_briefly(std::uint64_t rounds) {
  for (std::uint64_t i = 0; i < rounds; ++i) asm volatile("" ::: "memory");
}

}  // namespace

Repetition::Repetition(std::shared_ptr<Session> session)
    : session_(std::move(session)),
      number_(session_->repetition_count.fetch_add(1)),
      heap_(session_->take_heap()) {}

Repetition::~Repetition() { session_->return_heap(std::move(heap_)); }

// --- actors

Actor& Repetition::add_actor(ActorSpec spec) {
  auto actor = std::make_unique<Actor>();
  actor->id = session_->names.actor({spec.name, spec.kind, spec.cpu});
  actor->name = std::move(spec.name);
  actor->kind = spec.kind;
  actor->cpu = spec.cpu;
  actor->repetition = this;
  actor->flavor = &session_->flavor();
  actor->level = session_->options().trace;
  actor->logical_clock = &session_->logical_clock;
  const std::lock_guard guard(mutex);
  if (spec.cpu.is_valid()) {
    auto& token = tokens_[spec.cpu];
    const auto cpu = static_cast<std::uint64_t>(spec.cpu.value);
    if (token == nullptr) {
      token = std::make_unique<CpuToken>(session_->options().seed + number_ * 64 + cpu);
    }
    actor->token = token.get();
  }
  return *actors_.emplace_back(std::move(actor));
}

void Repetition::finish(Actor& actor) {
  const std::lock_guard guard(mutex);
  if (actor.chain <= longest_chain)
    finished_progress_ += actor.operation_count + 1;
  else
    endless_chain_ = actor.name;
  std::erase_if(actors_, [&actor](const auto& other) { return other.get() == &actor; });
  changed.notify_all();
}

void Repetition::declare(ActorSpec actor) {
  if (phase_ != Phase::setup) {
    throw UsageError("actor '" + actor.name +
                     "' is declared after setup; declare every actor before the first one runs");
  }
  for (const ActorSpec& other : declared_) {
    if (other.name == actor.name) {
      throw UsageError("actor '" + actor.name +
                       "' is declared twice; give each actor a name of its own");
    }
  }
  declared_.push_back(std::move(actor));
}

void Repetition::start(std::function<void()> body) {
  Actor& main = add_actor({"main", ActorKind::main, {}, {}});
  session_->pool.run(
      [self = shared_from_this(), &main, body = std::move(body)] { self->run_main(main, body); });
}

void Repetition::run_main(Actor& main, const std::function<void()>& body) {
  run_actor(main, body, EventKind::actor_start, EventKind::actor_end);
  wait_for_quiet(main);
  {
    const std::lock_guard guard(mutex);
    is_main_over_ = true;
  }
  finish(main);
}

void Repetition::run_actors(Actor& main) {
  if (phase_ == Phase::ended) return wait_for_quiet(main);  // what at_end and teardown queued
  phase_ = Phase::running;
  unfinished_actor_count_ = declared_.size();
  actors_end_ = actors_start_ = monotonic_now();
  for (std::size_t i = 0; i < declared_.size(); ++i) {
    ActorSpec& spec = declared_[i];
    Actor& actor = add_actor({spec.name, spec.kind, spec.cpu, {}});
    session_->pool.run([self = shared_from_this(), &actor, body = std::move(spec.body), i] {
      self->run_declared(actor, body, i);
    });
  }
  wait_for_quiet(main);
  const std::lock_guard guard(mutex);
  const bool have_ended = unfinished_actor_count_ == 0;  // not where they were cut short
  session_->duration += (have_ended ? actors_end_ : monotonic_now()) - actors_start_;
  phase_ = Phase::ended;
}

void Repetition::run_declared(Actor& actor, const std::function<void()>& body, std::size_t index) {
  wait_for_release(actor, index);
  run_actor(actor, body, EventKind::actor_start, EventKind::actor_end);
  {
    const std::lock_guard guard(mutex);
    --unfinished_actor_count_;
    actors_end_ = monotonic_now();
  }
  finish(actor);
}

void Repetition::wait_for_release(Actor& actor, std::size_t index) {
  {
    const std::lock_guard guard(mutex);
    if (actor.token != nullptr) actor.token->announce(actor);
    if (++arrived_count_ == declared_.size()) {
      is_released_.store(true, std::memory_order_release);
      is_released_.notify_all();
    }
  }
  is_released_.wait(false, std::memory_order_acquire);
  constexpr std::uint64_t rounds_max = 4096;  // about a microsecond
  Random random(session_->options().seed ^ (number_ * 1024 + index));
  pause_briefly(random.below(rounds_max));
}

void Repetition::wait_for_quiet(Actor& main) {
  wait_until(main, Wait::actors, nullptr,
             [this] { return unfinished_actor_count_ == 0 && is_nothing_deferred(); });
}

// --- being cut short

void Repetition::abandon() {
  std::vector<std::deque<SrcuState::Waiting>> dropped;  // ends without the lock
  const std::lock_guard guard(mutex);
  for (SrcuState& domain : srcu_) {
    unfinished_work_count_ -= domain.waiting.size();
    dropped.push_back(std::exchange(domain.waiting, {}));
  }
  is_abandoned_.store(true);
  for (const auto& actor : actors_) {
    ThreadSlot* slot = actor->slot.load();
    if (slot != nullptr) slot->end_fast_paths();
  }
  changed.notify_all();
}

void Repetition::fail(std::exception_ptr error) {
  {
    const std::lock_guard guard(mutex);
    if (error_ == nullptr) error_ = std::move(error);
  }
  abandon();
}

std::exception_ptr Repetition::error() const {
  const std::lock_guard guard(mutex);
  return error_;
}

bool Repetition::runs_alone() const {
  if (phase_ == Phase::running) return false;
  const std::lock_guard guard(mutex);
  return is_nothing_deferred();
}

bool Repetition::is_at_rest() const { return actors_.empty() && is_nothing_deferred(); }

Repetition::Progress Repetition::progress() const {
  Progress sum{finished_progress_};
  for_each_unfinished([&sum](const Actor& actor) {
    if (actor.chain > longest_chain) return;
    sum.operations += actor.operation_count.load(std::memory_order_relaxed);
    if (actor.calls_relax.load(std::memory_order_relaxed)) return;
    sum.turns += actor.turn_count.load(std::memory_order_relaxed);
    sum.turns += actor.slot.load()->section_count.load(std::memory_order_relaxed);
  });
  return sum;
}

// --- callbacks and work

/// Context: mutex is held.
bool Repetition::is_nothing_deferred() const {
  return unfinished_work_count_ == 0 &&
         std::all_of(unfinished_.begin(), unfinished_.end(),
                     [](const Unfinished& kind) { return kind.numbers.empty(); });
}

std::int64_t Repetition::add_deferred(DeferredKind kind) {
  const std::lock_guard guard(mutex);
  Unfinished& of_kind = unfinished(kind);
  of_kind.numbers.insert(++of_kind.last);
  return of_kind.last;
}

void Repetition::finish_deferred(DeferredKind kind, std::int64_t number) {
  const std::lock_guard guard(mutex);
  unfinished(kind).numbers.erase(number);
  changed.notify_all();
}

std::size_t Repetition::unfinished_count(DeferredKind kind) const {
  const std::lock_guard guard(mutex);
  return unfinished_[static_cast<std::size_t>(kind)].numbers.size();
}

void Repetition::wait_for_deferred(Actor& actor, DeferredKind kind) {
  std::int64_t last = 0;
  {
    const std::lock_guard guard(mutex);
    last = unfinished(kind).last;
  }
  wait_until(actor, Wait::callbacks, nullptr, [&numbers = unfinished(kind).numbers, last] {
    return numbers.empty() || *numbers.begin() > last;
  });
}

WorkState& Repetition::add_work(const void* address, WorkState fresh) {
  const std::lock_guard guard(mutex);
  WorkState* known = address == nullptr ? nullptr : work_at_[address];
  if (known == nullptr || known->is_pending || known->is_running) known = &work_.emplace_back();
  if (address != nullptr) work_at_[address] = known;
  // Queueings that were cancelled may still be under way: none of theirs may fit a later one.
  fresh.queued_generation = known->queued_generation;
  *known = std::move(fresh);
  return *known;
}

NameSetState& Repetition::add_name_set() {
  const std::lock_guard guard(mutex);
  return name_sets_.emplace_back();
}

void Repetition::end_work() {
  --unfinished_work_count_;
  changed.notify_all();
}

void Repetition::end_queued_work(std::int64_t number) {
  unfinished(DeferredKind::work).numbers.erase(number);
  end_work();
}

SrcuState& Repetition::add_srcu(const char* name, ObjectId id) {
  const std::lock_guard guard(mutex);
  SrcuState& domain = srcu_.emplace_back();
  domain.name = name;
  domain.id = id;
  return domain;
}

// --- waiting

void Repetition::wait_until(Actor& actor, Wait wait, const void* object,
                            const std::function<bool()>& holds) {
  const WaitScope scope(actor, wait, object);
  std::unique_lock lock(mutex);
  changed.wait(lock, [this, &holds] { return is_abandoned() || holds(); });
}

WaitScope::WaitScope(Actor& actor, Wait wait, const void* object, Cpu cpu)
    : actor_(actor), cpu_(cpu) {
  if (actor.token != nullptr && cpu == Cpu::released) actor.token->release(actor);
  actor.wait_object.store(object);
  actor.wait.store(wait);
  if (actor.is_in_body) {
    const LiveHooks& hooks = actor.repetition->session().hooks();
    if (hooks.before_wait) hooks.before_wait();
  }
}

WaitScope::~WaitScope() {
  actor_.wait.store(Wait::none);
  actor_.wait_object.store(nullptr);
  if (actor_.token != nullptr && cpu_ == Cpu::released) actor_.token->acquire(actor_);
  if (actor_.is_in_body) {
    const LiveHooks& hooks = actor_.repetition->session().hooks();
    if (hooks.after_wait) hooks.after_wait();
  }
}

}  // namespace rcuscope::live
