# SPDX-License-Identifier: LGPL-2.1-or-later
"""A notebook's kernel lasts a working day: memory stays flat, and nothing that is typed ends it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from small_scenarios import REMOVAL_TEXT

REPETITIONS = 1000
GROWTH_MAX_KIB = 1024  # over the second half: less than 3 KiB a time, the least that a trace takes

MEASURE = f"""
import gc
from pathlib import Path
import rcuscope as rs

{REMOVAL_TEXT}

@rs.scenario
def hasty(k):
    removal(k, False)

def resident_kib():
    gc.collect()
    [line] = [l for l in Path("/proc/self/status").read_text().splitlines() if "VmRSS" in l]
    return int(line.split()[1])

def repeat(act):
    for _ in range({REPETITIONS} // 2):
        act()
    before = resident_kib()
    for _ in range({REPETITIONS} // 2):
        act()
    print(resident_kib() - before)
"""
ACTS = {
    "explore_in_cpp": 'rs.explore("no_synchronize_rcu", memory="sc").findings[0].trace',
    "explore_in_python": 'rs.explore(hasty, memory="sc").findings[0].trace',
    "picture": 'rs.replay("posted", "s1:")._repr_mimebundle_()',
    "step": 'rs.lessons.check("01.2", lambda session: session.choose("removal"))',
    "run": "rs.run(hasty)",
}


@pytest.mark.slow
@pytest.mark.parametrize("act", ACTS)
def test_memory_is_flat_over_repeated_runs(run_script: Any, act: str) -> None:
    done = run_script(f"{MEASURE}\nrepeat(lambda: {ACTS[act]})", timeout=100)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) <= GROWTH_MAX_KIB


# ---- the kernel of a notebook
class Notebook:
    """A kernel that executes cells."""

    def __init__(self, manager: Any, client: Any) -> None:
        self.manager = manager
        self.client = client

    def execute(self, cell: str) -> dict[str, Any]:
        """The reply to one cell: "status" is "ok" or "error", "ename" what was raised."""
        message: dict[str, Any] = self.client.execute_interactive(
            cell, timeout=60, store_history=False, output_hook=lambda _: None
        )
        content: dict[str, Any] = message["content"]
        return content


@pytest.fixture(scope="module")
def notebook() -> Iterator[Notebook]:
    manager_of = pytest.importorskip("jupyter_client.manager")
    pytest.importorskip("ipykernel")
    manager, client = manager_of.start_new_kernel(kernel_name="python3")
    try:
        opened = Notebook(manager, client)
        assert opened.execute("import rcuscope as rs")["status"] == "ok"
        yield opened
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


WRONG = [
    'rs.explore("no such scenario")',
    "rs.explore(None)",
    "rs.explore(lambda: None)",
    "rs.explore(lambda k: 1 / 0)",
    'rs.explore("posted", memory="tso")',
    'rs.explore("posted", max_executions=-1)',
    'rs.replay("posted", "not a schedule")',
    'rs.replay("posted", "s1:99x99.")',
    'rs.run("posted", repeat=0)',
    'rs.step("posted").choose("nobody")',
    'rs.load("/dev/null")',
    "rs.load(b'x')",
    'rs.Variant(reclaim="magic")',
    'rs.lessons.check("01.1", 3)',
    'rs.lessons.check("99.9", print)',
    'rs.examples.path("missing.dat")',
    "rs.Kernel()",
    'rs.explore("posted").findings[0]',
    'bool(rs.explore("posted"))',
]


@pytest.mark.parametrize("cell", WRONG)
def test_kernel_survives_wrong_input(notebook: Notebook, cell: str) -> None:
    reply = notebook.execute(cell)
    assert reply["status"] == "error"
    assert reply["ename"]
    assert notebook.execute("rs.explore('posted', memory='sc').assert_safe()")["status"] == "ok"


ENDLESS = """
def endless(k):
    shared = k.shared("shared", 0)
    for number in range(8):
        @k.process(f"actor {number}")
        def actor():
            for value in range(20):
                k.WRITE_ONCE(shared, value)
"""


@pytest.mark.parametrize("jobs", [1, 2])
def test_kernel_survives_an_interrupted_exploration(notebook: Notebook, jobs: int) -> None:
    assert notebook.execute(ENDLESS)["status"] == "ok"
    client = notebook.client
    sent = client.execute(f"found = rs.explore(endless, memory='sc', jobs={jobs})")
    while client.get_iopub_msg(timeout=30)["content"].get("execution_state") != "busy":
        pass
    time.sleep(0.5)  # it is in the core by then, or on its way: both must do
    notebook.manager.interrupt_kernel()
    interrupted = time.monotonic()
    reply = client.get_shell_msg(timeout=30)
    assert reply["parent_header"]["msg_id"] == sent
    assert time.monotonic() - interrupted < 20
    if reply["content"]["status"] == "ok":  # the verdict so far
        assert notebook.execute("assert found.limit == 'interrupted', found")["status"] == "ok"
    else:
        assert reply["content"]["ename"] == "KeyboardInterrupt"
    assert notebook.execute("rs.explore('posted', memory='sc').assert_safe()")["status"] == "ok"
