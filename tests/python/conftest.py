# SPDX-License-Identifier: LGPL-2.1-or-later
"""Shared by the tests of the package."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import rcuscope as rs
from rcuscope import _core, viewer

Explore = Callable[..., rs.Verdict]
RunScript = Callable[..., "subprocess.CompletedProcess[str]"]


# A shell starts its background jobs with SIGINT ignored, and children inherit that: then no test of
# Ctrl-C could work. A process with a handler gives its children the default.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def has_viewer() -> bool:
    """Whether the viewer's program is there."""
    try:
        viewer.find_program()
    except FileNotFoundError:
        return False
    return True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of what was not built are skipped."""
    for item in items:
        if item.get_closest_marker("live") and not _core.has_live:
            item.add_marker(pytest.mark.skip(reason="built without liburcu"))
        if item.get_closest_marker("gui") and not has_viewer():
            item.add_marker(pytest.mark.skip(reason="built without the viewer"))


@pytest.fixture
def kinds() -> Callable[..., list[str]]:
    """The kinds of findings that exploring a body shows, sorted."""

    def explore(body: rs.Scenario | Callable[[rs.Kernel], object], **options: object) -> list[str]:
        verdict = rs.explore(body, memory="sc", **options)  # type: ignore[arg-type]
        assert verdict.exhaustive or verdict.findings, verdict.summary
        return sorted(finding.kind for finding in verdict.findings)

    return explore


@pytest.fixture
def both(kinds: Callable[..., list[str]]) -> Callable[..., list[str]]:
    """The same kinds, after a check that the live world shows none but these.

    What has only one order of operations shows all of them live, too.
    """

    def explore(body: Callable[[rs.Kernel], object]) -> list[str]:
        found = kinds(body)
        if not _core.has_live:
            return found
        run = rs.run(body, repeat=3, timeout=1)
        live = {finding.kind: finding.message for finding in run.findings}
        assert set(live) <= set(found), live
        if rs.explore(body, memory="sc").executions == 1 and "deadlock" not in found:
            assert set(live) == set(found), live
        return found

    return explore


@pytest.fixture
def run_script() -> RunScript:
    """Runs Python text in a process of its own, with a time limit."""

    def run(text: str, timeout: float = 60, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", text],
            capture_output=True,
            text=True,
            timeout=timeout,
            env={**os.environ, **environment},
            check=False,
        )

    return run


@pytest.fixture
def run_cli(tmp_path: Path) -> RunScript:
    """Runs the command line in an empty folder, without a display."""

    def run(*arguments: str, timeout: float = 100) -> subprocess.CompletedProcess[str]:
        hidden = ("DISPLAY", "WAYLAND_DISPLAY")
        environment = {name: value for name, value in os.environ.items() if name not in hidden}
        return subprocess.run(
            [sys.executable, "-m", "rcuscope", *arguments],
            capture_output=True,
            text=True,
            timeout=timeout,
            cwd=tmp_path,
            env=environment,
            check=False,
        )

    return run
