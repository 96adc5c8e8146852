// SPDX-License-Identifier: LGPL-2.1-or-later
// A live trace of any size: readers, updaters and grace periods in sixteen lanes, as a workload
// makes it, but at once and always the same.
#pragma once

#include <array>
#include <string>
#include <utility>

#include "base/random.h"
#include "trace/store.h"

namespace rcuscope::bench {

/// Lanes of the trace: fifteen actors and the lane of grace periods.
inline constexpr std::int32_t reader_count = 12, updater_count = 3, device_count = 8;

class LargeTrace {
 public:
  explicit LargeTrace(std::size_t event_count) : event_count_(event_count) {
    for (std::int32_t i = 0; i < reader_count; ++i) {
      const ActorKind kind = i % 3 == 0 ? ActorKind::hardirq : ActorKind::process;
      names_.actors.push_back({"reader " + std::to_string(i), kind, CpuId{i}});
    }
    for (std::int32_t i = 0; i < updater_count; ++i) {
      names_.actors.push_back(
          {"updater " + std::to_string(i), ActorKind::process, CpuId{reader_count + i}});
    }
    names_.objects.push_back({"7", "iommu_group"});
    names_.objects.push_back({"group 7 mutex", "mutex"});
    for (std::int32_t i = 0; i < device_count; ++i) {
      names_.objects.push_back({"0000:01:00." + std::to_string(i), "group_device"});
    }
    names_.strings.push_back("gdev->dev");
    names_.metadata["world"] = "live";
    names_.metadata["title"] = "workload";
    reserve();
  }

  TraceStore build() {
    while (columns_.time.size() < event_count_) {
      const auto actor = static_cast<std::int32_t>(random_.below(reader_count * 4 + updater_count));
      actor < reader_count * 4 ? read(actor % reader_count) : update(actor - reader_count * 4);
    }
    return TraceStore(Clock::nanoseconds, std::move(columns_), std::move(names_), 0);
  }

 private:
  struct Updater {
    std::int32_t step = 0;
    std::int32_t device = 0;
    std::int32_t grace_period = 0;
  };

  void reserve() {
    columns_.time.reserve(event_count_ + 8);
    columns_.kind.reserve(event_count_ + 8);
    columns_.actor.reserve(event_count_ + 8);
    columns_.cpu.reserve(event_count_ + 8);
    columns_.object.reserve(event_count_ + 8);
    columns_.grace_period.reserve(event_count_ + 8);
    columns_.value.reserve(event_count_ + 8);
    columns_.flags.reserve(event_count_ + 8);
  }

  void add(EventKind kind, std::int32_t actor, std::int32_t object = -1,
           std::int32_t grace_period = -1, std::int64_t value = -1) {
    now_ += 20 + static_cast<Timestamp>(random_.below(160));
    columns_.time.push_back(now_);
    columns_.kind.push_back(static_cast<std::uint16_t>(kind));
    columns_.actor.push_back(actor);
    columns_.cpu.push_back(actor);
    columns_.object.push_back(object);
    columns_.grace_period.push_back(grace_period);
    columns_.value.push_back(value);
    columns_.flags.push_back(0);
  }

  void read(std::int32_t reader) {
    std::int32_t& step = reader_steps_[static_cast<std::size_t>(reader)];
    const auto device = static_cast<std::int32_t>(random_.below(device_count));
    if (step == 0) add(EventKind::rcu_read_lock, reader, -1, -1, 1);
    if (step == 1) add(EventKind::rcu_dereference, reader, 2 + device, -1, 0);
    if (step == 2) add(EventKind::rcu_read_unlock, reader, -1, -1, 0);
    step = (step + 1) % 3;
  }

  void update(std::int32_t updater) {
    Updater& u = updaters_[static_cast<std::size_t>(updater)];
    const std::int32_t actor = reader_count + updater;
    switch (u.step) {
      case 0:
        if (mutex_owner_ >= 0) return;
        mutex_owner_ = actor;
        u.device = 2 + static_cast<std::int32_t>(random_.below(device_count));
        add(EventKind::mutex_lock, actor, 1);
        break;
      case 1:
        add(EventKind::list_del_rcu, actor, u.device);
        break;
      case 2:
        mutex_owner_ = -1;
        add(EventKind::mutex_unlock, actor, 1);
        break;
      case 3:
        u.grace_period = next_grace_period_++;
        add(EventKind::synchronize_rcu_start, actor, -1, u.grace_period, 0);
        add(EventKind::grace_period_start, -1, -1, u.grace_period, 1);
        add(EventKind::grace_period_waits_for, -1, -1, u.grace_period,
            static_cast<std::int64_t>(random_.below(reader_count)));
        break;
      case 8:
        add(EventKind::quiescent_state, -1, -1, u.grace_period,
            static_cast<std::int64_t>(random_.below(reader_count)));
        add(EventKind::grace_period_end, -1, -1, u.grace_period);
        add(EventKind::synchronize_rcu_end, actor, -1, u.grace_period);
        break;
      case 9:
        add(EventKind::put_device, actor, u.device, -1, 1);
        break;
      case 10:
        add(EventKind::kfree, actor, u.device);
        break;
      case 11:
        add(EventKind::kmalloc, actor, u.device);
        break;
      case 12:
        add(EventKind::list_add_tail_rcu, actor, u.device, -1, 0);
        break;
      default:
        break;  // the grace period goes on
    }
    u.step = (u.step + 1) % 13;
  }

  std::size_t event_count_;
  TraceNames names_;
  TraceColumns columns_;
  Random random_{7};
  Timestamp now_ = 0;
  std::array<std::int32_t, reader_count> reader_steps_{};
  std::array<Updater, updater_count> updaters_{};
  std::int32_t mutex_owner_ = -1;
  std::int32_t next_grace_period_ = 1;
};

}  // namespace rcuscope::bench
