// SPDX-License-Identifier: LGPL-2.1-or-later
// MemoryOrder: what the kernel's memory model orders in an execution, by vector clocks. Finds data
// races, and executions whose outcome rests on more order than that.
// Follows: Flanagan and Freund, FastTrack (PLDI 2009); order as in tools/memory-model of the kernel
// (Alglave et al., ASPLOS 2018). Deviates in that barriers that order only loads or only stores
// have clocks of their own, and that a pointer orders what is reached through it.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "check/robustness.h"
#include "check/vector_clock.h"
#include "model/execution.h"
#include "model/memory_observer.h"
#include "world/mask.h"

namespace rcuscope {

class MemoryOrder final : public MemoryObserver, private AccessGraph {
 public:
  MemoryOrder();

  bool begin(Execution& execution, std::size_t known_steps) override;
  void on_step(const ModelActor& actor) override;
  void on_operation(Execution& execution, const ModelActor& actor,
                    const Operation& operation) override;
  void on_access(Execution& execution, const ModelActor& actor,
                 const Operation& operation) override;
  void on_pointer_loaded(const Execution& execution, const ModelActor& actor,
                         const void* pointer) override;
  std::uint32_t dependency_on(const Execution& execution, const ModelActor& actor,
                              const void* pointer) override;
  void on_pointer_used(const Execution& execution, const ModelActor& actor, const void* pointer,
                       std::uint32_t dependency) override;
  std::uint32_t latest_access(const ModelActor& actor) override;
  void on_dependent(const ModelActor& actor, std::span<const std::uint32_t> loads,
                    bool is_store_only) override;
  void on_updated(Execution& execution, const ModelActor& actor, bool has_succeeded) override;
  void on_allocated(const ModelActor& actor, const void* object) override;
  void on_spawn(const ModelActor& parent, ActorId actor) override;
  void on_grace_period_start(GracePeriodId id, const ModelSrcu* domain) override;
  void on_section_end(const Execution& execution, const ModelActor& actor,
                      const ModelSrcu* domain) override;
  void on_end(Execution& execution) override;

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  /// What an actor got by following a pointer, and which of its loads that rests on.
  struct Dependency {
    ActorId actor;
    VectorClock clock;
    std::size_t load = none;   ///< That gave the pointer, if it was marked: index into events_.
    std::uint32_t before = 0;  ///< What that load's own address depended on.
  };
  /// How an actor came by its pointer to an object: index into dependencies_; 0 = by no load.
  struct Reached {
    const void* object = nullptr;
    std::uint32_t by = 0;
  };
  struct Actor {
    std::int32_t position = 0;
    VectorClock before_reads;   ///< Comes before every later load.
    VectorClock before_writes;  ///< Comes before every later store.
    VectorClock pending;        ///< What its loads saw published: for the next barrier.
    VectorClock fenced;         ///< Comes before every later store, for whoever sees that.
    VectorClock end;
    std::size_t latest_access = 0;  ///< Index into events_.
    std::vector<Reached> reached;   ///< Of one object the last one counts.
    std::vector<OrderPoint> points;
    std::vector<std::size_t> needs;        ///< Loads that the next access depends on,
    std::vector<std::size_t> store_needs;  ///< and those that it does as far as it is a store.
    std::vector<std::pair<const ModelSrcu*, std::int64_t>> closed_sections;  ///< Their number.
    std::optional<const ModelSrcu*> waited_for;  ///< Before its first operation: a grace period.
    ActorId parent;                              ///< Who made it come to be, and where.
    std::int32_t parent_position = 0;
  };
  /// Its accesses are a list, as indices into events_.
  struct Location {
    std::size_t first_access = none;
    std::size_t last_access = none;
    std::size_t latest_write = none;
    bool is_reported = false;
  };
  /// Of an object of the heap: how it came to be, while the actors ran.
  struct Birth {
    ActorId actor;
    std::int32_t position = 0;
  };

  // --- what a step has changed; undone from the last step on
  struct SavedActor {
    ActorId id;
    std::int32_t position = 0;
    std::size_t latest_access = 0;
    std::size_t reached_count = 0;
    std::size_t point_count = 0;
  };
  struct SavedSections {
    ActorId id;
    const ModelSrcu* domain = nullptr;
    std::int64_t closed = 0;
  };
  struct SavedClock {
    VectorClock* clock = nullptr;
    VectorClock value;
  };
  struct SavedBirth {
    const void* object = nullptr;
    std::optional<Birth> birth;
  };
  /// How much there was before a step.
  struct Mark {
    std::size_t events = 0;
    std::size_t dependencies = 1;
    std::size_t conflicts = 0;
    std::size_t doubts = 0;
    std::size_t reports = 0;
    std::size_t actors = 0;
    std::size_t clocks = 0;
    std::size_t births = 0;
    std::size_t sections = 0;
  };

  /// Conflicts of one execution that are looked at; with more, its outcome counts as in doubt.
  static constexpr std::size_t max_conflicts = 2'000;

  Actor& of(ActorId id) {
    const auto index = static_cast<std::size_t>(id.value);
    if (index >= actors_.size()) add_actors(index + 1);
    return actors_[index];
  }
  void set(VectorClock& clock, const VectorClock& value) {
    save(clock);
    clock = value;
  }
  void join(VectorClock& clock, const VectorClock& other) {
    if (clock.includes(other)) return;
    save(clock);
    clock.join(other);
  }
  void save(VectorClock& clock);
  void add_actors(std::size_t count);
  void save(ActorId id);
  void undo(const Mark& mark);
  void forget_access(std::size_t event);
  void doubt(const Execution& execution, std::string why);
  std::int64_t& closed_sections(ActorId id, const ModelSrcu* domain);
  void note_closed_section(ActorId id, const ModelSrcu* domain);
  VectorClock released(ActorId id);
  void acquire(ActorId id, const VectorClock& clock);
  void barrier(ActorId id, Barrier kind);
  /// Return: released(), which it has to know.
  VectorClock full_barrier(ActorId id, OrderPoint::Kind kind, const ModelSrcu* domain = nullptr);
  static bool covers(const VectorClock& clock, const AccessEvent& earlier);
  static std::uint32_t dependency(const Actor& actor, const void* object);
  static const void* object_of(const Execution& execution, const void* address);

  VectorClock& period(GracePeriodId id);
  std::vector<ReadSection> sleepable_sections(const ModelActor& actor);
  void start_actor(const Execution& execution, const ModelActor& actor);
  void end_actor(const ModelActor& actor);
  void on_lock(const ModelActor& actor, const Operation& operation);
  void on_poll(const Execution& execution, const ModelActor& actor, std::int64_t cookie);
  void on_count(Execution& execution, const ModelActor& actor, const Operation& operation);
  void on_free(Execution& execution, const ModelActor& actor, const Operation& operation);
  void learn_from_store(std::size_t event);
  std::size_t add_event(const Execution& execution, const ModelActor& actor,
                        const Operation& operation, bool reads, bool writes);
  void compare_with_earlier(Execution& execution, std::size_t later);
  void compare(Execution& execution, std::size_t earlier, std::size_t later);
  void check_birth(const Execution& execution, const void* object, std::size_t index);
  std::string describe(const AccessEvent& event, const Execution& execution) const;

  const AccessEvent& event(std::size_t index) const override { return events_[index]; }
  const std::vector<OrderPoint>& points(ActorId actor) const override {
    return actors_[static_cast<std::size_t>(actor.value)].points;
  }
  bool is_ordered(std::size_t first, std::size_t second) const override;
  bool depends_on(std::size_t later, std::size_t load) const override;
  std::optional<const ModelSrcu*> grace_period_between(std::size_t first,
                                                       std::size_t second) const override;

  std::vector<Actor> actors_;  ///< Has room for max_actors, so it never moves.
  std::vector<AccessEvent> events_;
  std::vector<Dependency> dependencies_{1};  ///< The first one stands for no dependency.
  std::vector<VectorClock> clocks_;          ///< Of each event: what comes before it.
  std::vector<VectorClock> published_;       ///< Of each event that is a store.
  std::vector<std::size_t> read_from_;       ///< Of each event that is a load: the store, or none.
  std::vector<std::size_t> overwritten_;     ///< Of each event: the store before it, or none.
  /// Of each event: the accesses to its location before and after it, or none.
  std::vector<std::pair<std::size_t, std::size_t>> neighbours_;
  std::unordered_map<const void*, std::size_t> location_ids_;
  std::vector<Location> locations_;
  std::unordered_map<const void*, VectorClock> sync_;  ///< Locks, counts, completions, names, CPUs.
  std::unordered_map<const void*, Birth> births_;
  std::deque<VectorClock> periods_;  ///< Ends of the sections that it waits for, or would have.
  std::map<const ModelSrcu*, VectorClock> ended_sections_;
  std::map<std::uint64_t, VectorClock> ended_callbacks_;  ///< By resource, as ModelActor has it.
  std::vector<std::pair<std::size_t, std::size_t>> conflicts_;

  bool is_asked_ = false;    ///< The program keeps what it is answered.
  std::vector<Mark> marks_;  ///< Of each step.
  std::vector<SavedActor> saved_actors_;
  std::vector<SavedClock> saved_clocks_;
  std::size_t clocks_of_step_ = 0;  ///< Of them: where those of the latest step begin.
  std::vector<SavedBirth> saved_births_;
  std::vector<SavedSections> saved_sections_;
  std::vector<std::string> doubts_;
  std::vector<std::size_t> reports_;  ///< Locations of data races.
};

}  // namespace rcuscope
