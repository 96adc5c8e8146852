// SPDX-License-Identifier: LGPL-2.1-or-later
// Read-side critical sections of an execution, with the grace periods that wait for them.
#include <algorithm>
#include <utility>

#include "model/execution.h"

namespace rcuscope {

void Execution::claim_section_start(Operation& operation) {
  if (!me().is_reader()) operation.claim(ResourceClass::rcu, 0, Mode::section_start);
}

void Execution::open_section(ModelActor& actor) {
  actor.section_opened_at = steps_ - 1;
  if (StepRecord* step = last_step()) step->opens_section = true;
}

void Execution::close_section(ModelActor& actor) {
  actor.section_opened_at = -1;
  if (StepRecord* step = last_step()) step->closes_section = true;
  leave_grace_periods(actor, nullptr, 0);
}

int Execution::open_srcu_section(const ModelSrcu& domain) {
  ModelActor& actor = me();
  int index = 0;
  for (const SrcuSection& section : actor.srcu_sections)
    if (section.domain == &domain && section.index >= index) index = section.index + 1;
  actor.srcu_sections.push_back({&domain, index});
  if (StepRecord* step = last_step()) {
    step->opens_section = true;
    step->domain = reinterpret_cast<std::uintptr_t>(&domain);
    step->srcu_index = index;
  }
  return index;
}

void Execution::close_srcu_section(const ModelSrcu& domain, int index) {
  ModelActor& actor = me();
  std::erase_if(actor.srcu_sections, [&](const SrcuSection& section) {
    return section.domain == &domain && section.index == index;
  });
  if (StepRecord* step = last_step()) {
    step->closes_section = true;
    step->domain = reinterpret_cast<std::uintptr_t>(&domain);
    step->srcu_index = index;
  }
  leave_grace_periods(actor, &domain, index);
}

void Execution::leave_grace_periods(const ModelActor& actor, const ModelSrcu* domain,
                                    int srcu_index) {
  if (keeps_memory_order()) options_.memory->on_section_end(*this, actor, domain);
  const auto bit = static_cast<std::size_t>(actor.id.value);
  for (std::size_t i = 0; i < grace_periods_.all().size(); ++i) {
    GracePeriod& grace_period = grace_periods_.all()[i];
    if (!grace_period.waits_for[bit] || grace_period.domain != domain) continue;
    if (domain != nullptr) {
      std::erase(grace_period.srcu_sections, std::pair(actor.id, srcu_index));
      if (std::any_of(grace_period.srcu_sections.begin(), grace_period.srcu_sections.end(),
                      [&](const auto& section) { return section.first == actor.id; }))
        continue;
    }
    grace_period.waits_for.reset(bit);
    const GracePeriodId id{static_cast<std::int32_t>(i)};
    emit(EventKind::quiescent_state, {}, actor.id.value, {}, id);
    if (grace_period.waits_for.none()) emit(EventKind::grace_period_end, {}, 0, {}, id);
  }
}

GracePeriodId Execution::start_grace_period(const ModelSrcu* domain) {
  const GracePeriodId id = grace_periods_.start(domain, current_, steps_ - 1);
  GracePeriod& grace_period = grace_periods_.at(id);
  ActorSet& open = grace_period.waits_for;
  for (std::size_t i = 0; i < actor_count_; ++i) {
    if (domain == nullptr && actors_[i].section_opened_at >= 0) open.set(i);
    if (domain == nullptr) continue;
    for (const SrcuSection& section : actors_[i].srcu_sections) {
      if (section.domain != domain) continue;
      grace_period.srcu_sections.emplace_back(actors_[i].id, section.index);
      open.set(i);
    }
  }
  grace_period.pre_existing = open;
  if (keeps_memory_order()) options_.memory->on_grace_period_start(id, domain);
  return id;
}

void Execution::emit_grace_period_start(GracePeriodId id) {
  if (!is_tracing()) return;
  const ActorSet& open = grace_periods_.at(id).pre_existing;
  emit(EventKind::grace_period_start, {}, static_cast<std::int64_t>(open.count()), {}, id);
  for (std::size_t i = 0; i < actor_count_; ++i)
    if (open[i]) emit(EventKind::grace_period_waits_for, {}, actors_[i].id.value, {}, id);
  if (open.none()) emit(EventKind::grace_period_end, {}, 0, {}, id);
}

void Execution::end_grace_period(GracePeriodId id) { grace_periods_.at(id).is_over = true; }

bool Execution::is_grace_period_over_since(std::int64_t cookie) const {
  std::int64_t number = 0;
  for (const GracePeriod& grace_period : grace_periods_.all())
    if (grace_period.domain == nullptr && number++ >= cookie && grace_period.is_over) return true;
  return false;
}

std::int64_t Execution::next_cookie() const {
  const std::vector<GracePeriod>& all = grace_periods_.all();
  return std::count_if(all.begin(), all.end(),
                       [](const GracePeriod& one) { return one.domain == nullptr; });
}

// --- the CPU

/// Context: the actor's operation is the last one of the log.
void Execution::note_excluded(const ModelActor& actor, std::uint8_t before) {
  const std::uint8_t now = actor.excluded_levels();
  StepRecord* const step = last_step();
  if (now == before || step == nullptr) return;
  step->seized_levels = static_cast<std::uint8_t>(now & ~before);
  step->freed_levels = static_cast<std::uint8_t>(before & ~now);
}

/// The record of the running actor's last operation; null outside of the actors' phase.
StepRecord* Execution::last_step() {
  if (phase_ != Phase::actors || log_size_ == 0 || is_probing()) return nullptr;
  StepRecord& last = log_[log_size_ - 1];
  return last.actor == current_ ? &last : nullptr;
}

}  // namespace rcuscope
