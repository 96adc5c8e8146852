# SPDX-License-Identifier: LGPL-2.1-or-later
"""One search as a check of a test: its options, and what a failure prints and writes."""

from __future__ import annotations

import inspect
import re
import shlex
import zlib
from pathlib import Path
from typing import Any, Final

import pytest
import rcuscope as rs
from rcuscope.html import report_page
from rcuscope.scenario import as_scenario, check_expectation
from rcuscope.text_timeline import text_timeline

_NOT_HERE: Final = (
    "of the fixture explore and of @pytest.mark.rcuscope: options of rcuscope.explore"
)


def _known() -> set[str]:
    """The options that a mark may set."""
    return {"expect", *inspect.signature(rs.explore).parameters} - {"scenario"}


def _options(node: pytest.Item, given: dict[str, Any]) -> dict[str, Any]:
    """Of the command line, then of the marks from the outermost on, then of the call."""
    found: dict[str, Any] = {}
    for name in ("jobs", "memory"):
        value = node.config.getoption(f"rcuscope_{name}")
        if value is not None:
            found[name] = value
    for mark in reversed(list(node.iter_markers("rcuscope"))):
        if mark.args:
            raise pytest.UsageError(
                f"{node.nodeid}: @pytest.mark.rcuscope{mark.args!r}: expected keyword arguments, "
                f"{_NOT_HERE}, and expect="
            )
        if unknown := mark.kwargs.keys() - _known():
            raise pytest.UsageError(
                f"{node.nodeid}: @pytest.mark.rcuscope({min(unknown)}=...): expected some of "
                f"{', '.join(sorted(_known()))}"
            )
        found |= mark.kwargs
    return found | given


def explore_for(
    node: pytest.Item, scenario: Any, given: dict[str, Any], *, pytrace: bool
) -> rs.Verdict:
    """Explores and fails the test unless the expectation is met.

    Args:
        node: The test.
        scenario: As for `rcuscope.explore`.
        given: Options of the call; they win.
        pytrace: Show the line of the test that called.

    Returns:
        The verdict that met it.

    Raises:
        ValueError: for a wrong option.
        TypeError: for an unknown one.
    """
    __tracebackhide__ = True
    options = _options(node, given)
    explored = as_scenario(scenario)
    expect = options.pop("expect", None) or explored.expect or "SAFE"
    check_expectation(expect)
    verdict = rs.explore(explored, **options)
    if verdict.limit == "interrupted":
        raise KeyboardInterrupt
    if verdict.meets(expect):
        return verdict
    text = failure_text(verdict, expect, options)
    folder = node.config.getoption("rcuscope_html")
    if folder:
        try:
            text += f"\nreport: {write_report(Path(folder), node.nodeid, verdict, text)}"
        except OSError as error:  # the finding matters more than its picture
            text += f"\nno report: {error}"
    pytest.fail(text, pytrace=pytrace)


def failure_text(verdict: rs.Verdict, expect: str, options: dict[str, Any]) -> str:
    """What was expected and found, a timeline of the first finding, and how to replay it."""
    parts = [f"{verdict.scenario}: expected {expect}, found {verdict}"]
    if verdict.limit:
        parts.append(f"limit: {verdict.limit}")
    if verdict.findings:
        finding = verdict.findings[0]
        parts += ["", text_timeline(finding.trace), "", f"replay: {_replay_line(verdict, options)}"]
    return "\n".join(parts)


def _replay_line(verdict: rs.Verdict, options: dict[str, Any]) -> str:
    """A command if the command line can find the scenario, else a line of Python."""
    schedule = verdict.findings[0].schedule
    origin = verdict.origin
    scenario = None if origin is None else origin.scenario
    if scenario is None:
        return schedule
    variant = "" if verdict.variant == scenario.variant else str(verdict.variant)
    config = options.get("config")
    if config is None and (scenario.body is None or _is_found(scenario)):
        code = getattr(scenario.body, "__code__", None)
        file = "" if code is None else f"{_shortest(code.co_filename)}::"
        words = ["rcuscope", "replay", f"{file}{scenario.name}", schedule]
        return shlex.join([*words, "--variant", variant] if variant else words)
    more = f", variant=rcuscope.Variant.parse({variant!r})" if variant else ""
    more += f", config=rcuscope.{config!r}" if config is not None else ""
    return f"rcuscope.replay({scenario.name}, {schedule!r}{more})"


def _is_found(scenario: rs.Scenario) -> bool:
    """Whether the command line finds it in its file: it stands at the file's top level."""
    return hasattr(scenario.body, "__code__") and scenario.__qualname__.isidentifier()


def _shortest(path: str) -> str:
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except ValueError:
        return path


def write_report(folder: Path, nodeid: str, verdict: rs.Verdict, text: str) -> Path:
    """An HTML page of a failure, named after the test.

    Returns:
        Its path.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stem = re.sub(r"[^A-Za-z0-9_.-]+", "-", nodeid).strip("-.")[-120:]
    trace = verdict.findings[0].trace if verdict.findings else None
    page = report_page(f"{nodeid}: {verdict.outcome}", text, trace)
    path = folder / f"{stem}-{zlib.crc32(nodeid.encode()):08x}.html"  # names may differ in / only
    path.write_text(page, encoding="utf-8")
    return path
