# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the benchmarks in Python share: CPU time, runs of the C++ benchmarks, rows with a target."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

RELEASE = Path(
    os.environ.get("RCUSCOPE_BENCH_DIR", Path(__file__).resolve().parents[2] / "build" / "release")
)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One measured thing beside its peer. `target` is the most that `value` should be."""

    what: str
    value: float | None
    unit: str = "x"
    target: float | None = None
    detail: str = ""

    def __str__(self) -> str:
        if self.value is None:
            return f"{self.what:<48} {'-':>12}  not measured: {self.detail}"
        number = f"{self.value:,.3g} {self.unit}"
        verdict = ""
        if self.target is not None:
            word = "met" if self.value <= self.target else "MISSED"
            verdict = f"target <= {self.target:g}: {word}"
        return f"{self.what:<48} {number:>12}  {verdict:<24} {self.detail}".rstrip()


def show(title: str, rows: Iterable[Row]) -> None:
    """Each row as soon as it is measured."""
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"\n{title} (load average {load})", flush=True)
    for row in rows:
        print(f"  {row}", flush=True)


def cpu_seconds() -> float:
    """Of this process and of children that have ended."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def cpu_of(work: Callable[[], object], repeat: int = 3) -> float:
    """The least CPU time of some repetitions: others use the machine too."""
    best = float("inf")
    for _ in range(repeat):
        before = cpu_seconds()
        work()
        best = min(best, cpu_seconds() - before)
    return best


def run_quietly(*command: str) -> None:
    with tempfile.TemporaryFile() as output:
        subprocess.run(command, stdout=output, check=True)


def run_benchmark(
    program: str, *arguments: str, first: Sequence[str] = ()
) -> list[dict[str, float]]:
    """Every row of every repetition of a program with Google Benchmark."""
    path = RELEASE / program
    if not path.exists():
        raise SystemExit(f"{path} is missing; run ./dev bench live, or ./dev bench traces")
    command = [str(path), *first, "--benchmark_format=json", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    rows: list[dict[str, float]] = json.loads(done.stdout)["benchmarks"]
    return rows


def least_cpu(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    """CPU time of each benchmark, in its unit: the least of its repetitions."""
    best: dict[str, float] = {}
    for row in rows:
        if row.get("run_type") != "iteration" or row.get("error_occurred"):
            continue
        name = str(row["name"])
        best[name] = min(best.get(name, float("inf")), row["cpu_time"])
    return best
