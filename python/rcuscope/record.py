# SPDX-License-Identifier: LGPL-2.1-or-later
"""`rcuscope record`: the live runs of a program, or what a kernel does while it runs."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from rcuscope import _core, kernel_record
from rcuscope.live import RECORD_VARIABLE

EXAMPLES: Final = (
    "rcuscope record -- python3 my_scenarios.py",
    "rcuscope record --kernel --output removal.dat -- sh remove_devices.sh",
)
_EXIT_MISSED: Final = 1
_EXIT_UNREADABLE: Final = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument(
        "--output",
        metavar="PATH",
        help="a new folder for the traces, default rcuscope-record; with --kernel a .dat file, "
        "default rcuscope-kernel.dat",
    )
    parser.add_argument(
        "--kernel", action="store_true", help="record this machine's kernel with trace-cmd"
    )
    parser.add_argument(
        "--tracefs", metavar="DIR", help="of --kernel; default: where the kernel mounts it"
    )
    parser.add_argument(
        "program", nargs=argparse.REMAINDER, metavar="-- COMMAND", help="what to run meanwhile"
    )


def _run_program(program: list[str], environment: dict[str, str], *, stdout: int | None) -> int:
    """Its exit status, as a shell tells it. Ctrl-C reaches the program, too, and it decides."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with subprocess.Popen(
            program,
            env=environment,
            stdout=stdout,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        ) as process:
            status = process.wait()
    finally:
        signal.signal(signal.SIGINT, before)
    return status if status >= 0 else 128 - status


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


def _trace_record(path: Path) -> dict[str, Any]:
    """What a recording holds. One that was cut off is mended in its place."""
    from rcuscope.trace import load  # noqa: PLC0415  not needed by most programs

    try:
        trace, is_cut_off = load(path), False
    except _core.TraceFormatError:
        try:
            trace, is_cut_off = load(path, recover=True), True
        except (_core.TraceFormatError, OSError) as error:
            return {"path": str(path), "error": str(error)}
        trace.save(path)
    return {
        "path": str(path),
        "scenario": trace.metadata.get("scenario", ""),
        "events": len(trace),
        "events_lost": trace.events_lost,
        "cut_off": is_cut_off,
    }


def _line(record: dict[str, Any]) -> str:
    if "error" in record:
        return f"{record['path']}: {record['error']}"
    cut_off = ", cut off with its process" if record["cut_off"] else ""
    return f"{record['path']}: {record['events']} events, {record['events_lost']} lost{cut_off}"


def _record_program(program: list[str], folder: Path, *, as_json: bool) -> int:
    if not program:
        raise _core.UsageError("give the program to record: rcuscope record -- python3 FILE.py")
    if folder.exists():
        raise _core.UsageError(f"--output: {folder} exists; expected a new folder")
    folder.mkdir(parents=True)
    environment = {**os.environ, RECORD_VARIABLE: str(folder.resolve())}
    try:
        # JSON has stdout for itself.
        status = _run_program(program, environment, stdout=2 if as_json else None)
    except OSError:
        folder.rmdir()
        raise
    records = [_trace_record(path) for path in sorted(folder.glob("*.ctf"))]
    if not any(folder.iterdir()):
        folder.rmdir()  # else the next recording would find it in its way
    if as_json:
        _say(json.dumps({"status": status, "traces": records}, indent=2))
    else:
        lines = [_line(record) for record in records]
        _say("\n".join(lines or ["nothing was recorded: the program made no live run"]))
    if status != 0:
        return status
    if any("error" in record for record in records):
        return _EXIT_UNREADABLE
    return 0 if records else _EXIT_MISSED


def command(arguments: argparse.Namespace) -> int:
    """Runs the command as it was parsed; returns the exit status, the program's own if not 0."""
    program = arguments.program[1:] if arguments.program[:1] == ["--"] else arguments.program
    sys.stdout.flush()
    if arguments.kernel:
        output = Path(arguments.output or "rcuscope-kernel.dat")
        tracefs = None if arguments.tracefs is None else Path(arguments.tracefs)
        return kernel_record.run(program, output, tracefs=tracefs, as_json=arguments.json)
    if arguments.tracefs is not None:
        raise _core.UsageError("--tracefs is for --kernel")
    folder = Path(arguments.output or "rcuscope-record")
    return _record_program(program, folder, as_json=arguments.json)
