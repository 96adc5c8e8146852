// SPDX-License-Identifier: LGPL-2.1-or-later
// Small programs whose number of executions is known in advance, for tests and benchmarks of the
// search.
#pragma once

#include <string>
#include <utility>

#include "explore/explorer.h"
#include "model/model.h"
#include "world/list.h"

namespace rcuscope::testing {

/// Actors, and nothing behind them.
class ActorsOnly final : public AfterSetup {
 public:
  explicit ActorsOnly(Execution& execution) : execution_(execution) {}
  void run() override { execution_.run_actors(); }
  void save(std::size_t) override {}
  void restore(std::size_t) override {}

 private:
  Execution& execution_;
};

struct ListItem {
  ListItem() : list(this) {}
  list_head<Model> list;
  Model::shared<int> value{"value", 0};
};

struct ListItems {
  list_head<Model> head;
};

/// One updater {unlink; synchronize_rcu; free} against readers that walk the list once. Handlers of
/// interrupts are readers without saying so.
inline Program removal(int readers, ActorKind kind = ActorKind::process) {
  return [readers, kind](Execution& execution) {
    const Model w(execution);
    const auto items = w.kzalloc<ListItems>("list", "items", Place::current());
    const auto item = w.kzalloc<ListItem>("item", "a", Place::current());
    w.set_lifetime(items.raw(), Lifetime::root);
    const ptr<list_head<Model>> head(&items->head);
    list_add_tail_rcu(w, ptr(&item->list), head);
    for (int i = 0; i < readers; ++i)
      w.declare({"reader " + std::to_string(i), kind, {}, [w, head, kind] {
                   if (kind == ActorKind::process) w.rcu_read_lock();
                   const auto node = list_next(w, head, head, Access::dereference);
                   if (node) w.read(static_cast<ListItem*>(node->owner)->value, Access::plain);
                   if (kind == ActorKind::process) w.rcu_read_unlock();
                 }});
    w.declare({"updater", ActorKind::process, {}, [w, item] {
                 list_del_rcu(w, ptr(&item->list));
                 w.synchronize_rcu();
                 w.kfree(item);
               }});
    execution.make_after_setup<ActorsOnly>(execution);
    execution.go_back_to_here();
  };
}

struct Counter {
  Model::shared<int> value{"value", 0};
};

/// Each actor adds to one counter and looks at the result, that many times: every order differs.
inline Program increments(int actors, int times) {
  return [actors, times](Execution& execution) {
    const Model w(execution);
    const auto counter = w.kzalloc<Counter>("counter", "", Place::current());
    w.set_lifetime(counter.raw(), Lifetime::root);
    for (int i = 0; i < actors; ++i)
      w.declare({"adder " + std::to_string(i), ActorKind::process, {}, [w, counter, times] {
                   for (int k = 0; k < times; ++k) w.fetch_add(counter->value, 1, Access::full);
                 }});
    execution.make_after_setup<ActorsOnly>(execution);
    execution.go_back_to_here();
  };
}

struct Counted {
  Model::shared<int> value{"value", 0};
  Model::refcount count{"count", 1};
};

/// Each holder takes a reference, uses the object and gives the reference back, that many times;
/// with `drops_first`, one more actor gives back the reference that was there before.
inline Program holders(int actors, int times, bool drops_first = false) {
  return [actors, times, drops_first](Execution& execution) {
    const Model w(execution);
    const auto counted = w.kzalloc<Counted>("counted", "", Place::current());
    w.set_lifetime(counted.raw(), Lifetime::root);
    for (int i = 0; i < actors; ++i)
      w.declare({"holder " + std::to_string(i), ActorKind::process, {}, [w, counted, times] {
                   for (int k = 0; k < times; ++k) {
                     w.refcount_inc(counted->count, EventKind::kref_get);
                     w.read(counted->value, Access::once);
                     w.refcount_dec(counted->count, EventKind::kref_put);
                   }
                 }});
    if (drops_first)
      w.declare({"owner", ActorKind::process, {}, [w, counted] {
                   w.refcount_dec(counted->count, EventKind::kref_put);
                 }});
    execution.make_after_setup<ActorsOnly>(execution);
    execution.go_back_to_here();
  };
}

}  // namespace rcuscope::testing
