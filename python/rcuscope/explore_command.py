# SPDX-License-Identifier: LGPL-2.1-or-later
"""`rcuscope explore`: one scenario, or the whole catalogue as a table.

Results go to stdout, progress and errors to stderr.
"""

from __future__ import annotations

import argparse
import functools
import json
import sys
from typing import Any, Final

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


# What only some strategies use.
_SAMPLING: Final = {"seed": ("random", "pct"), "bug_depth": ("pct",)}


def _sampling_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """Those that were given; none is left out in silence."""
    given = {
        name: getattr(arguments, name) for name in _SAMPLING if getattr(arguments, name) is not None
    }
    for name, value in given.items():
        if arguments.strategy not in _SAMPLING[name]:
            option, expected = name.replace("_", "-"), " or ".join(_SAMPLING[name])
            raise rs.UsageError(
                f"--{option} {value} with --strategy {arguments.strategy}: expected --strategy "
                f"{expected}"
            )
    return given


def _explore_options(arguments: argparse.Namespace) -> dict[str, Any]:
    names = ("memory", "strategy", "preemption_bound", "max_executions", "max_steps")
    more = ("max_seconds", "stop_on_first", "jobs")
    options = {name: getattr(arguments, name) for name in (*names, *more)}
    options |= _sampling_options(arguments)
    return {**options, "variant": variant_of(arguments), "config": _config(arguments)}


def _is_endless(arguments: argparse.Namespace) -> bool:
    """Sampling never exhausts: without a limit, only Ctrl-C ends it."""
    limits = (arguments.max_executions, arguments.max_seconds, arguments.stop_on_first or None)
    return arguments.strategy in _SAMPLING["seed"] and all(limit is None for limit in limits)


_LIMITS: Final = "--max-executions, --max-seconds or --stop-on-first"


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
    if _is_endless(arguments):
        print(
            f"{scenario.name}: --strategy {arguments.strategy} goes on until Ctrl-C; give "
            f"{_LIMITS} to end it",
            file=sys.stderr,
            flush=True,
        )
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
        if arguments.save and not verdict.findings:
            print(f"no counterexample to write into {arguments.save}")
    return _exit_code(verdict, is_met)


def _explore_all(arguments: argparse.Namespace) -> int:
    for name in ("scenario", "variant", "expect", "save", "checkpoint"):
        if getattr(arguments, name) is not None:
            raise rs.UsageError(f"--all explores the catalogue as it is; leave {name} out")
    if _is_endless(arguments):
        raise rs.UsageError(
            f"--all with --strategy {arguments.strategy} would never come to the second scenario; "
            f"give {_LIMITS}"
        )
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
