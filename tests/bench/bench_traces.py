# SPDX-License-Identifier: LGPL-2.1-or-later
"""CPU time of reading a trace-cmd file, beside `trace-cmd report`, and of 10 M events as NumPy.

Usage: python tests/bench/bench_import.py FILE.dat...
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import rcuscope as rs


def cpu_seconds() -> float:
    """Of this process and of children that have ended."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def measured(work: Callable[[], object], repeat: int = 3) -> float:
    """The least CPU time of some repetitions: others use the machine too."""
    best = float("inf")
    for _ in range(repeat):
        before = cpu_seconds()
        work()
        best = min(best, cpu_seconds() - before)
    return best


def report(path: str) -> None:
    with tempfile.TemporaryFile() as output:
        subprocess.run(["trace-cmd", "report", path], stdout=output, check=True)


def bench_import(path: str) -> rs.Trace:
    trace = rs.load(path)
    own = measured(lambda: rs.load(path))
    other = measured(lambda: report(path))
    print(
        f"{Path(path).name}: {len(trace)} events; rs.load {own:.3f} s "
        f"({len(trace) / own / 1e6:.2f} M/s), trace-cmd report {other:.3f} s "
        f"({len(trace) / other / 1e6:.2f} M/s): {other / own:.1f} x"
    )
    return trace


def bench_columns(trace: rs.Trace) -> None:
    times = []
    for _ in range(200):
        before = time.perf_counter()
        columns = trace.events
        times.append(time.perf_counter() - before)
    size = sum(column.nbytes for column in columns.values())
    print(f"trace.events of {len(trace)} events ({size >> 20} MB): {min(times) * 1e6:.1f} us")


def main() -> None:
    traces = [bench_import(path) for path in sys.argv[1:]]
    if traces:
        bench_columns(max(traces, key=len))


if __name__ == "__main__":
    main()
