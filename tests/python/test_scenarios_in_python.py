# SPDX-License-Identifier: LGPL-2.1-or-later
"""The catalogue's story written in Python: the same verdicts, in both worlds."""

from __future__ import annotations

import pytest
import rcuscope as rs

VARIANTS: dict[str, tuple[rs.Variant, set[str]]] = {
    "posted": (rs.Variant(), set()),
    "no_synchronize_rcu": (rs.Variant(reclaim="none"), {"use_after_free"}),
    "call_rcu_put_device": (rs.Variant(reclaim="call_rcu"), {"sleeping_in_atomic"}),
    "queue_rcu_work_put_device": (rs.Variant(reclaim="queue_rcu_work"), set()),
    "list_del": (rs.Variant(unlink="list_del"), {"list_corruption", "data_race"}),
    "kfree_before_grace_period": (
        rs.Variant(free_gdev="before_grace_period"),
        {"use_after_free"},
    ),
    "get_device_without_put": (rs.Variant(hold_device="get_only"), {"leak"}),
    "no_device_reference": (rs.Variant(hold_device="neither"), set()),
}


@rs.scenario
def interrupt_against_unplug(k: rs.Kernel) -> None:
    """A lockless reader in an interrupt handler against hot unplug."""
    group = k.iommu_group("7")
    nic = k.device("0000:01:00.0")
    neighbour = k.device("0000:01:00.1")
    group.add_device(nic)
    group.add_device(neighbour)

    @k.hardirq("ATC time-out ISR")
    def isr() -> None:
        with k.rcu_read_side():
            gdev = group.find_device_rcu(neighbour)
            if gdev is not None:
                k.WARN_ON(gdev.dev != neighbour)

    @k.process("hot unplug")
    def unplug() -> None:
        k.device_unregister(nic)


@pytest.mark.parametrize("name", VARIANTS)
def test_same_verdict_as_the_catalogue(name: str) -> None:
    variant, expected = VARIANTS[name]
    verdict = rs.explore(interrupt_against_unplug, variant=variant)
    # 11/24 is part of a Python scenario: its worker's cancellation sleeps in the callback, too.
    assert {finding.kind for finding in verdict.findings} == expected
    assert verdict.exhaustive


def test_scenario_of_the_readme_is_safe() -> None:
    @rs.scenario
    def posted(k: rs.Kernel) -> None:
        """[PATCH v4 08/24] as posted: a lockless reader in an ISR against hot unplug."""
        group = k.iommu_group("7")
        nic = k.device("0000:01:00.0")
        group.add_device(nic)

        @k.hardirq("ATC time-out ISR")
        def isr() -> None:
            with k.rcu_read_side():
                gdev = group.find_device_rcu(nic)
                if gdev is not None:
                    k.WARN_ON(gdev.dev != nic)

        @k.process("hot unplug")
        def unplug() -> None:
            k.device_unregister(nic)

    verdict = rs.explore(posted)
    assert str(verdict).startswith("SAFE (exhaustive, sc: weak memory not checked): ")
    assert str(verdict).endswith(" executions, 0 findings")


def test_own_reader_walks_the_list() -> None:
    def walk(k: rs.Kernel) -> None:
        group = k.iommu_group("7")
        nic = k.device("0000:01:00.0")
        group.add_device(nic)

        @k.softirq("walker")
        def walker() -> None:
            with k.rcu_read_side():
                for gdev in group.for_each_device_rcu():
                    k.WARN_ON(gdev.dev is None)

        @k.process("hot unplug")
        def unplug() -> None:
            k.device_unregister(nic)

    assert rs.explore(walk).outcome == "SAFE"
    assert rs.explore(walk, variant=rs.Variant(reclaim="none")).meets("use_after_free")


def test_reader_of_the_name_hits_the_latent_defect() -> None:
    def reads_name(k: rs.Kernel) -> None:
        group = k.iommu_group("7")
        nic = k.device("0000:01:00.0")
        group.add_device(nic)

        @k.hardirq
        def isr() -> None:
            with k.rcu_read_side():
                gdev = group.find_device_rcu(nic)
                if gdev is not None:
                    k.note(gdev.name.text)

        @k.process
        def unplug() -> None:
            k.device_unregister(nic)

    assert rs.explore(reads_name).meets("use_after_free")
    fixed = rs.Variant(free_name="after_grace_period")
    assert rs.explore(reads_name, variant=fixed).outcome == "SAFE"


@pytest.mark.live
def test_runs_live_without_findings() -> None:
    run = rs.run(interrupt_against_unplug, repeat=5)
    assert run.findings == ()
    assert run.stats.repetitions == 5
    assert run.stats.grace_periods >= 5


@pytest.mark.live
def test_missing_grace_period_is_found_live_by_its_cookie() -> None:
    run = rs.run(interrupt_against_unplug, repeat=3, variant=rs.Variant(reclaim="none"))
    assert {finding.kind for finding in run.findings} == {"use_after_free"}
