# SPDX-License-Identifier: LGPL-2.1-or-later
"""Import beside `trace-cmd report`, opening beside babeltrace2, and columns without a copy.

Usage: ./dev bench traces [FILE.dat...]; without files: the examples of the package.
"""

from __future__ import annotations

import itertools
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import rcuscope as rs
from measuring import Row, cpu_of, least_cpu, run_benchmark, run_quietly, show

EXAMPLES = Path(rs.__file__).parent / "examples"


def row_of_import(path: str) -> Row:
    event_count = len(rs.load(path))
    # A few milliseconds vary more by what else runs than seconds do.
    repeat = 3 if event_count > 1_000_000 else 15
    own = cpu_of(lambda: rs.load(path), repeat)
    other = cpu_of(lambda: run_quietly("trace-cmd", "report", path), repeat)
    return Row(
        what=f"rs.load / trace-cmd report, {Path(path).name}",
        value=own / other,
        target=0.1,
        detail=f"{event_count:,} events, {own:.4f} s, {other:.3f} s: {other / own:.1f} x",
    )


def rows_of_opening(path: str) -> Iterator[Row]:
    arguments = ("--benchmark_repetitions=5", "--benchmark_min_time=0.01")
    times = least_cpu(run_benchmark("bench_open", *arguments, first=[f"--trace={path}"]))
    opened = times["open_native"] / 1e3
    yield Row(what="10 M events: open and check", value=opened, unit="s", target=0.5)
    yield Row(what="10 M events: lanes, spans, arrows", value=times["make_lanes"] / 1e3, unit="s")
    if shutil.which("babeltrace2") is not None:
        other = cpu_of(lambda: run_quietly("babeltrace2", "-o", "dummy", path), repeat=1)
        detail = f"{opened:.3f} s, {other:.2f} s"
        yield Row(what="open / babeltrace2 -o dummy", value=opened / other, detail=detail)


def resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def rows_of_columns(path: str) -> Iterator[Row]:
    trace = rs.load(path)
    times, before = [], resident_bytes()
    kept = []
    for _ in range(200):
        start = time.thread_time()
        columns = trace.events
        times.append(time.thread_time() - start)
        kept.append(columns)
    size = sum(column.nbytes for column in kept[0].values())
    yield Row(
        what="10 M events as NumPy columns",
        value=min(times) * 1e6,
        unit="us",
        target=50,
        detail=f"{size >> 20} MB, {len(kept)} times: {(resident_bytes() - before) >> 20} MB copied",
    )
    times = []
    for _ in range(200):
        start = time.thread_time()
        stream = trace.__arrow_c_stream__()
        times.append(time.thread_time() - start)
        del stream
    yield Row(what="10 M events as Arrow stream", value=min(times) * 1e6, unit="us", target=50)


def rows_of_picture(path: str) -> Iterator[Row]:
    what = "10 M events: viewer's process to first picture"
    viewer = Path(rs.__file__).parent / "bin" / "rcuscope-viewer"
    if not viewer.exists():
        yield Row(what=what, value=None, detail="built without the viewer")
        return
    with tempfile.TemporaryDirectory() as directory:
        picture = str(Path(directory) / "first.png")
        cpu = cpu_of(lambda: run_quietly(str(viewer), path, "--render", picture), repeat=1)
    yield Row(what=what, value=cpu, unit="s", target=0.5, detail="its start and the PNG included")


def main() -> None:
    paths = sys.argv[1:] or [str(path) for path in sorted(EXAMPLES.glob("*.dat"))]
    show("Import", map(row_of_import, paths))
    with tempfile.TemporaryDirectory() as directory:
        path = str(Path(directory) / "ten-million")
        show(
            "Native trace",
            itertools.chain(rows_of_opening(path), rows_of_columns(path), rows_of_picture(path)),
        )


if __name__ == "__main__":
    main()
