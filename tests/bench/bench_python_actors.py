# SPDX-License-Identifier: LGPL-2.1-or-later
"""Executions per second of scenarios whose actors are Python functions.

    python tests/bench/bench_python_actors.py [--repeat N] [--json FILE]

Takes the best of N searches of each scenario, since whatever else the machine does only ever adds
time. The rate by CPU time is the one to compare on a machine that does other things, too: all
actors share one CPU. docs/benchmarks.md has the figures.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import rcuscope as rs


@rs.scenario
def unplug_against_handler(k: rs.Kernel) -> None:
    """The machinery: set-up and teardown are most of an execution."""
    group = k.iommu_group("7")
    nic = k.device("0000:01:00.0")
    group.add_device(nic)

    @k.hardirq("handler")
    def handler() -> None:
        with k.rcu_read_side():
            gdev = group.find_device_rcu(nic)
            if gdev is not None:
                k.WARN_ON(gdev.dev != nic)

    @k.process("unplug")
    def unplug() -> None:
        k.device_unregister(nic)


@rs.scenario
def two_adders(k: rs.Kernel) -> None:
    """Switches at every operation: 252 orders."""
    counter = k.shared("counter", 0)

    def add() -> None:
        for _ in range(5):
            k.atomic_add_return(1, counter)

    k.process("adder 0")(add)
    k.process("adder 1")(add)


@rs.scenario
def three_readers(k: rs.Kernel) -> None:
    """One updater {unlink; synchronize_rcu; free} and three readers: 8 orders."""
    items = k.list_head("items")
    item = k.kzalloc("item", value=1)
    k.list_add_tail_rcu(item, items)

    def read() -> None:
        with k.rcu_read_side():
            for entry in k.list_for_each_entry_rcu(items):
                k.WARN_ON(entry.value != 1)

    for i in range(3):
        k.process(f"reader {i}")(read)

    @k.process("updater")
    def update() -> None:
        k.list_del_rcu(item)
        k.synchronize_rcu()
        k.kfree(item)


SCENARIOS = (unplug_against_handler, two_adders, three_readers)


def executions_per_second(scenario: rs.Scenario, repeat: int) -> tuple[float, float]:
    """The best of `repeat` rates: by the clock, and by CPU time."""
    executions = 2_000
    by_clock = by_cpu = 0.0
    for _ in range(repeat):
        start, cpu_start = time.perf_counter(), time.process_time()
        # A random search has as many executions as one likes; the reduction leaves too few.
        rs.explore(scenario, strategy="random", max_executions=executions)
        by_clock = max(by_clock, executions / (time.perf_counter() - start))
        by_cpu = max(by_cpu, executions / (time.process_time() - cpu_start))
    return by_clock, by_cpu


def main() -> None:
    """Prints one line for each scenario."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args()
    figures = {}
    for scenario in SCENARIOS:
        by_clock, by_cpu = executions_per_second(scenario, options.repeat)
        figures[scenario.name] = {"by_clock": round(by_clock), "by_cpu": round(by_cpu)}
        print(f"{scenario.name:24} {by_clock:9,.0f} /s {by_cpu:9,.0f} /s of CPU time")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
