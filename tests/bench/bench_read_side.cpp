// SPDX-License-Identifier: LGPL-2.1-or-later
// Read side of the live world beside liburcu's own inline functions, mutex, rwlock, bare reads of
// the TSC and LTTng-UST. Compare rows of one run only; absolute numbers drift with clock and code
// alignment. bench_live.py does that, and starts the session that the row of LTTng-UST needs.
#include <benchmark/benchmark.h>

#if RCUSCOPE_LIVE

#include <pthread.h>

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "live/flavor.h"
#include "live/run.h"
#include "live/urcu.h"
#include "trace/recorder.h"
#include "world/list.h"

#if RCUSCOPE_LTTNG
#include "bench/lttng_provider.h"
#endif

namespace rcuscope {
namespace {

/// glibc leaves atomics out while a process has one thread: that would flatter the locks.
class SecondThread {
 public:
  SecondThread() : thread_([this] { is_over_.wait(false); }) {}
  ~SecondThread() {
    is_over_ = true;
    is_over_.notify_all();
    thread_.join();
  }

 private:
  std::atomic<bool> is_over_{false};
  std::thread thread_;
};

/// The inline pair of liburcu on a thread that is registered for as long as this lives.
class Registered {
 public:
  Registered() { live::memb_flavor.register_thread(); }
  ~Registered() { live::memb_flavor.unregister_thread(); }
};

/// Runs a benchmark loop as an actor of a run.
void as_actor(TraceLevel level, const std::function<void(Live)>& loop) {
  LiveOptions options;
  options.trace = level;
  options.event_count_max = 1'000'000;
  options.timeout = 3600'000'000'000;
  LiveRun run(options);
  run.run_once([&loop](Live w) {
    w.declare({"reader", ActorKind::process, {}, [&loop, w] { loop(w); }});
    w.run_actors();
  });
}

// --- an empty section

void section_liburcu_inline(benchmark::State& state) {
  const SecondThread second;
  std::thread([&state] {
    const Registered registered;
    for (auto _ : state) {
      _urcu_memb_read_lock();
      _urcu_memb_read_unlock();
    }
  }).join();
}
BENCHMARK(section_liburcu_inline);

void section_live(benchmark::State& state) {
  as_actor(TraceLevel::off, [&state](Live w) {
    for (auto _ : state) {
      w.rcu_read_lock();
      w.rcu_read_unlock();
    }
  });
}
BENCHMARK(section_live);

void section_pthread_mutex(benchmark::State& state) {
  const SecondThread second;
  pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  for (auto _ : state) {
    pthread_mutex_lock(&lock);
    pthread_mutex_unlock(&lock);
  }
}
BENCHMARK(section_pthread_mutex);

void section_pthread_rwlock(benchmark::State& state) {
  const SecondThread second;
  pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
  for (auto _ : state) {
    pthread_rwlock_rdlock(&lock);
    pthread_rwlock_unlock(&lock);
  }
}
BENCHMARK(section_pthread_rwlock);

// --- a section that is recorded

void two_tsc_reads(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(read_tsc());
    benchmark::DoNotOptimize(read_tsc());
  }
}
BENCHMARK(two_tsc_reads);

void section_live_traced(benchmark::State& state) {
  const auto level = static_cast<TraceLevel>(state.range(0));
  as_actor(level, [&state](Live w) {
    for (auto _ : state) {
      w.rcu_read_lock();
      w.rcu_read_unlock();
    }
  });
}
BENCHMARK(section_live_traced)
    ->ArgName("level")
    ->Arg(static_cast<int>(TraceLevel::logical))
    ->Arg(static_cast<int>(TraceLevel::section))
    ->Arg(static_cast<int>(TraceLevel::full));

#if RCUSCOPE_LTTNG
/// The inline pair with a tracepoint behind each.
void section_lttng(benchmark::State& state) {
  if (!lttng_ust_tracepoint_enabled(rcuscope_bench, section_begin)) {
    state.SkipWithError("no session of LTTng-UST is active; bench_live.py starts one");
    return;
  }
  const SecondThread second;
  std::thread([&state] {
    const Registered registered;
    std::uint64_t number = 0;
    for (auto _ : state) {
      _urcu_memb_read_lock();
      lttng_ust_tracepoint(rcuscope_bench, section_begin, ++number, 1);
      lttng_ust_tracepoint(rcuscope_bench, section_end, number, 1);
      _urcu_memb_read_unlock();
    }
  }).join();
}
BENCHMARK(section_lttng);
#endif

// --- a walk over eight devices: independent walks, which overlap in the processor, and walks that
// each need the result of the one before, as where a result decides something. Each walk is a
// function of its own, as in a program: the loop around it shall not take its registers

/// The same fields and distances as the live list's, without any protection.
struct alignas(64) PlainEntry {
  PlainEntry* next = nullptr;
  PlainEntry* prev = nullptr;
  void* owner = nullptr;
  int value = 1;
};

/// A list of eight entries, in a ring with its head.
struct PlainList {
  PlainList() {
    for (std::size_t i = 0; i < ring.size(); ++i) ring[i].next = &ring[(i + 1) % ring.size()];
    benchmark::DoNotOptimize(head);
  }
  std::array<PlainEntry, 9> ring;
  PlainEntry* head = &ring[0];
};

[[gnu::noinline]] int sum_unprotected(const PlainEntry* head) {
  int sum = 0;
  for (const PlainEntry* entry = head->next; entry != head; entry = entry->next)
    sum += entry->value;
  return sum;
}

void walk_unprotected(benchmark::State& state) {
  PlainList list;
  const bool is_dependent = state.range(0) != 0;
  for (auto _ : state) {
    benchmark::ClobberMemory();
    const int sum = sum_unprotected(list.head);
    benchmark::DoNotOptimize(sum);
    if (is_dependent) list.head += sum - 8;
  }
}
BENCHMARK(walk_unprotected)->ArgName("dependent")->Arg(0)->Arg(1);

/// The same between liburcu's own inline pair: what is left of the difference is ours.
[[gnu::noinline]] int sum_liburcu_inline(PlainEntry* head) {
  int sum = 0;
  _urcu_memb_read_lock();
  for (PlainEntry* entry = std::atomic_ref(head->next).load(std::memory_order_acquire);
       entry != head; entry = std::atomic_ref(entry->next).load(std::memory_order_acquire))
    sum += entry->value;
  _urcu_memb_read_unlock();
  return sum;
}

void walk_liburcu_inline(benchmark::State& state) {
  const SecondThread second;
  std::thread([&state] {
    const Registered registered;
    PlainList list;
    const bool is_dependent = state.range(0) != 0;
    for (auto _ : state) {
      const int sum = sum_liburcu_inline(list.head);
      benchmark::DoNotOptimize(sum);
      if (is_dependent) list.head += sum - 8;
    }
  }).join();
}
BENCHMARK(walk_liburcu_inline)->ArgName("dependent")->Arg(0)->Arg(1);

struct Entry {
  explicit Entry(int initial) : node(this), value("value", initial) {}
  list_head<Live> node;
  Live::shared<int> value;
};

[[gnu::noinline]] int sum_live(Live w, ptr<list_head<Live>> head) {
  int sum = 0;
  w.rcu_read_lock();
  for (auto entry = list_next_entry<Entry>(w, head, head, Access::dereference); entry;
       entry = list_next_entry<Entry>(w, ptr(&entry->node), head, Access::dereference))
    sum += w.read(entry->value, Access::plain);
  w.rcu_read_unlock();
  return sum;
}

void walk_live(benchmark::State& state) {
  as_actor(static_cast<TraceLevel>(state.range(0)), [&state](Live w) {
    const bool is_dependent = state.range(1) != 0;
    ptr<list_head<Live>> list = w.kzalloc<list_head<Live>>("list", "", Place::current());
    for (int i = 0; i < 8; ++i) {
      const auto entry = w.kzalloc<Entry>("entry", "", Place::current(), 1);
      list_add_tail_rcu(w, ptr(&entry->node), list);
    }
    for (auto _ : state) {
      const int sum = sum_live(w, list);
      benchmark::DoNotOptimize(sum);
      if (is_dependent) list = list.raw() + (sum - 8);
    }
  });
}
BENCHMARK(walk_live)
    ->ArgNames({"level", "dependent"})
    ->Args({static_cast<int>(TraceLevel::off), 0})
    ->Args({static_cast<int>(TraceLevel::off), 1})
    ->Args({static_cast<int>(TraceLevel::section), 0});

// --- grace periods

void synchronize_rcu_without_readers(benchmark::State& state) {
  as_actor(TraceLevel::off, [&state](Live w) {
    for (auto _ : state) w.synchronize_rcu();
  });
}
BENCHMARK(synchronize_rcu_without_readers)->UseRealTime();

}  // namespace
}  // namespace rcuscope

#endif  // RCUSCOPE_LIVE

BENCHMARK_MAIN();
