# SPDX-License-Identifier: LGPL-2.1-or-later
"""The catalogue as a whole: every row of the what-ifs is there, listed, documented and explored."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import rcuscope as rs
from rcuscope import survey

RunCli = Callable[..., "CompletedProcess[str]"]

PAGE = Path(__file__).parents[2] / "docs" / "catalogue.md"

# The rows of the table of what-ifs.
_ROW_TEXT = """
0 0b 1 2 2b 3 3b 4 4b 4c 5 6 7 8 9 10 11 11b 12 12b 12c 13 13b 13c 14 15 16 16c 17 18 19 19b
20 20b 21 21b 21c 21d 21e 21f 22 22b 23b 25 26b 27 28 29 29b 30 32 33 34 35 36 36b 37 38 41 42 43
44 45 46 47
"""
ROWS = _ROW_TEXT.split()
RULES = (1, 2, 3, 4, 5, 6, 7, 9, 11, 12, 13, 14, 16, 17)


@pytest.mark.parametrize("name", rs.catalogue)
def test_verdict_is_the_expected_one(name: str) -> None:
    scenario = rs.catalogue[name]
    verdict = rs.explore(name)
    announced = {*scenario.also, *({scenario.expect} - {"SAFE", "UNKNOWN"})}
    assert {finding.kind for finding in verdict.findings} == announced
    assert verdict.meets(scenario.expect)
    assert verdict.exhaustive


def test_every_row_has_a_scenario() -> None:
    facts = {scenario.fact for scenario in rs.catalogue.values()}
    assert set(ROWS) <= facts
    assert {f"checklist {rule}" for rule in RULES} <= facts


def test_every_rule_is_broken_once_and_kept_once() -> None:
    for rule in RULES:
        expected = {
            scenario.expect == "SAFE"
            for scenario in rs.catalogue.values()
            if scenario.fact == f"checklist {rule}"
        }
        assert expected == {True, False}, rule


def test_list_groups_by_theme(run_cli: RunCli) -> None:
    text = run_cli("list").stdout
    for theme, scenarios in survey.scenarios_by_theme().items():
        block = text.partition(theme)[2].partition("\n\n")[0]
        assert [line.split()[0] for line in block.splitlines() if line] == [
            scenario.name for scenario in scenarios
        ]


def test_explore_all(run_cli: RunCli) -> None:
    done = run_cli("explore", "--all")
    assert done.returncode == 0, done.stdout
    assert f"{len(rs.catalogue)} of {len(rs.catalogue)} scenarios as expected" in done.stdout
    assert "NOT AS EXPECTED" not in done.stdout
    lines = done.stdout.splitlines()
    for scenario in rs.catalogue.values():
        (line,) = (line for line in lines if line.split()[:1] == [scenario.name])
        assert line.split()[1] == scenario.expect


def test_explore_all_as_json(run_cli: RunCli) -> None:
    done = run_cli("explore", "--all", "--json")
    records = json.loads(done.stdout)
    assert [record["scenario"] for record in records] == list(rs.catalogue)
    assert all(record["met"] for record in records)
    assert done.returncode == 0


def test_explore_all_misses_what_another_configuration_changes(run_cli: RunCli) -> None:
    done = run_cli("explore", "--all", "--put-device", "strict")
    assert done.returncode == 1
    (line,) = (line for line in done.stdout.splitlines() if " call_rcu_device_still_held " in line)
    assert line.endswith("sleeping_in_atomic   <-- NOT AS EXPECTED")


def test_explore_wants_one_scenario_or_all(run_cli: RunCli) -> None:
    assert "--all" in run_cli("explore").stderr
    both = run_cli("explore", "posted", "--all")
    assert both.returncode == 2
    assert "leave scenario out" in both.stderr


def test_page_has_the_tables() -> None:
    text = PAGE.read_text(encoding="utf-8")
    begin, end = "<!-- begin of `rcuscope list --markdown` -->\n", "<!-- end -->"
    tables = text.partition(begin)[2].partition(end)[0]
    assert tables.strip() == "\n".join(survey.markdown_lines()).strip(), (
        "put the output of `rcuscope list --markdown` there"
    )


def test_page_names_scenarios_that_exist() -> None:
    corrections = PAGE.read_text(encoding="utf-8").partition("## Where")[2].partition("## What")[0]
    shown_by = [line.split("|")[4] for line in corrections.splitlines() if line.startswith("| ")]
    names = {part for cell in shown_by[1:] for part in cell.split("`")[1::2]}
    assert len(names) >= 7
    assert names <= set(rs.catalogue)


# ---- the kernel's configuration
def reads_without_section(k: rs.Kernel) -> None:
    """A reader in a hardirq that relies on its context."""
    group = k.iommu_group("7")
    nic = k.device("nic")
    group.add_device(nic)

    @k.hardirq
    def isr() -> None:
        for gdev in group.for_each_device_rcu():
            k.WARN_ON(gdev.dev != nic)

    @k.process
    def unplug() -> None:
        k.device_unregister(nic)


def test_preempt_rt_turns_handlers_into_threads() -> None:
    assert rs.explore(reads_without_section).outcome == "SAFE"
    verdict = rs.explore(reads_without_section, config=rs.Config(preempt_rt=True))
    assert verdict.meets("use_after_free")
    for finding in verdict.findings:
        assert finding.trace.metadata["finding"]  # replayed under the same configuration


def test_debug_kobject_release_delays_the_release() -> None:
    def unregisters(k: rs.Kernel) -> None:
        released = k.shared("released", False)
        nic = k.device("nic", release=lambda _: k.WRITE_ONCE(released, True))

        @k.process
        def unplug() -> None:
            k.device_unregister(nic)
            k.WARN_ON(not k.READ_ONCE(released))

    assert rs.explore(unregisters).outcome == "SAFE"
    late = rs.explore(unregisters, config=rs.Config(debug_kobject_release=True))
    assert late.meets("warn_on")


def test_scenario_of_the_catalogue_has_its_own_configuration() -> None:
    scenario = rs.catalogue["lookup_with_section_preempt_rt"]
    assert scenario.config == rs.Config(preempt_rt=True)
    assert str(scenario.config) == "preempt_rt=True"
    without = rs.explore("lookup_without_section_preempt_rt", config=rs.Config())
    assert {finding.kind for finding in without.findings} == {"suspicious_rcu_usage"}


def test_wrong_configuration_is_refused() -> None:
    with pytest.raises(ValueError, match="expected 'precise' or 'strict'"):
        rs.Config(put_device="lazy")
    with pytest.raises(TypeError, match="preempt_rt=1"):
        rs.Config(preempt_rt=1)  # type: ignore[arg-type]
