# SPDX-License-Identifier: LGPL-2.1-or-later
"""Instructions per execution of the benchmarks of the search, counted by callgrind.

    python tests/bench/count_instructions.py build/release/bench_explore [NAME...]

A count does not depend on what else the machine does. It includes what a search costs once, which
matters where there are few executions. Needs valgrind (Debian, Ubuntu: apt install valgrind).
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

DEFAULT_NAMES = ("readers/6", "increments/3/3", "catalogue/two_removers_of_one_device")


def count(program: Path, name: str) -> tuple[int, int]:
    """Instructions inside explore(), and executions, of one pass of the benchmark."""
    command = [
        *("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"),
        *("--collect-atstart=no", "--toggle-collect=rcuscope::explore(*"),
        *(str(program), f"--benchmark_filter={re.escape(name)}$", "--benchmark_format=json"),
        "--benchmark_min_time=0.000001",
    ]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    collected = re.search(r"Collected : (\d+)", run.stderr)
    if run.returncode != 0 or collected is None:
        raise SystemExit(f"{' '.join(command)}\nfailed:\n{run.stderr}")
    (row,) = json.loads(run.stdout)["benchmarks"]
    if row["iterations"] != 1:
        raise SystemExit(f"{name}: {row['iterations']} searches were run, expected one")
    return int(collected[1]), round(row["complete"] + row["blocked"])


def main() -> None:
    """Prints one line for each benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=Path, help="bench_explore of the preset 'release'")
    parser.add_argument("names", nargs="*", default=DEFAULT_NAMES, metavar="NAME")
    options = parser.parse_args()
    if shutil.which("valgrind") is None:
        sys.exit("valgrind is not installed; on Debian and Ubuntu: apt install valgrind")
    for name in options.names:
        instructions, executions = count(options.program, name)
        each = instructions / executions
        print(f"{name:44} {executions:7} executions {each:10,.0f} instructions each")


if __name__ == "__main__":
    main()
