// SPDX-License-Identifier: LGPL-2.1-or-later
// One execution from its beginning, which may be a state of an earlier one, to its end.
#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "model/execution.h"

namespace rcuscope {
namespace {

std::uint64_t next_run_number() {
  static std::atomic<std::uint64_t> latest{0};
  return latest.fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace

ExecutionEnd Execution::run(const std::function<void(Execution&)>& program, Chooser& chooser,
                            TraceBuilder* trace) {
  chooser_ = &chooser;
  trace_ = trace;
  goes_back_ = options_.goes_back && trace == nullptr && runner_.can_go_back();
  if (!goes_back_) snapshots_.clear();
  const KnownBeginning known = chooser.known_beginning();
  known_steps_ =
      trace == nullptr && known.run == run_number_ ? std::min(known.steps, log_size_) : 0;
  run_number_ = next_run_number();
  reset();
  if (snapshots_.is_empty()) {
    begin_anew();
    spawn({"main", ActorKind::main, {}, [this, &program] { run_main(program); }}, {});
    current_ = {0};
    runner_.switch_to({}, current_);
  } else {
    restore_snapshot();
    go_on();
  }
  while (!is_over_) {
    take_snapshot();
    note_round();
    go_on();
  }
  if (!can_be_left()) abandon_unfinished();
  if (setup_error_) std::rethrow_exception(std::exchange(setup_error_, nullptr));
  return rounds_.are_on() && how_ended_ != ExecutionEnd::interrupted ? ExecutionEnd::step_limit
                                                                     : how_ended_;
}

/// Context: the controller.
void Execution::go_on() {
  const ActorId next = next_actor();
  if (!next.is_valid()) return;
  current_ = next;
  runner_.switch_to({}, next);
}

void Execution::run_main(const std::function<void(Execution&)>& program) {
  program(*this);
  if (has_after_setup_) after_setup_->run();
}

void Execution::go_back_to_here() { has_after_setup_ = true; }

void Execution::set_await_sites(const AwaitSites& sites) {
  if (sites != options_.awaits) {
    snapshots_.clear();  // set-up looks at them
    endless_loops_.clear();
    log_size_ = 0;  // and steps that were known need not come again
  }
  options_.awaits = sites;
}

/// What every execution begins with, wherever it begins.
void Execution::reset() {
  is_over_ = false;
  probe_ = {};
  rounds_.end();
  is_chosen_ = false;
  find_callback_placement();
  blocked_at_end_.clear();
  // Those of a known beginning stay: who reports them again changes nothing, and not all do.
  if (snapshots_.is_empty())
    findings_.clear();
  else
    std::erase_if(findings_, [first = setup_steps_ + static_cast<Step>(known_steps_)](
                                 const Finding& finding) { return finding.step >= first; });
  memory_doubt_.clear();
  const bool is_memory_kept =
      options_.memory != nullptr && options_.memory->begin(*this, known_steps_);
  memory_known_steps_ = is_memory_kept ? known_steps_ : 0;
  // What is not kept has to be told everything again.
  if (options_.memory == nullptr) memory_known_steps_ = known_steps_;
  snapshots_.forget_after(memory_known_steps_);
  setup_error_ = nullptr;
  trace_ids_of_objects_.clear();
  trace_ids_of_parts_.clear();
  trace_names_of_locations_.clear();
}

/// The rest, of an execution that begins with set-up.
void Execution::begin_anew() {
  for (std::size_t i = 0; i < actor_count_; ++i) actors_[i] = ModelActor{};
  actor_count_ = 0;
  phase_ = Phase::setup;
  steps_ = 0;
  choices_.clear();
  log_size_ = 0;
  after_setup_.clear();
  has_after_setup_ = false;
  heap_.reset();
  grace_periods_.reset();
  work_.clear();
  version_ = 0;
  final_state_.clear();
}

}  // namespace rcuscope
