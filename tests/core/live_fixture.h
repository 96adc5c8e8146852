// SPDX-License-Identifier: LGPL-2.1-or-later
// What the tests of the live world share: a list with entries, and runs of one actor or one
// removal.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "live/live.h"
#include "live/run.h"
#include "world/list.h"

namespace rcuscope {

using std::chrono_literals::operator""ms;

struct Entry {
  explicit Entry(int initial) : node(this), value("value", initial) {}
  list_head<Live> node;
  Live::shared<int> value;
};
struct Group {
  list_head<Live> entries;
  Live::mutex lock{"lock"};
};

inline LiveOptions untraced(Nanoseconds timeout = 10'000'000'000) {
  LiveOptions options;
  options.trace = TraceLevel::off;
  options.timeout = timeout;
  return options;
}

inline bool contains(const std::vector<Finding>& findings, FindingKind kind) {
  return std::any_of(findings.begin(), findings.end(),
                     [kind](const Finding& finding) { return finding.kind == kind; });
}

inline std::string kinds_of(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) text += finding.message + "\n";
  return text;
}

inline ptr<Group> make_group(Live w, int count) {
  const auto group = w.kzalloc<Group>("group", "7", Place::current());
  for (int i = 0; i < count; ++i) {
    const auto entry = w.kzalloc<Entry>("entry", std::to_string(i), Place::current(), i);
    list_add_tail_rcu(w, ptr(&entry->node), ptr(&group->entries));
  }
  return group;
}

inline ptr<Entry> first_entry(Live w, ptr<Group> group) {
  const auto node = w.read(group->entries.next, Access::once);
  return static_cast<Entry*>(node->owner);
}

inline int sum_of_entries(Live w, ptr<Group> group) {
  int sum = 0;
  w.rcu_read_lock();
  const ptr<list_head<Live>> head(&group->entries);
  for (auto node = list_next(w, head, head, Access::dereference); node;
       node = list_next(w, node, head, Access::dereference)) {
    sum += w.read(static_cast<Entry*>(node->owner)->value, Access::plain);
  }
  w.rcu_read_unlock();
  return sum;
}

/// One removal while a reader walks; `wait` stands for what the updater does before it frees.
inline void remove_first(Live w, const std::function<void(Live)>& wait) {
  const auto group = make_group(w, 2);
  w.declare({"reader", ActorKind::hardirq, {}, [w, group] { sum_of_entries(w, group); }});
  w.declare({"updater", ActorKind::process, {}, [w, group, wait] {
               const auto entry = first_entry(w, group);
               w.mutex_lock(group->lock);
               list_del_rcu(w, ptr(&entry->node));
               w.mutex_unlock(group->lock);
               wait(w);
               w.kfree(entry);
             }});
  w.run_actors();
}

/// Runs one actor and returns what was found.
inline std::vector<Finding> findings_of(ActorKind kind, const std::function<void(Live)>& body) {
  LiveRun run(untraced(300'000'000));
  run.run_once([&](Live w) {
    w.declare({"actor", kind, {}, [w, body] { body(w); }});
    w.run_actors();
    w.check_end_of_run();
  });
  return run.result().findings;
}

inline FindingKind only_kind(const std::vector<Finding>& findings) {
  EXPECT_EQ(findings.size(), 1u) << kinds_of(findings);
  return findings.empty() ? FindingKind::error : findings[0].kind;
}

}  // namespace rcuscope
