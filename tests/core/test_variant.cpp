// SPDX-License-Identifier: LGPL-2.1-or-later
// Variant: names both ways, the posted patch as default, and contradictions that say why.
#include <gtest/gtest.h>

#include "base/error.h"
#include "iommu/variant.h"

namespace rcuscope {
namespace {

std::string reason_of_refusal(const std::string& text) {
  try {
    parse_variant(text);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Variant, default_is_the_posted_patch) {
  EXPECT_EQ(to_string(Variant{}), "posted");
  EXPECT_EQ(parse_variant("posted"), Variant{});
  EXPECT_EQ(parse_variant(""), Variant{});
  EXPECT_EQ(contradiction_in(Variant{}), "");
  for (const Decision& decision : variant_decisions())
    EXPECT_EQ(get_decision(Variant{}, decision.name), decision.values.front());
}

TEST(Variant, decisions_are_those_of_the_public_contract) {
  std::string names;
  for (const Decision& decision : variant_decisions()) names += std::string(decision.name) + ' ';
  EXPECT_EQ(names,
            "unlink publish reclaim hold_device put_device free_gdev free_name deinit "
            "free_dev_iommu free_group group_put finalize_loop cancel_work defer_free ");
  EXPECT_EQ(variant_decisions()[2].values,
            (std::vector<std::string_view>{"synchronize_rcu", "none", "call_rcu", "queue_rcu_work",
                                           "kfree_rcu", "synchronize_rcu_expedited"}));
}

TEST(Variant, every_value_changes_one_decision_and_reads_back) {
  for (const Decision& decision : variant_decisions()) {
    for (std::string_view value : decision.values) {
      Variant variant;
      set_decision(variant, decision.name, value);
      EXPECT_EQ(get_decision(variant, decision.name), value);
      EXPECT_EQ(variant == Variant{}, value == decision.values.front());
      const bool is_accepted = contradiction_in(variant).empty();
      EXPECT_TRUE(!is_accepted || parse_variant(to_string(variant)) == variant);
    }
  }
}

TEST(Variant, text_names_what_differs) {
  Variant variant;
  variant.reclaim = Variant::Reclaim::kfree_rcu;
  variant.hold_device = Variant::HoldDevice::neither;
  EXPECT_EQ(to_string(variant), "reclaim=kfree_rcu hold_device=neither");
  EXPECT_EQ(parse_variant("hold_device=neither, reclaim=kfree_rcu"), variant);
}

TEST(Variant, unknown_names_are_refused_with_the_known_ones) {
  EXPECT_NE(reason_of_refusal("reklaim=none").find("expected one of unlink, publish, reclaim"),
            std::string::npos);
  EXPECT_NE(reason_of_refusal("unlink=hlist_del").find("expected one of list_del_rcu, list_del"),
            std::string::npos);
  EXPECT_NE(reason_of_refusal("call_rcu").find("decision=value"), std::string::npos);
}

TEST(Variant, contradictions_are_refused_with_the_reason) {
  for (const char* text :
       {"reclaim=none put_device=before_grace_period", "reclaim=none free_gdev=before_grace_period",
        "reclaim=none free_name=after_grace_period", "reclaim=none cancel_work=before_grace_period",
        "reclaim=none deinit=after_grace_period", "reclaim=call_rcu deinit=after_grace_period",
        "reclaim=kfree_rcu free_gdev=before_grace_period",
        "hold_device=neither put_device=before_grace_period"})
    EXPECT_NE(reason_of_refusal(text).find("contradicts itself"), std::string::npos) << text;
  EXPECT_NE(
      reason_of_refusal("reclaim=none free_gdev=before_grace_period").find("reclaim=none has none"),
      std::string::npos);
}

TEST(Variant, every_what_if_of_the_main_job_is_accepted) {
  for (const char* text :
       {"reclaim=none", "reclaim=call_rcu", "reclaim=queue_rcu_work", "unlink=list_del",
        "free_gdev=before_grace_period", "hold_device=get_only", "hold_device=neither"})
    EXPECT_EQ(reason_of_refusal(text), "accepted") << text;
}

}  // namespace
}  // namespace rcuscope
