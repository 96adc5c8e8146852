// SPDX-License-Identifier: LGPL-2.1-or-later
// Exploration: executions per second of catalogue scenarios, and executions for R readers.
#include <benchmark/benchmark.h>

#include "scenario/catalogue.h"
#include "scenario/run.h"
#include "world/list.h"

namespace rcuscope {
namespace {

/// Items are executions, complete and redundant ones: the unit in which peers are measured.
void catalogue_scenario(benchmark::State& state, const char* name) {
  const auto runner = make_fiber_runner();
  const Program program = make_program(find_scenario(name));
  std::uint64_t executions = 0, steps = 0, complete = 0;
  for (auto _ : state) {
    const Verdict verdict = explore(program, *runner, {});
    executions += verdict.executions + verdict.blocked;
    complete = verdict.executions;
    steps += verdict.steps;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(executions));
  state.counters["complete"] = static_cast<double>(complete);
  state.counters["ns_per_step"] = benchmark::Counter(
      static_cast<double>(steps) * 1e-9, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK_CAPTURE(catalogue_scenario, posted, "posted");
BENCHMARK_CAPTURE(catalogue_scenario, no_synchronize_rcu, "no_synchronize_rcu");
BENCHMARK_CAPTURE(catalogue_scenario, call_rcu_put_device, "call_rcu_put_device");

struct Item {
  Item() : list(this) {}
  list_head<Model> list;
  Model::shared<int> value{"value", 0};
};

struct Items {
  list_head<Model> head;
};

/// One updater {unlink; synchronize_rcu; free} against readers that walk the list once.
void updater_against_readers(benchmark::State& state) {
  const auto readers = static_cast<int>(state.range(0));
  const Program program = [readers](Execution& execution) {
    const Model w(execution);
    const auto items = w.kzalloc<Items>("list", "items", Place::current());
    const auto item = w.kzalloc<Item>("item", "a", Place::current());
    w.set_lifetime(items.raw(), Lifetime::root);
    const ptr<list_head<Model>> head(&items->head);
    list_add_tail_rcu(w, ptr(&item->list), head);
    for (int i = 0; i < readers; ++i)
      w.declare({"reader " + std::to_string(i), ActorKind::process, {}, [w, head] {
                   w.rcu_read_lock();
                   const auto node = list_next(w, head, head, Access::dereference);
                   if (node) w.read(static_cast<Item*>(node->owner)->value, Access::plain);
                   w.rcu_read_unlock();
                 }});
    w.declare({"updater", ActorKind::process, {}, [w, item] {
                 list_del_rcu(w, ptr(&item->list));
                 w.synchronize_rcu();
                 w.kfree(item);
               }});
    w.run_actors();
  };
  const auto runner = make_fiber_runner();
  Verdict verdict;
  for (auto _ : state) verdict = explore(program, *runner, {});
  state.counters["complete"] = static_cast<double>(verdict.executions);
  state.counters["blocked"] = static_cast<double>(verdict.blocked);
}
BENCHMARK(updater_against_readers)->Arg(1)->Arg(2)->Arg(3)->Arg(4)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace rcuscope

BENCHMARK_MAIN();
