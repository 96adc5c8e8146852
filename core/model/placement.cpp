// SPDX-License-Identifier: LGPL-2.1-or-later
// Where callbacks run: on another CPU with bottom halves off, or on their caller's, in a softirq
// that interrupts what runs there.
//
// The second differs only for callbacks that spin: for a lock that the interrupted task holds they
// spin for ever. So it is explored where one does, as a second actor; whichever starts first takes
// the other one away.
#include <algorithm>
#include <utility>

#include "model/execution.h"

namespace rcuscope {
namespace {

/// Numbers of CPUs that the scenario does not name, by actor.
constexpr std::int32_t first_own_cpu = 512;
/// Resources of ResourceClass::work that are no work item: which of two actors starts.
constexpr std::uint64_t first_pair = std::uint64_t{1} << 32;

}  // namespace

bool is_named(CpuId cpu) { return cpu.is_valid() && cpu.value < first_own_cpu; }

void Execution::find_callback_placement() {
  places_callbacks_ = std::find(options_.awaits.begin(), options_.awaits.end(),
                                callback_placement) != options_.awaits.end();
}

/// A callback is about to spin.
void Execution::need_callback_placement() {
  setup_error_ = std::make_exception_ptr(AwaitFound{callback_placement});
  end(ExecutionEnd::interrupted);
  leave_if_over();
}

/// For a callback to come, each actor needs a CPU.
void ModelActor::give_own_cpu() {
  if (!spec.cpu.is_valid()) spec.cpu = {first_own_cpu + id.value};
  has_peers[1] = true;
}

ActorId Execution::spawn_callback(ActorSpec spec, const ActorOrigin& origin) {
  if (!places_callbacks_ || phase_ != Phase::actors) return spawn(std::move(spec), origin);
  ActorSpec here = spec;
  const CpuId cpu = me().spec.cpu;
  const ActorId elsewhere = spawn(std::move(spec), origin);
  here.cpu = cpu;
  const ActorId on_caller = spawn(std::move(here), origin);
  for (const ActorId id : {elsewhere, on_caller}) {
    ModelActor& callback = actors_[static_cast<std::size_t>(id.value)];
    callback.twin = id == elsewhere ? on_caller : elsewhere;
    for (std::size_t i = 1; i < actor_count_; ++i)
      if (actors_[i].spec.cpu == callback.spec.cpu && actors_[i].id != id)
        callback.has_peers[static_cast<std::size_t>(actors_[i].level())] = true;
    callback.pending.claim(ResourceClass::work,
                           first_pair + static_cast<std::uint64_t>(elsewhere.value), Mode::write);
    claim_cpu(callback, callback.pending);
  }
  return elsewhere;
}

}  // namespace rcuscope
