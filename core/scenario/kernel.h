// SPDX-License-Identifier: LGPL-2.1-or-later
// Kernel: what the body of a scenario sees: the primitives of its world, the machinery, and the
// declaration of actors.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "iommu/iommu.h"
#include "iommu/replaced_steps.h"
#include "world/world.h"

namespace rcuscope {

/// Lives for one run: set-up, actors, at_end, leak check, teardown. If it is owned by a shared_ptr,
/// its actors own it too: a live actor that could not be stopped may end after its run.
template <World W, class Steps = PostedSteps>
class Kernel : public std::enable_shared_from_this<Kernel<W, Steps>> {
 public:
  using Body = std::function<void(Kernel&)>;

  /// Throws: UsageError if the variant contradicts itself.
  Kernel(W world_of_run, const Variant& variant, IommuConfig config, Steps steps = {})
      : world(world_of_run),
        iommu(world_of_run, variant, config, std::move(steps)),
        is_preempt_rt_(config.preempt_rt) {}

  /// What an actor is in this kernel. Under PREEMPT_RT a hardirq handler is a thread. A softirq
  /// stays what it is: it runs in a thread there, too, but with BH off, which is a reader and may
  /// not sleep.
  ActorKind kind_here(ActorKind kind) const {
    return is_preempt_rt_ && kind == ActorKind::hardirq ? ActorKind::threaded_irq : kind;
  }

  /// One actor that runs once. Context: set-up. Throws: UsageError after it, or for a name used
  /// twice.
  void declare(ActorKind kind, std::string name, std::function<void()> body, CpuId cpu = {}) {
    if (std::shared_ptr<Kernel> self = this->weak_from_this().lock())
      body = [self = std::move(self), inner = std::move(body)] { inner(); };
    world.declare({std::move(name), kind_here(kind), cpu, std::move(body)});
  }

  /// Runs alone after all actors, callbacks and work; several run in the order of declaration.
  void at_end(std::function<void()> check) { at_end_.push_back(std::move(check)); }

  /// The whole life of one run, in the order of API.md, section 2.
  void run(const Body& body) {
    body(*this);
    run_after_setup();
  }

  /// All of it but the body's set-up.
  void run_after_setup() {
    world.run_actors();
    for (std::size_t i = 0; i < at_end_.size(); ++i) at_end_[i]();
    world.run_actors();  // callbacks and work that at_end queued
    iommu.check_at_end();
    world.check_end_of_run();
    iommu.teardown();
    world.run_actors();
  }

  /// Number of functions that wait for the end.
  std::size_t at_end_count() const { return at_end_.size(); }
  void forget_at_end_from(std::size_t first) { at_end_.resize(first); }

  W world;
  Iommu<W, Steps> iommu;

 private:
  bool is_preempt_rt_;
  std::vector<std::function<void()>> at_end_;
};

/// A kernel whose machinery lets steps be replaced before the set-up.
template <World W>
using ReplaceableKernel = Kernel<W, ReplacedSteps<W>>;

}  // namespace rcuscope
