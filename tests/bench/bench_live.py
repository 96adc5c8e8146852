# SPDX-License-Identifier: LGPL-2.1-or-later
"""The live world and the recorder beside liburcu, the TSC, LTTng-UST and locks, in one run.

Usage: ./dev bench live
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import rcuscope as rs
from measuring import Row, least_cpu, run_benchmark, show

SESSION = "rcuscope-bench"


def lttng(*arguments: str) -> None:
    subprocess.run(["lttng", *arguments], check=True, stdout=subprocess.DEVNULL)


@contextmanager
def lttng_daemon(directory: Path) -> Iterator[None]:
    """A session daemon: the one that runs, or one for as long as it is needed."""
    if subprocess.run(["lttng", "list"], capture_output=True, check=False).returncode == 0:
        yield
        return
    pid_file = directory / "sessiond.pid"
    subprocess.run(
        ["lttng-sessiond", "--daemonize", "--no-kernel", f"--pidfile={pid_file}"], check=True
    )
    try:
        yield
    finally:
        os.kill(int(pid_file.read_text()), signal.SIGTERM)


@contextmanager
def lttng_session() -> Iterator[None]:
    """Tracepoints of the benchmark go to files while this lasts."""
    with tempfile.TemporaryDirectory() as name, lttng_daemon(Path(name)):
        lttng("create", SESSION, f"--output={name}/trace")
        try:
            lttng("enable-channel", "-u", "--subbuf-size=4M", "--num-subbuf=8", "channel")
            lttng("enable-event", "-u", "-c", "channel", "rcuscope_bench:*")
            lttng("start")
            yield
        finally:
            lttng("destroy", SESSION)


def read_side() -> dict[str, float]:
    arguments = [
        "--benchmark_repetitions=15",
        "--benchmark_min_time=0.05",
        "--benchmark_enable_random_interleaving=true",
    ]
    if shutil.which("lttng") is None:
        return least_cpu(run_benchmark("bench_read_side", *arguments))
    with lttng_session():
        return least_cpu(run_benchmark("bench_read_side", *arguments))


def rows_of_sections() -> Iterator[Row]:
    ns = read_side()
    inline, guard = ns["section_liburcu_inline"], ns["section_live"]
    full = ns["section_live_traced/level:3"]
    tsc = ns["two_tsc_reads"] / 2
    yield Row(
        what="section untraced / liburcu's inline pair",
        value=guard / inline,
        target=1.2,
        detail=f"{guard:.2f} ns, {inline:.2f} ns",
    )
    for dependent, name in ((0, "independent"), (1, "dependent")):
        live = ns[f"walk_live/level:0/dependent:{dependent}"]
        bare = ns[f"walk_unprotected/dependent:{dependent}"]
        yield Row(
            what=f"walk over 8 devices / unprotected, {name}",
            value=live / bare,
            target=1.15,
            detail=f"{live:.2f} ns, {bare:.2f} ns",
        )
        peer = ns[f"walk_liburcu_inline/dependent:{dependent}"]
        yield Row(
            what=f"the same by liburcu's inline pair, {name}",
            value=peer / bare,
            detail=f"{peer:.2f} ns; ours / that: {live / peer:.2f}",
        )
    yield Row(
        what="(traced section - bare) / one TSC read",
        value=(full - inline) / tsc,
        target=2.2,
        detail=f"{full:.1f} ns, {inline:.2f} ns, rdtsc {tsc:.1f} ns",
    )
    lttng_ns = ns.get("section_lttng")
    per_event = (full - inline) / 2
    yield Row(
        what="recorded event / LTTng-UST tracepoint",
        value=None if lttng_ns is None else per_event / ((lttng_ns - inline) / 2),
        target=0.25,
        detail="lttng-tools and liblttng-ust-dev are not installed"
        if lttng_ns is None
        else f"{per_event:.1f} ns, {(lttng_ns - inline) / 2:.1f} ns",
    )
    for level, name in ((1, "logical"), (2, "section")):
        value = ns[f"section_live_traced/level:{level}"]
        yield Row(what=f"section traced at level {name}", value=value, unit="ns")
    for lock in ("mutex", "rwlock"):
        value = ns[f"section_pthread_{lock}"]
        yield Row(
            what=f"section untraced / pthread_{lock}", value=guard / value, detail=f"{value:.1f} ns"
        )


def rows_of_recorder() -> Iterator[Row]:
    for row in run_benchmark("bench_recorder", "--benchmark_filter=recorder_under_load"):
        threads, millions = (part.split(":")[1] for part in str(row["name"]).split("/")[1:3])
        recorded, lost = row["events_recorded"], row["events_lost"]
        is_full_speed = int(millions) >= 1000
        wanted = "full speed" if is_full_speed else f"{millions} M events/s"
        yield Row(
            what=f"events lost, {threads} thread(s), {wanted}",
            value=lost,
            unit="lost",
            target=None if is_full_speed else 0,
            detail=f"of {recorded:,.0f}, {row['events_per_second'] / 1e6:.1f} M/s reached, "
            f"{row['events_per_busy_second'] / 1e6:.1f} M/s while the threads had a processor",
        )


def rows_of_workload() -> Iterator[Row]:
    """RCU beside the two locks, the same machinery."""
    found = {
        protect: rs.workload(readers=2, updaters=1, seconds=2, protect=protect).stats
        for protect in ("rcu", "mutex", "rwlock")
    }
    for protect, stats in found.items():
        ratio = found["rcu"].sections_per_second / stats.sections_per_second
        yield Row(
            what=f"sections of 2 readers, rcu / {protect}",
            value=ratio,
            detail=f"{stats.sections_per_second / 1e6:.2f} M/s, put_device after "
            f"{stats.put_device_delay.p50 / 1e3:.1f} us",
        )


def guard_times() -> dict[str, float]:
    """ns of a with-statement on an actor's thread, without the loop."""
    times: dict[str, list[float]] = {"guard": [], "lock": [], "loop": []}

    @rs.scenario
    def guards(k: Any) -> None:
        @k.process("reader")
        def reader() -> None:
            guard, lock = k.rcu_read_side, threading.Lock()
            loops = range(20_000)
            for _ in range(15):
                before = time.thread_time()
                for _ in loops:
                    with guard():
                        pass
                after_guard = time.thread_time()
                for _ in loops:
                    with lock:
                        pass
                after_lock = time.thread_time()
                for _ in loops:
                    pass
                after_loop = time.thread_time()
                scale = 1e9 / len(loops)
                times["guard"].append((after_guard - before) * scale)
                times["lock"].append((after_lock - after_guard) * scale)
                times["loop"].append((after_loop - after_lock) * scale)

    rs.run(guards, trace="off", timeout=60)
    least = {name: min(values) for name, values in times.items()}
    return {name: least[name] - least["loop"] for name in ("guard", "lock")}


def rows_of_guard() -> Iterator[Row]:
    times = guard_times()
    yield Row(
        what="with k.rcu_read_side() / threading.Lock",
        value=times["guard"] / times["lock"],
        target=0.7,
        detail=f"{times['guard']:.0f} ns, {times['lock']:.0f} ns",
    )


def main() -> None:
    show("Read side", itertools.chain(rows_of_sections(), rows_of_guard()))
    show("Recorder, default rings", rows_of_recorder())
    show("Workload", rows_of_workload())


if __name__ == "__main__":
    main()
