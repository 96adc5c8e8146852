# SPDX-License-Identifier: LGPL-2.1-or-later
"""The whole catalogue: listed by themes, as a document, and explored against what is expected."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import rcuscope as rs
from rcuscope.progress import ProgressLine

Explore = Callable[..., rs.Verdict]

_SETTINGS: Final = ("variant", "config")


def scenarios_by_theme() -> dict[str, list[rs.Scenario]]:
    """Theme -> its scenarios, in the order in which one would tell them."""
    themes: dict[str, list[rs.Scenario]] = {}
    for scenario in rs.catalogue.values():
        themes.setdefault(scenario.theme, []).append(scenario)
    return themes


# ---- the list
def as_record(scenario: rs.Scenario) -> dict[str, Any]:
    """What is known about a scenario, as JSON has it."""
    plain = ("name", "theme", "title", "question", "expect", "reason", "explanation", "fact")
    record: dict[str, Any] = {name: getattr(scenario, name) for name in plain}
    record["also"] = list(scenario.also)
    return record | {name: str(getattr(scenario, name)) for name in _SETTINGS}


def list_lines() -> Iterator[str]:
    """The catalogue for people: a block for each theme."""
    width = max(len(name) for name in rs.catalogue)
    for theme, scenarios in scenarios_by_theme().items():
        yield theme
        for scenario in scenarios:
            yield f"  {scenario.name:{width}}  {scenario.expect:20}  {scenario.title}"
        yield ""
    yield f"{len(rs.catalogue)} scenarios; `rcuscope explore NAME` explores one, --all all of them"


def markdown_lines() -> Iterator[str]:
    """The tables of docs/catalogue.md."""
    for theme, scenarios in scenarios_by_theme().items():
        yield from (f"### {theme}", "")
        yield from (
            "| scenario | row | what it changes | expected | why |",
            "|---|---|---|---|---|",
        )
        for scenario in scenarios:
            found = ", ".join((scenario.expect or "", *scenario.also))
            cells = (f"`{scenario.name}`", scenario.fact, scenario.title, found, scenario.reason)
            yield "| " + " | ".join(cells) + " |"
        yield ""


# ---- exploring all
class Row(NamedTuple):
    """One scenario, explored."""

    scenario: rs.Scenario
    verdict: rs.Verdict
    seconds: float  # with the explanations of the findings

    @property
    def kinds(self) -> list[str]:
        """The kinds of its findings: the expected one first, then those that were announced."""
        order = [self.scenario.expect, *self.scenario.also]
        found = {finding.kind for finding in self.verdict.findings}
        return sorted(found, key=lambda kind: order.index(kind) if kind in order else len(order))

    @property
    def actual(self) -> str:
        """In one word: the outcome, or the kinds of findings."""
        return ", ".join(self.kinds) or self.verdict.outcome

    @property
    def is_met(self) -> bool:
        """Whether it is what the catalogue says, with no kind of finding more or less."""
        expect = self.scenario.expect
        announced = {*self.scenario.also, *({expect} - {"SAFE", "UNKNOWN"})}
        return self.verdict.meets(expect) and set(self.kinds) == announced

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            **json.loads(self.verdict.to_json()),
            "expect": self.scenario.expect,
            "also": list(self.scenario.also),
            "theme": self.scenario.theme,
            "met": self.is_met,
        }


def explore_all(explore: Explore) -> Iterator[Row]:
    """Explores every scenario of the catalogue; ends early when one is interrupted.

    Args:
        explore: `rs.explore` with its options; called with a scenario and a progress function.
    """
    for scenario in rs.catalogue.values():
        with ProgressLine(scenario.name) as line:
            start = time.perf_counter()
            verdict = explore(scenario, progress=line.show)
            yield Row(scenario, verdict, time.perf_counter() - start)
        if verdict.limit == "interrupted":
            return


def table_lines(rows: list[Row]) -> Iterator[str]:
    """A block for each theme, a line for each scenario, and the sum."""
    width = max(len(row.scenario.name) for row in rows)
    theme = None
    for row in rows:
        if row.scenario.theme != theme:
            theme = row.scenario.theme
            head = f"  {'scenario':{width}}  {'expected':20}  {'executions':>10}  actual"
            yield from ("", theme, head)
        mark = "" if row.is_met else "   <-- NOT AS EXPECTED"
        yield (
            f"  {row.scenario.name:{width}}  {row.scenario.expect:20}  "
            f"{row.verdict.executions:10,}  {row.actual}{mark}"
        )
    met = sum(row.is_met for row in rows)
    executions = sum(row.verdict.executions for row in rows)
    seconds = sum(row.seconds for row in rows)
    yield ""
    yield (
        f"{met} of {len(rows)} scenarios as expected; {executions:,} executions in {seconds:.1f} s "
        "(sc: weak memory not checked)"
    )
