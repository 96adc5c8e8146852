# SPDX-License-Identifier: LGPL-2.1-or-later
"""record=: a trace that is written while the run goes on, and outlives a process that is killed."""

from __future__ import annotations

import random
import shutil
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rcuscope as rs

RunScript = Callable[..., "subprocess.CompletedProcess[str]"]

pytestmark = pytest.mark.live

ATTEMPTS = 100
HEADER = 64  # bytes of a packet's

WRITER = """
import sys, time
import rcuscope as rs
rs.workload(seconds=0.02)  # what is loaded and started once
print("ready", flush=True)
rs.workload(readers=1, seconds=60, trace=sys.argv[2], record=sys.argv[1])
"""


@pytest.mark.parametrize("level", ["full", "section", "logical"])
def test_recording_is_the_trace_of_the_run(tmp_path: Path, level: str) -> None:
    run = rs.run("posted", repeat=3, trace=level, record=tmp_path / "run.ctf")
    found = rs.load(tmp_path / "run.ctf")
    assert found == run.trace
    assert {file.name for file in (tmp_path / "run.ctf").iterdir()} == {
        "metadata",
        "events",
        "definitions",
    }


def kill_at(moment: float, path: Path, level: str) -> None:
    """Starts a recording, and kills it so many seconds after it was ready."""
    script = [sys.executable, "-c", WRITER, str(path), level]
    with subprocess.Popen(script, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(moment)
        process.kill()


def check_recovered(path: Path) -> int:
    """What must hold of a recording that was cut off; returns its number of events."""
    with pytest.raises(rs.TraceFormatError, match="recover"):
        rs.load(path)
    trace = rs.load(path, recover=True)
    assert trace.metadata["recovered"] == f"{len(trace)} events of a recording that was cut off"
    assert (np.diff(trace.events["time"]) >= 0).all()
    # Each packet but one that was cut in two is there: walk over their headers.
    content = (path / "events").read_bytes()
    at, records = 0, 0
    while at + HEADER <= len(content):
        (bits,) = struct.unpack_from("<Q", content, at + 48)
        if at + bits // 8 > len(content):
            break
        records += (bits // 8 - HEADER) // 32
        at += bits // 8
    assert len(trace) == records
    assert len(content) - at < HEADER + 2048 * 32
    return len(trace)


@pytest.mark.timeout(480)
def test_a_killed_process_leaves_a_readable_trace(tmp_path: Path) -> None:
    """100 times, at random moments of up to 0.15 s."""
    choose = random.Random(4)
    counts = []
    for attempt in range(ATTEMPTS):
        path = tmp_path / f"{attempt}.ctf"
        kill_at(choose.uniform(0, 0.15), path, ("section", "full", "logical")[attempt % 3])
        # Without metadata it was killed before it began.
        counts.append(check_recovered(path) if (path / "metadata").exists() else 0)
        shutil.rmtree(path, ignore_errors=True)
    assert sum(count > 0 for count in counts) >= ATTEMPTS * 3 // 4


def test_events_are_there_while_the_run_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "run.ctf"
    kill_at(0.5, path, "section")
    trace = rs.load(path, recover=True)
    recorded = (trace.end - trace.start) / 1e9
    assert recorded > 0.1
    assert (trace.events["kind"] == rs.EventKind.synchronize_rcu_end).sum() > 0
    assert {"reader 0", "updater 0"} <= {name for name, _, _ in trace.actors}


def test_lost_events_are_counted_in_a_killed_recording(tmp_path: Path) -> None:
    path = tmp_path / "run.ctf"
    script = WRITER.replace("readers=1", "readers=3")
    command = [sys.executable, "-c", script, str(path), "full"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(1.5)
        process.kill()
    trace = rs.load(path, recover=True)
    assert len(trace) <= 2_000_000
    assert f"{len(trace)} events" in repr(trace)
    assert (f"{trace.events_lost} lost" in repr(trace)) == (trace.events_lost > 0)


def test_command_mends_a_recording_that_was_cut_off(tmp_path: Path, run_cli: RunScript) -> None:
    path = tmp_path / "run.ctf"
    kill_at(0.3, path, "section")
    refused = run_cli("import", str(path), str(tmp_path / "mended.ctf"))
    assert refused.returncode == 2
    assert "--recover" in refused.stderr
    done = run_cli("import", str(path), str(tmp_path / "mended.ctf"), "--recover")
    assert done.returncode == 0, done.stderr
    assert len(rs.load(tmp_path / "mended.ctf")) > 0


def test_full_disk_is_an_error_of_the_run(tmp_path: Path, run_script: RunScript) -> None:
    done = run_script(
        f"""
import resource, signal
import rcuscope as rs
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    rs.workload(seconds=0.3, trace="section", record={str(tmp_path / "run.ctf")!r})
except OSError as error:
    print("events" in str(error))
"""
    )
    assert done.stdout == "True\n", done.stderr


def test_existing_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="exists; expected a new path"):
        rs.run("posted", record=tmp_path)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="expected another level"):
        rs.workload(record=tmp_path / "run.ctf")
