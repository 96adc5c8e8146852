// SPDX-License-Identifier: LGPL-2.1-or-later
// What random actors share, and their actions on memory, names and reference counts.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "model/model.h"
#include "random_action.h"

namespace rcuscope::testing {

/// What the actors of one execution share. On the model's heap, since fields are checked there.
struct RandomObject {
  Model::shared<int> value{"value", 7};
};

struct RandomShared {
  Model::shared<int> x{"x", 0};
  Model::shared<int> y{"y", 0};
  Model::shared<ptr<RandomObject>> pointer{"pointer", nullptr};
  Model::mutex lock{"lock"};
  Model::refcount count{"count", 1};
  Model::work_struct work{"work"};
  Model::spinlock spin{"spin"};
  Model::srcu_struct srcu{"srcu"};
  Model::completion done{"done"};
  Model::shared<std::int64_t> cookie{"cookie", 0};
  Model::name_set names{"names"};
};

/// Each function returns false if the action is none of its own.
class RandomAccesses {
 public:
  RandomAccesses(Model world, ptr<RandomShared> shared, ptr<RandomObject> object,
                 const RandomActor& actor, std::shared_ptr<std::string> log)
      : w_(world), shared_(shared), object_(object), actor_(actor), log_(std::move(log)) {}

 protected:
  void see(int value) const { *log_ += std::to_string(value) + ' '; }

  static void put(const Model& w, ptr<RandomShared> shared, ptr<RandomObject> object) {
    if (w.refcount_dec(shared->count, EventKind::kref_put) == 0) w.kfree(object);
  }

  bool run_memory(Action action, int variable) const {
    auto& location = variable == 0 ? shared_->x : shared_->y;
    switch (action) {
      case Action::read:
        see(w_.read(location, Access::once));
        return true;
      case Action::write:
        w_.write(location, static_cast<int>(actor_.actions.size()) + variable, Access::once);
        return true;
      case Action::fetch_add:
        see(w_.fetch_add(location, 1, Access::full));
        return true;
      case Action::trylock: {
        const bool is_taken = w_.mutex_trylock(shared_->lock);
        see(is_taken);
        if (is_taken) w_.mutex_unlock(shared_->lock);
        return true;
      }
      case Action::use_object: {
        const auto object = w_.read(shared_->pointer, Access::dereference);
        if (object) see(w_.read(object->value, Access::plain));
        return true;
      }
      case Action::unpublish:
        w_.write(shared_->pointer, nullptr, Access::assign);
        return true;
      case Action::publish_new:
        w_.write(shared_->pointer, w_.kzalloc<RandomObject>("object", "new", Place::current()),
                 Access::assign);
        return true;
      case Action::add_name:
        see(w_.add_name(shared_->names, name(variable), EventKind::sysfs_create_link));
        return true;
      case Action::remove_name:
        see(w_.remove_name(shared_->names, name(variable), EventKind::sysfs_remove_link));
        return true;
      default:
        return false;
    }
  }

  bool run_ordered(Action action, int variable) const {
    auto& location = variable == 0 ? shared_->x : shared_->y;
    switch (action) {
      case Action::read_plain:
        see(w_.read(location, Access::plain));
        return true;
      case Action::write_plain:
        w_.write(location, 20 + variable, Access::plain);
        return true;
      case Action::load_acquire:
        see(w_.read(location, Access::acquire));
        return true;
      case Action::store_release:
        w_.write(location, 30 + variable, Access::release);
        return true;
      case Action::full_barrier:
        w_.memory_barrier(Barrier::full);
        return true;
      case Action::read_barrier:
        w_.memory_barrier(Barrier::read);
        return true;
      case Action::write_barrier:
        w_.memory_barrier(Barrier::write);
        return true;
      case Action::exchange:
        see(w_.exchange(location, 40 + variable, Access::full));
        return true;
      case Action::compare_exchange:
        see(w_.compare_exchange(location, 0, 50 + variable, Access::full));
        return true;
      default:
        return false;
    }
  }

  StringId name(int variable) const { return w_.intern(variable == 0 ? "a" : "b"); }

  bool run_count(Action action, int variable) const {
    auto& location = variable == 0 ? shared_->x : shared_->y;
    switch (action) {
      case Action::get:
        w_.refcount_inc(shared_->count, EventKind::kref_get);
        return true;
      case Action::read_count:
        see(static_cast<int>(w_.refcount_read(shared_->count)));
        return true;
      case Action::put:
        put(w_, shared_, object_);
        return true;
      case Action::get_unless_zero:
        see(w_.refcount_inc_not_zero(shared_->count, EventKind::kref_get));
        return true;
      case Action::put_if_set:
        if (w_.read(location, Access::once) != 0) put(w_, shared_, object_);
        return true;
      default:
        return false;
    }
  }

  Model w_;
  ptr<RandomShared> shared_;
  ptr<RandomObject> object_;
  const RandomActor& actor_;
  std::shared_ptr<std::string> log_;
};

}  // namespace rcuscope::testing
