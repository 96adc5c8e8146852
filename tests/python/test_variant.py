# SPDX-License-Identifier: LGPL-2.1-or-later
"""Variant: a value with the decisions of the core's table."""

from __future__ import annotations

import inspect
import pickle

import pytest
import rcuscope as rs

# API.md, section 4: the public names and their order; the first value is what was posted.
DECISIONS = {
    "unlink": ("list_del_rcu", "list_del"),
    "publish": ("list_add_tail_rcu", "list_add_tail"),
    "reclaim": (
        "synchronize_rcu", "none", "call_rcu", "queue_rcu_work", "kfree_rcu",
        "synchronize_rcu_expedited",
    ),
    "hold_device": ("get_and_put", "neither", "get_only", "put_only"),
    "put_device": ("after_grace_period", "before_grace_period"),
    "free_gdev": ("after_grace_period", "before_grace_period"),
    "free_name": ("before_grace_period", "after_grace_period"),
    "deinit": ("before_grace_period", "after_grace_period"),
    "free_dev_iommu": ("kfree", "kfree_rcu"),
    "free_group": ("kfree_rcu", "kfree"),
    "group_put": ("always", "if_found"),
    "finalize_loop": (
        "list_for_each_entry", "for_each_group_device", "mutex", "rcu_read_lock", "snapshot",
    ),
    "cancel_work": ("after_grace_period", "before_grace_period", "under_mutex", "none"),
    "defer_free": ("outside_mutex", "under_mutex"),
}  # fmt: skip


def test_decisions_are_those_of_the_contract() -> None:
    assert rs.Variant.choices() == DECISIONS
    assert set(rs.Variant.questions()) == set(DECISIONS)
    assert list(inspect.signature(rs.Variant).parameters) == list(DECISIONS)


def test_default_is_the_posted_patch() -> None:
    for name, choices in DECISIONS.items():
        assert getattr(rs.Variant(), name) == choices[0]
    assert str(rs.Variant()) == "posted"


def test_is_a_value() -> None:
    variant = rs.Variant(reclaim="call_rcu")
    assert variant == rs.Variant(reclaim="call_rcu")
    assert variant != rs.Variant()
    assert variant != "reclaim=call_rcu"
    assert len({variant, rs.Variant(reclaim="call_rcu"), rs.Variant()}) == 2
    assert repr(variant) == "Variant(reclaim='call_rcu')"
    assert pickle.loads(pickle.dumps(variant)) == variant
    assert rs.Variant.parse(str(variant)) == variant


def test_is_frozen_and_keyword_only() -> None:
    variant = rs.Variant()
    with pytest.raises(AttributeError, match="frozen"):
        variant.unlink = "list_del"  # type: ignore[misc]
    with pytest.raises(TypeError):
        rs.Variant("list_del")  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("decisions", "message"),
    [
        ({"unlink": "list_remove"}, "list_remove.*list_del_rcu, list_del"),
        ({"unlinked": "list_del"}, "unlinked.*unlink, publish"),
        ({"reclaim": "none", "put_device": "before_grace_period"}, "contradicts itself"),
    ],
)
def test_wrong_use_names_value_and_choices(decisions: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        rs.Variant(**decisions)


def test_unknown_attribute_lists_the_known() -> None:
    with pytest.raises(AttributeError, match="unlink"):
        _ = rs.Variant().unlinked
