# SPDX-License-Identifier: LGPL-2.1-or-later
"""`rcuscope explore`: one scenario, or the whole catalogue as a table.

Results go to stdout, progress and errors to stderr.
"""

from __future__ import annotations

import argparse
import functools
import json
from typing import Any

import rcuscope as rs
from rcuscope import survey
from rcuscope.cli_arguments import variant_of
from rcuscope.exit_status import EXIT_INTERRUPTED, EXIT_MET, EXIT_MISSED, EXIT_UNKNOWN
from rcuscope.loading import load_scenario
from rcuscope.progress import ProgressLine
from rcuscope.scenario import check_expectation


def _config(arguments: argparse.Namespace) -> rs.Config | None:
    """None: the scenario's own."""
    given = {
        name: getattr(arguments, name)
        for name in ("put_device", "preempt_rt", "debug_kobject_release")
        if getattr(arguments, name)
    }
    return rs.Config(**given) if given else None


def _explore_options(arguments: argparse.Namespace) -> dict[str, Any]:
    names = ("memory", "strategy", "preemption_bound", "bug_depth", "max_executions", "max_steps")
    more = ("max_seconds", "stop_on_first", "seed", "jobs")
    options = {name: getattr(arguments, name) for name in (*names, *more)}
    return {**options, "variant": variant_of(arguments), "config": _config(arguments)}


def _expected(arguments: argparse.Namespace, scenario: rs.Scenario) -> str:
    check_expectation(arguments.expect)
    return arguments.expect or scenario.expect or "SAFE"


def run(arguments: argparse.Namespace) -> int:
    """Runs the command as it was parsed.

    Returns:
        The exit status.

    Raises:
        ValueError: for a wrong argument.
        OSError: if a file cannot be read or written.
    """
    return _explore_all(arguments) if arguments.all else _explore_one(arguments)


def _explore_one(arguments: argparse.Namespace) -> int:
    if arguments.scenario is None:
        raise rs.UsageError("give a scenario, or --all for the whole catalogue")
    scenario = load_scenario(arguments.scenario)
    expect = _expected(arguments, scenario)
    options = {**_explore_options(arguments), "checkpoint": arguments.checkpoint}
    with ProgressLine(scenario.name) as line:
        verdict = rs.explore(scenario, progress=line.show, **options)
    is_met = verdict.meets(expect)
    if arguments.save and verdict.findings:
        verdict.findings[0].trace.save(arguments.save)
    if arguments.json:
        print(
            json.dumps({**json.loads(verdict.to_json()), "expect": expect, "met": is_met}, indent=2)
        )
    else:
        print(f"{scenario.name}: {verdict}")
        if verdict.cost.grace_periods:
            print(f"cost: {verdict.cost}")
        print(f"expected {expect}: {'yes' if is_met else 'no'}")
    return _exit_code(verdict, is_met)


def _explore_all(arguments: argparse.Namespace) -> int:
    for name in ("scenario", "variant", "expect", "save", "checkpoint"):
        if getattr(arguments, name) is not None:
            raise rs.UsageError(f"--all explores the catalogue as it is; leave {name} out")
    options = _explore_options(arguments)
    rows = list(survey.explore_all(functools.partial(rs.explore, **options)))
    if arguments.json:
        print(json.dumps([row.to_dict() for row in rows], indent=2))
    else:
        print("\n".join(survey.table_lines(rows)).lstrip("\n"))
    if rows[-1].verdict.limit == "interrupted":
        return EXIT_INTERRUPTED
    return EXIT_MET if all(row.is_met for row in rows) else EXIT_MISSED


def _exit_code(verdict: rs.Verdict, is_met: bool) -> int:
    if verdict.limit == "interrupted":
        return EXIT_INTERRUPTED
    if is_met:
        return EXIT_MET
    return EXIT_UNKNOWN if verdict.outcome == "UNKNOWN" else EXIT_MISSED
