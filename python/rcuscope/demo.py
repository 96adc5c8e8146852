# SPDX-License-Identifier: LGPL-2.1-or-later
"""`rcuscope demo`: the main job. The posted patch and its what-ifs explored, run live and drawn."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from pathlib import Path
from typing import Any, Final

import rcuscope as rs
from rcuscope import _core, viewer
from rcuscope.progress import ProgressLine

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


def _say(text: str = "") -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


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


def _print_matrix(verdicts: dict[str, rs.Verdict]) -> None:
    head = ("scenario", "verdict", "executions", "expected", "why")
    rows = [
        (
            name,
            _verdict_text(verdict),
            f"{verdict.executions:,}",
            "yes" if verdict.meets(rs.catalogue[name].expect) else "NO",
            rs.catalogue[name].explanation,
        )
        for name, verdict in verdicts.items()
    ]
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(4)]
    used = sum(widths) + 2 * len(widths)
    reason_width = max(40, shutil.get_terminal_size((160, 24)).columns - used)
    for row in [head, *rows]:
        name, verdict_text, executions, expected, why = row
        _say(
            f"{name:{widths[0]}}  {verdict_text:{widths[1]}}  {executions:>{widths[2]}}  "
            f"{expected:{widths[3]}}  {textwrap.shorten(why, reason_width, placeholder=' ...')}"
        )


def _microseconds(nanoseconds: int) -> str:
    return f"{nanoseconds / 1000:,.1f} us"


def _run_live(seconds: float) -> rs.Run | None:
    if not _core.has_live:
        _say("The live world is missing: this installation was built without liburcu.")
        return None
    done = rs.run("posted", seconds=seconds, trace="section", variant=rs.Variant())
    stats = done.stats
    latency = stats.grace_period
    _say(
        f"Live on liburcu (memb), real threads, {stats.repetitions:,} repetitions in {seconds:g} s:"
    )
    _say(
        f"  {stats.grace_periods:,} grace periods; synchronize_rcu took p50 "
        f"{_microseconds(latency.p50)}, p90 {_microseconds(latency.p90)}, p99 "
        f"{_microseconds(latency.p99)}, max {_microseconds(latency.max)}"
    )
    _say(
        f"  {stats.sections:,} read-side critical sections, "
        f"{stats.sections_per_second:,.0f} per second of the actors' run time"
    )
    _say(f"  {len(done.findings) or 'no'} findings, {stats.events_lost} events lost")
    return done


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


def run(output: Path, *, seconds: float, as_json: bool) -> int:
    """Runs the demonstration.

    Args:
        output: Folder for the pictures.
        seconds: Of the live run.
        as_json: Print one JSON record at the end instead of the story.

    Returns:
        0 if every verdict is as expected, else 1.
    """
    say_nothing = as_json
    stdout = sys.stdout
    if say_nothing:
        sys.stdout = _Silence()  # the record alone goes out
    try:
        _say(
            "Every schedule of [PATCH v4 08/24] against a lockless reader in an interrupt handler:"
        )
        verdicts = _explore_all()
        _print_matrix(verdicts)
        _say("(sc: sequential consistency; weak memory was not checked)\n")
        live = _run_live(seconds)
        finding = (
            verdicts[COUNTEREXAMPLE].findings[0] if verdicts[COUNTEREXAMPLE].findings else None
        )
        written: list[str] = []
        if finding is not None:
            _say(
                f"\nThe counterexample of {COUNTEREXAMPLE}:\n{textwrap.indent(str(finding), '  ')}"
            )
            written, problems = _write_pictures(finding, output)
            _say("\n".join([f"  wrote {', '.join(written)}", *(f"  {text}" for text in problems)]))
            _say(f"  {_open_viewer(finding.trace)}")
    finally:
        sys.stdout = stdout
    missed = [name for name in SCENARIOS if not verdicts[name].meets(rs.catalogue[name].expect)]
    if live is not None and live.findings:
        missed.append("posted, live")
    if as_json:
        _say(json.dumps(_as_record(verdicts, live, written, not missed), indent=2))
    elif missed:
        _say(f"\ndemo: FAILED: not as expected: {', '.join(missed)}")
    else:
        _say(f"\ndemo: done: all {len(SCENARIOS)} verdicts as expected; pictures in {output}")
    return 1 if missed else 0
