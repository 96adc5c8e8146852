# SPDX-License-Identifier: LGPL-2.1-or-later
"""`rcuscope demo`: the main job. The posted patch and its what-ifs explored, run live and drawn."""

from __future__ import annotations

import json
import sys
import textwrap
from pathlib import Path
from typing import Any, Final

import rcuscope as rs
from rcuscope import _core, viewer
from rcuscope.progress import ProgressLine
from rcuscope.scenario import check_number

SCENARIOS: Final = (
    "posted",
    "no_synchronize_rcu",
    "call_rcu_put_device",
    "queue_rcu_work_put_device",
    "list_del",
    "kfree_before_grace_period",
    "get_device_without_put",
    "no_device_reference",
)
COUNTEREXAMPLE: Final = "no_synchronize_rcu"


def _verdict_text(verdict: rs.Verdict) -> str:
    kinds = dict.fromkeys(finding.kind for finding in verdict.findings)
    return f"{verdict.outcome}: {', '.join(kinds)}" if kinds else verdict.outcome


def _explore_all() -> dict[str, rs.Verdict]:
    verdicts = {}
    for name in SCENARIOS:
        with ProgressLine(name) as line:
            verdicts[name] = rs.explore(name, memory="sc", progress=line.show)
        if verdicts[name].limit == "interrupted":
            raise KeyboardInterrupt
    return verdicts


def _matrix(verdicts: dict[str, rs.Verdict]) -> list[str]:
    """The table of what-ifs, a line each."""
    head = ("scenario", "verdict", "executions", "expected", "why")
    rows = [
        (
            name,
            _verdict_text(verdict),
            f"{verdict.executions:,}",
            "yes" if verdict.meets(rs.catalogue[name].expect) else "NO",
            rs.catalogue[name].reason,
        )
        for name, verdict in verdicts.items()
    ]
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(4)]
    return [
        f"{name:{widths[0]}}  {verdict:{widths[1]}}  {executions:>{widths[2]}}  "
        f"{expected:{widths[3]}}  {why}"
        for name, verdict, executions, expected, why in [head, *rows]
    ]


def _live_lines(done: rs.Run, seconds: float) -> list[str]:
    """The numbers of the live run in words."""
    stats = done.stats
    repetitions = f"{stats.repetitions:,} repetitions in {seconds:g} s"
    grace_periods = stats.grace_period.told("grace periods", "synchronize_rcu")
    sections = (
        f"{stats.sections:,} read-side critical sections, "
        f"{stats.sections_per_second:,.0f} per second of the actors' run time"
    )
    delay = stats.callback_delay
    callbacks = (
        f"kfree_rcu freed {delay.count:,} times, p50 {delay.p50 / 1000:,.1f} us after the call: "
        "liburcu's thread looks for work every 10 ms"
        if delay.count
        else "kfree_rcu freed nothing"
    )
    findings = f"{len(done.findings) or 'no'} findings, {stats.events_lost} events lost"
    return [
        f"Live on liburcu (memb), real threads, {repetitions}:",
        *(f"  {line}" for line in (grace_periods, sections, callbacks, findings)),
    ]


def _write_pictures(finding: rs.Finding, output: Path) -> tuple[list[str], list[str]]:
    """Returns the files that were written, and what could not be."""
    output.mkdir(parents=True, exist_ok=True)
    stem = output / COUNTEREXAMPLE
    trace = finding.trace
    trace.save(stem.with_suffix(".ctf"))
    trace.to_svg(stem.with_suffix(".svg"))
    written = [str(stem.with_suffix(".ctf")), str(stem.with_suffix(".svg"))]
    try:
        trace.to_png(stem.with_suffix(".png"))
    except FileNotFoundError as error:
        return written, [f"no PNG: {error}"]
    return [*written, str(stem.with_suffix(".png"))], []


def _open_viewer(trace: rs.Trace) -> str:
    if not viewer.has_display():
        return "there is no display, so the viewer stays closed"
    try:
        trace.view()
    except OSError as error:
        return f"the viewer did not open: {error}"
    return "the viewer shows it now"


def _as_record(
    verdicts: dict[str, rs.Verdict], live: rs.Run | None, written: list[str], is_met: bool
) -> dict[str, Any]:
    return {
        "verdicts": [
            {
                **json.loads(verdict.to_json()),
                "expect": rs.catalogue[name].expect,
                "met": verdict.meets(rs.catalogue[name].expect),
            }
            for name, verdict in verdicts.items()
        ],
        "live": None if live is None else json.loads(live.to_json()),
        "written": written,
        "met": is_met,
    }


class _Story:
    """Prints the parts as they come; with --json only the record at the end."""

    def __init__(self, *, is_told: bool) -> None:
        self._is_told = is_told

    def say(self, *lines: str) -> None:
        if self._is_told:
            sys.stdout.write("\n".join(lines) + "\n")
            sys.stdout.flush()

    def explore(self) -> dict[str, rs.Verdict]:
        self.say(
            "Every schedule of [PATCH v4 08/24] against a lockless reader in an interrupt handler:"
        )
        verdicts = _explore_all()
        self.say(*_matrix(verdicts), "(sc: sequential consistency; weak memory not checked)", "")
        return verdicts

    def run_live(self, seconds: float) -> rs.Run | None:
        if not _core.has_live:
            self.say(
                "No live run: this installation was built without liburcu. Install liburcu-dev",
                "(Debian, Ubuntu) and build again.",
                "",
            )
            return None
        done = rs.run("posted", seconds=seconds, trace="section")
        self.say(*_live_lines(done, seconds), "")
        return done

    def draw(self, findings: tuple[rs.Finding, ...], output: Path) -> list[str]:
        if not findings:
            return []
        finding = findings[0]
        self.say(f"The counterexample of {COUNTEREXAMPLE}:", textwrap.indent(str(finding), "  "))
        written, problems = _write_pictures(finding, output)
        self.say(f"  wrote {', '.join(written)}", *(f"  {problem}" for problem in problems))
        self.say(f"  {_open_viewer(finding.trace)}", "")
        return written


def run(output: Path, *, seconds: float, as_json: bool) -> int:
    """Runs the demonstration.

    Args:
        output: Folder for the pictures.
        seconds: Of the live run.
        as_json: Print one JSON record at the end instead of the story.

    Returns:
        0 if every verdict is as expected, else 1.
    """
    check_number("seconds", seconds)  # before the story, not in the middle of it
    output.mkdir(parents=True, exist_ok=True)
    story = _Story(is_told=not as_json)
    verdicts = story.explore()
    live = story.run_live(seconds)
    written = story.draw(verdicts[COUNTEREXAMPLE].findings, output)
    missed = [name for name in SCENARIOS if not verdicts[name].meets(rs.catalogue[name].expect)]
    if live is not None and live.findings:
        missed.append("posted, live")
    if missed:
        story.say(f"demo: FAILED: not as expected: {', '.join(missed)}")
    else:
        story.say(f"demo: all {len(SCENARIOS)} verdicts as expected; pictures in {output}")
    if as_json:
        record = _as_record(verdicts, live, written, not missed)
        sys.stdout.write(json.dumps(record, indent=2) + "\n")
    return 1 if missed else 0
