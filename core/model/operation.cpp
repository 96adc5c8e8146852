// SPDX-License-Identifier: LGPL-2.1-or-later
// Names of operations, lists of claims that are too long for one.
#include "model/operation.h"

#include <mutex>
#include <set>

#include "model/claim_pairs.h"

namespace rcuscope {

std::string_view to_string(OperationKind kind) {
  constexpr std::string_view names[] = {"actor_start",
                                        "actor_end",
                                        "join",
                                        "read",
                                        "write",
                                        "read_modify_write",
                                        "fence",
                                        "allocate",
                                        "free",
                                        "rcu_read_lock",
                                        "rcu_read_unlock",
                                        "grace_period_start",
                                        "grace_period_end",
                                        "call_rcu",
                                        "kfree_rcu",
                                        "barrier_start",
                                        "barrier_end",
                                        "mutex_lock",
                                        "mutex_trylock",
                                        "mutex_unlock",
                                        "refcount_get",
                                        "refcount_put",
                                        "refcount_read",
                                        "queue_work",
                                        "queue_rcu_work",
                                        "wait_for_work_start",
                                        "wait_for_work_end",
                                        "enable_work",
                                        "name_add",
                                        "name_remove",
                                        "sleep",
                                        "spin_lock",
                                        "spin_trylock",
                                        "spin_unlock",
                                        "mask",
                                        "unmask",
                                        "srcu_read_lock",
                                        "srcu_read_unlock",
                                        "get_state_synchronize_rcu",
                                        "start_poll_synchronize_rcu",
                                        "poll_state_synchronize_rcu",
                                        "complete",
                                        "wait_for_completion",
                                        "cpu_relax"};
  return names[static_cast<std::uint8_t>(kind)];
}

bool have_dependent_claims(const Operation& a, const Operation& b) {
  return any_pair_of_claims(a, b,
                            [](Claim first, Claim second) { return dependent(first, second); });
}

const std::vector<Claim>* keep_claims(const std::vector<Claim>& claims) {
  static std::mutex mutex;
  static std::set<std::vector<Claim>> kept;
  const std::lock_guard guard(mutex);
  return &*kept.insert(claims).first;
}

std::string describe_difference(const Operation& before, const Operation& now) {
  const auto text_of = [](const Operation& operation) {
    constexpr const char* barriers[] = {"smp_mb", "smp_rmb", "smp_wmb"};
    if (operation.kind == OperationKind::fence)
      return std::string(barriers[static_cast<std::size_t>(operation.argument)]);
    const std::string location = operation.location;
    return std::string(to_string(operation.kind)) + (location.empty() ? location : " " + location);
  };
  const std::string expected = text_of(before), actual = text_of(now);
  if (expected == actual && before.address == now.address)
    return actual +
           " has another access, argument or context than in the execution before; the scenario's "
           "body must be deterministic";
  if (expected != actual)
    return "expected " + expected + " as in the execution before, but it publishes " + actual +
           "; the scenario's body must be deterministic";
  return actual +
         " is at another address than in the execution before; what actors share must be made "
         "once, "
         "or in set-up on the model's heap";
}

}  // namespace rcuscope
