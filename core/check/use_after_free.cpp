// SPDX-License-Identifier: LGPL-2.1-or-later
// Accesses to freed memory, double frees, and pointers that no CPU could follow.
#include <cstdio>

#include "check/checker.h"

namespace rcuscope {
namespace {

bool is_access(OperationKind kind) {
  switch (kind) {
    case OperationKind::actor_end:
    case OperationKind::join:
    case OperationKind::allocate:
      return false;
    default:
      return true;
  }
}

std::string hexadecimal(std::uintptr_t address) {
  char text[32];
  std::snprintf(text, sizeof text, "0x%016llx", static_cast<unsigned long long>(address));
  return text;
}

class UseAfterFree final : public Observer {
 public:
  bool watches(OperationKind kind) const override { return is_access(kind); }
  void on_operation(Execution& execution, const ModelActor& actor,
                    const Operation& operation) override {
    if (operation.address == nullptr) return;
    const ObjectId id = execution.heap().find(operation.address);
    if (!id.is_valid()) return;
    const HeapObject& object = execution.heap().at(id);
    if (!object.is_freed) return;
    if (operation.kind == OperationKind::free)
      report(execution, actor, FindingKind::double_free, "BUG: KASAN: double-free in ", operation,
             id);
    else
      report(execution, actor, FindingKind::use_after_free, "BUG: KASAN: slab-use-after-free in ",
             operation, id);
  }

  void on_bad_pointer(Execution& execution, const ModelActor& actor,
                      std::uintptr_t address) override {
    const std::string at = hexadecimal(address);
    if (address == LIST_POISON1 || address == LIST_POISON2) {
      execution.report(FindingKind::list_corruption, actor.id,
                       "general protection fault, probably for non-canonical address " + at +
                           (address == LIST_POISON1 ? " (LIST_POISON1)" : " (LIST_POISON2)"),
                       at);
      return;
    }
    const std::string last = execution.location_name(actor.pending);
    execution.report(FindingKind::null_dereference, actor.id,
                     "BUG: kernel NULL pointer dereference, address: " + at,
                     last.empty() ? at : last);
  }

 private:
  static void report(Execution& execution, const ModelActor& actor, FindingKind kind,
                     std::string text, const Operation& operation, ObjectId object) {
    const std::string location = execution.location_name(operation);
    const std::string function =
        operation.place.line == 0
            ? ""
            : std::string(short_function_name(operation.place.function)) + ": ";
    execution.report(kind, actor.id,
                     text + function + std::string(to_string(operation.kind)) + " of " + location,
                     location, object);
  }
};

}  // namespace

std::unique_ptr<Observer> make_use_after_free_checker() { return std::make_unique<UseAfterFree>(); }

}  // namespace rcuscope
