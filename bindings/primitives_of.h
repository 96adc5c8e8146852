// SPDX-License-Identifier: LGPL-2.1-or-later
// PrimitivesOf<W>: Primitives by a Kernel<W>. What differs from world to world is WorldPart<W>.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "dynamic_object.h"
#include "synchronization_of.h"

namespace rcuscope::bindings {

template <World W>
class PrimitivesOf final : public SynchronizationOf<W> {
 public:
  using Base = SynchronizationOf<W>;
  using Part = WorldPart<W>;

  explicit PrimitivesOf(ReplaceableKernel<W>& kernel) : Base(kernel) {}

  bool is_tracing() const override { return Part::is_tracing(w()); }
  ActorId current_actor() const override { return Part::current_actor(w()); }
  void declare(ActorSpec actor) override {
    actor.kind = this->kernel().kind_here(actor.kind);
    w().declare(std::move(actor));
  }
  void at_end(std::function<void()> check) override { this->kernel().at_end(std::move(check)); }
  std::uint64_t stable_hash(const void* address) const override {
    return Part::stable_hash(w(), address);
  }
  std::int64_t step_count() const override { return Part::step_count(w()); }
  std::uint32_t dependency_on(const void* pointer) override {
    return Part::dependency_on(w(), pointer);
  }
  void note_used(const void* pointer, std::uint32_t dependency) override {
    Part::note_used(w(), pointer, dependency);
  }
  std::uint32_t latest_access() override { return Part::latest_access(w()); }
  void note_dependent(std::span<const std::uint32_t> loads, bool is_store_only) override {
    Part::note_dependent(w(), loads, is_store_only);
  }
  void set_final_state(std::string state) override { Part::set_final_state(w(), std::move(state)); }
  std::string text(std::int64_t id) const override {
    return std::string(w().text({static_cast<std::int32_t>(id)}));
  }

  void memory_barrier(Barrier barrier, const Place& place) override {
    w().memory_barrier(barrier, place);
  }

  // --- heap
  void* allocate(const Layout& layout, const char* name, const std::vector<Value>& values,
                 const Place& place) override {
    for (const Value& value : values) Part::mark_escaped(w(), value.raw());
    return with_size_of(layout, [&]<std::size_t fields, std::size_t nodes>() -> void* {
      return w()
          .template kzalloc<DynamicObject<W, fields, nodes>>(name, "", place, layout, name, values)
          .raw();
    });
  }
  const Layout* layout_of(const void* object) const override {
    return static_cast<const DynamicHeader*>(object)->layout;
  }
  Location field_of(void* object, int field) const override {
    return {&field_at<W>(object, field), FieldType::value};
  }
  void kfree(void* object, const Place& place) override {
    w().kfree(ptr<char>(static_cast<char*>(object)), place);
  }
  void kfree_rcu(void* object, bool may_sleep, const Place& place) override {
    const ptr<char> freed(static_cast<char*>(object));
    may_sleep ? w().kfree_rcu_mightsleep(freed, place) : w().kfree_rcu(freed, place);
  }
  void mark_escaped(const void* object) override { Part::mark_escaped(w(), object); }
  Location make_shared(const char* name, Value initial) override {
    Part::mark_escaped(w(), initial.raw());
    return {Part::template make_static<typename W::template shared<Value>>(
                w(), Part::type_of_shared(name), "", name, initial),
            FieldType::value};
  }
  void* make_list(const char* name) override {
    return Part::template make_static<list_head<W>>(w(), "list_head", name);
  }
  void* make_kref(const char* name) override {
    return Part::template make_static<typename W::refcount>(w(), "kref", name, "", 1);
  }

  // --- counts
  int kref_get(void* kref, const Place& place) override {
    return w().refcount_inc(count_at(kref), EventKind::kref_get, place);
  }
  int kref_put(void* kref, const Place& place) override {
    return w().refcount_dec(count_at(kref), EventKind::kref_put, place);
  }
  bool kref_get_unless_zero(void* kref, const Place& place) override {
    return w().refcount_inc_not_zero(count_at(kref), EventKind::kref_get, place);
  }

  // --- lists
  void list_add(ListAdd how, Entry entry, void* head, const Place& place) override {
    const ptr<list_head<W>> node = node_of(entry);
    const ptr<list_head<W>> list(static_cast<list_head<W>*>(head));
    switch (how) {
      case ListAdd::add:
        return rcuscope::list_add(w(), node, list, place);
      case ListAdd::add_rcu:
        return rcuscope::list_add_rcu(w(), node, list, place);
      case ListAdd::add_tail:
        return rcuscope::list_add_tail(w(), node, list, place);
      case ListAdd::add_tail_rcu:
        return rcuscope::list_add_tail_rcu(w(), node, list, place);
    }
  }
  void list_delete(ListDelete how, Entry entry, const Place& place) override {
    how == ListDelete::del_rcu ? rcuscope::list_del_rcu(w(), node_of(entry), place)
                               : rcuscope::list_del(w(), node_of(entry), place);
  }
  void list_replace_rcu(Entry old_entry, Entry entry, const Place& place) override {
    rcuscope::list_replace_rcu(w(), node_of(old_entry), node_of(entry), place);
  }
  bool list_empty(void* head, const Place& place) override {
    return rcuscope::list_empty(w(), ptr<list_head<W>>(static_cast<list_head<W>*>(head)), place);
  }
  void* list_next(void*& position, void* head, Access access, const Place& place) override {
    const ptr<list_head<W>> next =
        rcuscope::list_next(w(), ptr<list_head<W>>(static_cast<list_head<W>*>(position)),
                            ptr<list_head<W>>(static_cast<list_head<W>*>(head)), access, place);
    if (!next) return nullptr;
    position = next.raw();
    return next->owner;
  }

  // --- context, log, reports
  void might_sleep(const char* what, const Place& place) override { w().might_sleep(what, place); }
  void msleep(const Place& place) override { Part::msleep(w(), place); }
  Context context() override { return w().context(); }
  void note(EventKind kind, std::string_view text, const Place& place) override {
    w().trace(kind, nullptr, w().intern(text).value, place);
  }
  void report(FindingKind kind, std::string message, const Place& place) override {
    w().report(kind, nullptr, std::move(message), place);
  }

 private:
  using Base::w;

  static typename W::refcount& count_at(void* count) {
    return *static_cast<typename W::refcount*>(count);
  }

  static ptr<list_head<W>> node_of(const Entry& entry) {
    if (entry.tag == Tag::group_device) return &static_cast<group_device<W>*>(entry.object)->list;
    return &node_at<W>(entry.object, entry.node);
  }
};

}  // namespace rcuscope::bindings
