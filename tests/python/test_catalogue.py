# SPDX-License-Identifier: LGPL-2.1-or-later
"""The verdicts that the project stands for, from Python."""

from __future__ import annotations

import pickle

import pytest
import rcuscope as rs

# Name -> the kinds of findings, all of them; none = SAFE.
VERDICTS: dict[str, set[str]] = {
    "posted": set(),
    "no_synchronize_rcu": {"use_after_free"},
    "call_rcu_put_device": {"sleeping_in_atomic"},
    "queue_rcu_work_put_device": set(),
    "list_del": {"list_corruption", "data_race"},
    "kfree_before_grace_period": {"use_after_free"},
    "get_device_without_put": {"leak"},
    "no_device_reference": set(),
}


@pytest.mark.parametrize("name", VERDICTS)
def test_verdict_is_the_known_one(name: str) -> None:
    verdict = rs.explore(name)
    assert {finding.kind for finding in verdict.findings} == VERDICTS[name]
    assert verdict.outcome == ("UNSAFE" if VERDICTS[name] else "SAFE")
    assert verdict.exhaustive
    assert verdict.executions > 1
    assert verdict.meets(rs.catalogue[name].expect)


@pytest.mark.parametrize("name", [name for name, found in VERDICTS.items() if found])
def test_every_finding_replays_to_itself(name: str) -> None:
    for finding in rs.explore(name).findings:
        trace = finding.trace
        assert trace.metadata["finding"] == finding.kind
        assert trace.metadata["schedule"] == finding.schedule
        assert (trace.events["kind"] == rs.EventKind.finding).sum() >= 1


def test_list_del_faults_at_the_poison() -> None:
    corruption, race = rs.explore("list_del").findings
    assert "0xdead000000000100" in corruption.message
    assert "next" in race.message  # poisoned by a plain store beside the reader's load


def test_finding_explains_who_freed_and_who_read() -> None:
    finding = rs.explore("no_synchronize_rcu").findings[0]
    assert "hot unplug" in finding.explanation
    assert "ATC time-out ISR" in finding.explanation
    assert finding.kconfig == "CONFIG_KASAN"


def test_variant_overrides_that_of_the_scenario() -> None:
    assert rs.explore("posted", variant=rs.Variant(reclaim="none")).meets("use_after_free")
    assert rs.explore("no_synchronize_rcu", variant=rs.Variant()).outcome == "SAFE"


def test_rows_tell_question_and_answer() -> None:
    assert set(VERDICTS) <= set(rs.catalogue)
    for name, scenario in rs.catalogue.items():
        assert scenario.name == name
        assert scenario.title
        assert scenario.question.endswith("?")
        assert scenario.explanation
        assert scenario.expect in {"SAFE", "UNKNOWN", *rs.FindingKind.__members__}


def test_catalogue_scenario_pickles_by_name() -> None:
    scenario = rs.catalogue["list_del"]
    assert pickle.loads(pickle.dumps(scenario)) is scenario


def test_unknown_name_suggests_one() -> None:
    with pytest.raises(rs.UsageError, match="did you mean 'posted'"):
        rs.explore("postd")


def test_body_in_cpp_cannot_be_called_from_python() -> None:
    with pytest.raises(NotImplementedError, match="posted"):
        rs.catalogue["posted"](None)  # type: ignore[arg-type]


def test_a_warning_stands_at_the_scenario_s_own_line() -> None:
    places = {
        name: finding.message
        for name in ("checklist_01_updaters_without_lock", "checklist_12_callbacks_share_counter")
        for finding in rs.explore(name, memory="sc").findings
        if finding.kind == "warn_on"
    }
    assert len(places) == 2
    assert not any("warn_on:" in message for message in places.values()), places
