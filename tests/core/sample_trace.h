// SPDX-License-Identifier: LGPL-2.1-or-later
// Sample traces: one that shows every kind of mark, once safe and once with a use-after-free.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/sample_builder.h"
#include "trace/finding.h"

namespace rcuscope::sample {

/// The cast of the sample: the posted patch removes 0000:01:00.1 while interrupts walk the list.
class Story {
 public:
  explicit Story(Clock clock) : out(clock) {
    auto& b = out.builder();
    setup = b.add_actor({"main", ActorKind::main, {}});
    remover = b.add_actor({"iommu_group_remove_device", ActorKind::process, {0}});
    prober = b.add_actor({"bus_iommu_probe", ActorKind::process, {1}});
    event_queue = b.add_actor({"event queue ISR", ActorKind::hardirq, {1}});
    time_out = b.add_actor({"ATC time-out ISR", ActorKind::hardirq, {2}});
    callback = b.add_actor({"rcu_core", ActorKind::callback, {1}});
    page_request = b.add_actor({"page-request handler", ActorKind::softirq, {3}});
    kthread = b.add_actor({"rcu_gp_kthread", ActorKind::grace_period, {}});
    worker = b.add_actor({"device release work", ActorKind::kworker, {0}});
    group = b.add_object({"group 7", "iommu_group"});
    mutex = b.add_object({"group 7 mutex", "mutex"});
    list = b.add_object({"group 7 devices", "list_head"});
    const std::array<std::string, 4> names = {"0000:01:00.0", "0000:02:00.0", "0000:01:00.1",
                                              "0000:03:00.0"};
    for (std::size_t i = 0; i < names.size(); ++i) {
      devices[i] = b.add_object({names[i], "device"});
      gdevs[i] = b.add_object({"gdev " + names[i].substr(5), "group_device"});
    }
    release_work = b.add_object({"release of 0000:03:00.0", "work_struct"});
  }

  using Options = SampleBuilder::Options;

  void at(double time, ActorId actor, EventKind kind, Options options = {}) {
    out.add(time, actor, cpu_of(actor), kind, options);
  }
  void text(double time, ActorId actor, EventKind kind, std::string_view words,
            Options options = {}) {
    options.value = out.builder().intern(words).value;
    at(time, actor, kind, options);
  }

  /// One interrupt with one explicit section that walks the list.
  void interrupt(double start, double end, ActorId actor) {
    at(start - 0.4, actor, EventKind::actor_start);
    at(start, actor, EventKind::rcu_read_lock, {.value = 1, .line = 41});
    text((start + end) / 2, actor, EventKind::rcu_dereference, "group_device.list.next",
         {.object = list, .line = 42, .flags = event_flag::in_reader});
    at(end, actor, EventKind::rcu_read_unlock, {.line = 48});
    at(end + 0.4, actor, EventKind::actor_end);
  }

  void grace_period_start(double time, std::int32_t id, std::vector<ActorId> readers) {
    at(time, kthread, EventKind::grace_period_start,
       {.value = static_cast<std::int64_t>(readers.size()), .grace_period = id});
    for (ActorId reader : readers) {
      at(time, kthread, EventKind::grace_period_waits_for,
         {.value = reader.value, .grace_period = id});
    }
  }
  void quiescent(double time, std::int32_t id, ActorId reader) {
    at(time, kthread, EventKind::quiescent_state, {.value = reader.value, .grace_period = id});
  }
  void grace_period_end(double time, std::int32_t id) {
    at(time, kthread, EventKind::grace_period_end, {.grace_period = id});
  }

  /// Three members with one reference by the driver core and one by the group.
  void set_up() {
    for (std::size_t i = 0; i < 3; ++i) {
      const double t = 0.1 + 0.2 * static_cast<double>(i);
      at(t, setup, EventKind::kmalloc, {.object = gdevs[i]});
      at(t, setup, EventKind::get_device, {.object = devices[i], .value = 2});
      at(t, setup, EventKind::list_add_tail_rcu, {.object = gdevs[i], .value = list.value});
    }
  }

  /// A probe that adds 0000:03:00.0, and the callback and the work that release it later.
  void probe_and_deferred_release() {
    at(1.5, prober, EventKind::actor_start);
    at(3, prober, EventKind::mutex_lock, {.object = mutex, .line = 700});
    at(9, prober, EventKind::list_add_tail_rcu,
       {.object = gdevs[3], .value = list.value, .line = 703});
    at(12.8, prober, EventKind::mutex_unlock, {.object = mutex, .line = 706});
    at(15.7, prober, EventKind::call_rcu,
       {.value = callback.value, .grace_period = 1041, .line = 709});
    at(64, prober, EventKind::actor_end);
    at(45, callback, EventKind::callback_start, {.grace_period = 1041});
    at(48.4, callback, EventKind::queue_work, {.object = release_work, .value = worker.value});
    at(48.4, callback, EventKind::callback_end, {.grace_period = 1041});
    at(54, worker, EventKind::work_start, {.object = release_work});
    at(55, worker, EventKind::put_device, {.object = devices[3], .value = 0});
    at(55, worker, EventKind::device_release, {.object = devices[3]});
    at(61.5, worker, EventKind::work_end, {.object = release_work});
  }

  void first_grace_period() {
    interrupt(12, 22.4, page_request);
    interrupt(17, 22.4, event_queue);
    grace_period_start(18, 1041, {page_request, event_queue});
    interrupt(21, 29, time_out);
    quiescent(22.4, 1041, page_request);
    quiescent(22.4, 1041, event_queue);
    interrupt(30, 37, event_queue);
    interrupt(34, 42, page_request);
    grace_period_end(44, 1041);
  }

  void unlink() {
    at(36, remover, EventKind::actor_start);
    at(38, remover, EventKind::mutex_lock, {.object = mutex, .line = 760});
    at(45.4, remover, EventKind::list_del_rcu, {.object = gdevs[2], .line = 764});
    at(49.8, remover, EventKind::mutex_unlock, {.object = mutex, .line = 767});
  }

  void meta(std::string key, std::string value) {
    out.builder().set_metadata(std::move(key), std::move(value));
  }

  SampleBuilder out;
  ActorId setup, remover, prober, event_queue, time_out, callback, page_request, kthread, worker;
  ObjectId group, mutex, list, release_work;
  std::array<ObjectId, 4> devices, gdevs;

 private:
  CpuId cpu_of(ActorId actor) const {
    constexpr std::array<std::int32_t, 9> cpus = {-1, 0, 1, 1, 2, 1, 3, -1, 0};
    return {cpus[static_cast<std::size_t>(actor.value)]};
  }
};

/// The patch as posted: synchronize_rcu waits for the pre-existing reader, then put_device, kfree.
inline TraceStore safe_trace(Clock clock = Clock::nanoseconds) {
  Story s(clock);
  s.set_up();
  s.probe_and_deferred_release();
  s.first_grace_period();
  s.unlink();
  s.interrupt(46.7, 81.7, s.time_out);
  s.interrupt(49, 59.3, s.event_queue);
  s.at(52, s.remover, EventKind::synchronize_rcu_start, {.grace_period = 1042, .line = 769});
  s.grace_period_start(52, 1042, {s.time_out, s.event_queue});
  s.interrupt(57, 67.8, s.page_request);
  s.quiescent(59.3, 1042, s.event_queue);
  s.quiescent(81.7, 1042, s.time_out);
  s.grace_period_end(86, 1042);
  s.at(87, s.remover, EventKind::synchronize_rcu_end, {.grace_period = 1042, .line = 769});
  s.at(90.4, s.remover, EventKind::put_device, {.object = s.devices[2], .value = 1, .line = 770});
  s.interrupt(93, 101, s.event_queue);
  s.interrupt(96, 108, s.page_request);
  s.interrupt(104, 112, s.time_out);
  s.at(104.9, s.remover, EventKind::kfree, {.object = s.gdevs[2], .line = 771});
  s.at(114, s.remover, EventKind::actor_end);
  s.meta("scenario", "posted");
  s.meta("title", "patch v4 08/24, as posted");
  s.meta("world", "model");
  s.meta("verdict", "SAFE");
  s.meta("schedule", "1284 of 1284");
  return s.out.build();
}

/// The same without synchronize_rcu: the time-out interrupt reads the group_device after kfree.
inline TraceStore use_after_free_trace(Clock clock = Clock::nanoseconds) {
  Story s(clock);
  s.set_up();
  s.probe_and_deferred_release();
  s.first_grace_period();
  s.unlink();
  s.interrupt(49, 59.3, s.event_queue);
  s.at(46.3, s.time_out, EventKind::actor_start);
  s.at(46.7, s.time_out, EventKind::rcu_read_lock, {.value = 1, .line = 41});
  s.at(52, s.remover, EventKind::put_device, {.object = s.devices[2], .value = 1, .line = 769});
  s.at(58.5, s.remover, EventKind::kfree, {.object = s.gdevs[2], .line = 770});
  s.at(62, s.remover, EventKind::actor_end);
  s.text(66.2, s.time_out, EventKind::load, "gdev->dev",
         {.object = s.gdevs[2], .line = 44, .flags = event_flag::error | event_flag::in_reader});
  s.at(66.2, s.time_out, EventKind::finding,
       {.object = s.gdevs[2],
        .value = static_cast<std::int64_t>(FindingKind::use_after_free),
        .line = 44,
        .flags = event_flag::error});
  s.meta("scenario", "no_synchronize_rcu");
  s.meta("title", "what-if: no synchronize_rcu()");
  s.meta("world", "model");
  s.meta("verdict", "UNSAFE");
  s.meta("finding", "use_after_free");
  s.meta("schedule", "23 of 1284");
  s.meta("explanation",
         "ATC time-out ISR reads gdev 01:00.1 after iommu_group_remove_device freed it");
  return s.out.build();
}

}  // namespace rcuscope::sample
