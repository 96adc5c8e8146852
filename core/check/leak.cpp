// SPDX-License-Identifier: LGPL-2.1-or-later
// Leaks: what is still allocated at the end though nothing reaches it (API.md 5). Follows the idea
// of LeakSanitizer: objects are searched for words that are addresses of objects; but the roots are
// known.
#include <cstring>

#include "check/checker.h"

namespace rcuscope {
namespace {

class Leak final : public Observer {
 public:
  bool watches(OperationKind) const override { return false; }
  void on_end(Execution& execution) override {
    ModelHeap& heap = execution.heap();
    const std::vector<bool> is_reachable = reach(heap);
    for (std::size_t i = 0; i < heap.size(); ++i) {
      const ObjectId id{static_cast<std::int32_t>(i)};
      const HeapObject& object = heap.at(id);
      if (object.is_freed || !is_leaked(object, is_reachable[i])) continue;
      const std::string name = execution.object_name(id);
      execution.report(FindingKind::leak, {},
                       "unreferenced object: " + name + " is never freed" + reason(object), name,
                       id);
    }
  }

 private:
  static bool is_leaked(const HeapObject& object, bool is_reachable) {
    if (object.lifetime == Lifetime::must_be_freed) return true;
    if (object.lifetime == Lifetime::root || is_reachable) return false;
    return !object.is_from_setup || object.has_escaped;
  }

  static std::string reason(const HeapObject& object) {
    return object.lifetime == Lifetime::must_be_freed ? ": its last reference was not dropped" : "";
  }

  static bool is_root(const HeapObject& object) {
    return object.lifetime == Lifetime::root || (object.is_from_setup && !object.has_escaped);
  }

  static std::vector<bool> reach(const ModelHeap& heap) {
    std::vector<bool> is_reachable(heap.size(), false);
    std::vector<ObjectId> pending;
    for (std::size_t i = 0; i < heap.size(); ++i) {
      const ObjectId id{static_cast<std::int32_t>(i)};
      if (heap.at(id).is_freed || !is_root(heap.at(id))) continue;
      is_reachable[i] = true;
      pending.push_back(id);
    }
    while (!pending.empty()) {
      const HeapObject& object = heap.at(pending.back());
      pending.pop_back();
      for (std::size_t offset = 0; offset + sizeof(void*) <= object.bytes;
           offset += sizeof(void*)) {
        const void* word;
        std::memcpy(&word, object.start + offset, sizeof word);
        const ObjectId target = heap.find(word);
        if (!target.is_valid() || heap.at(target).is_freed) continue;
        const auto index = static_cast<std::size_t>(target.value);
        if (is_reachable[index]) continue;
        is_reachable[index] = true;
        pending.push_back(target);
      }
    }
    return is_reachable;
  }
};

}  // namespace

std::unique_ptr<Observer> make_leak_checker() { return std::make_unique<Leak>(); }

}  // namespace rcuscope
