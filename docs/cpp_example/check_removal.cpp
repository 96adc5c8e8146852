// Checks a removal from an RCU-protected list: every schedule in the model world, then live.
#include <cstdint>
#include <cstdio>

#include "explore/explorer.h"
#include "model/runner.h"
#include "scenario/run.h"
#include "world/list.h"

using namespace rcuscope;

/// An entry of the list. What actors share is a `shared` location of the world W: each access to it
/// is an operation that the model world orders in every possible way.
template <World W>
struct Route {
  Route() : list(this) {}

  list_head<W> list;
  typename W::template shared<std::int64_t> metric{"metric", 7};
};

template <World W>
struct Table {
  typename W::mutex mutex{"mutex"};
  list_head<W> routes;
};

/// The code under test, written once for all worlds.
template <World W>
void lookup(W w, ptr<Table<W>> table) {
  const ptr<list_head<W>> head(&table->routes);
  w.rcu_read_lock();
  for (auto node = head; (node = list_next(w, node, head, Access::dereference));)
    w.read(static_cast<Route<W>*>(node->owner)->metric, Access::plain);
  w.rcu_read_unlock();
}

template <World W>
void remove_route(W w, ptr<Table<W>> table, ptr<Route<W>> route, bool waits) {
  w.mutex_lock(table->mutex);
  list_del_rcu(w, ptr<list_head<W>>(&route->list));
  w.mutex_unlock(table->mutex);
  if (waits) w.synchronize_rcu();
  w.kfree(route);
}

/// The scenario: set-up, and two actors.
template <World W>
void removal(Kernel<W>& k, bool waits) {
  const auto table = k.world.template kzalloc<Table<W>>("table", "routes", Place::current());
  k.world.set_lifetime(table.raw(), Lifetime::root);  // what it reaches is not leaked
  const auto route = k.world.template kzalloc<Route<W>>("route", "default", Place::current());
  list_add_tail_rcu(k.world, ptr<list_head<W>>(&route->list), ptr<list_head<W>>(&table->routes));
  k.declare(ActorKind::softirq, "lookup", [w = k.world, table] { lookup(w, table); });
  k.declare(ActorKind::process, "remove",
            [w = k.world, table, route, waits] { remove_route(w, table, route, waits); });
}

int main() {
  const auto runner = make_fiber_runner();
  bool is_as_expected = true;
  for (const bool waits : {true, false}) {
    const Program program =
        make_program([waits](Kernel<Model>& k) { removal(k, waits); }, Variant{});
    const Verdict verdict = explore(program, *runner, {});
    std::printf("%s synchronize_rcu: %s\n", waits ? "with" : "without", verdict.summary().c_str());
    for (const Finding& finding : verdict.findings) {
      std::printf("  %s\n  %s\n  schedule: %s\n", finding.message.c_str(),
                  finding.explanation.c_str(), finding.schedule.c_str());
    }
    is_as_expected &= verdict.outcome == (waits ? Outcome::safe : Outcome::unsafe);
  }
#if RCUSCOPE_LIVE
  LiveRunOptions options;
  options.repeat = 100;
  const LiveResult live =
      run_live([](Kernel<Live>& k) { removal(k, true); }, Variant{}, {}, options);
  std::printf("live: %llu repetitions, %zu findings\n",
              static_cast<unsigned long long>(live.statistics.repetition_count),
              live.findings.size());
  is_as_expected &= live.findings.empty();
#endif
  return is_as_expected ? 0 : 1;
}
