# SPDX-License-Identifier: LGPL-2.1-or-later
"""A long search in a file: what is killed goes on, and counts as if it had never been."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import rcuscope as rs
from rcuscope import checkpoint as checkpoints

ORDERS = 11_550  # of 3, 4 and 4 increments of one location: 11! / (3! 4! 4!)
SCRIPT = """
import sys
import rcuscope as rs
from rcuscope import checkpoint

checkpoint.SAVE_SECONDS = 0.05  # two seconds would make a long test

def increments(k):
    x = k.shared("x", 0)
    def add(times):
        for _ in range(times):
            k.atomic_add_return(1, x)
    for number, times in enumerate((3, 4, 4)):
        k.process(f"adder {number}", args=(times,))(add)

print("ready", flush=True)
verdict = rs.explore(increments, jobs=int(sys.argv[2]), checkpoint=sys.argv[1])
print(verdict.outcome, verdict.executions, verdict.blocked, verdict.steps)
"""


def lost_update(k: rs.Kernel) -> None:
    x = k.shared("x", 0)

    def add() -> None:
        k.WRITE_ONCE(x, k.READ_ONCE(x) + 1)

    for number in range(3):
        k.process(f"adder {number}")(add)
    k.at_end(lambda: k.WARN_ON(k.READ_ONCE(x) != 3))


def other(k: rs.Kernel) -> None:
    k.process("idle")(lambda: k.note("nothing"))


def essence(verdict: rs.Verdict) -> tuple[object, ...]:
    findings = [(f.kind, f.place, f.schedule) for f in verdict.findings]
    counts = (verdict.outcome, verdict.executions, verdict.blocked, verdict.limit)
    return (*counts, str(verdict.cost), findings)


@pytest.mark.parametrize("jobs", [1, 3])
def test_search_that_is_killed_goes_on(tmp_path: Path, jobs: int) -> None:
    file = tmp_path / "search"
    seconds = random.Random(jobs)
    saved = [0]  # executions in the file after each kill
    while len(saved) < 5 or saved[-1] == 0:
        with subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(file), str(jobs)], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            time.sleep(seconds.uniform(0.1, 0.7))
            process.kill()
        if file.exists():
            saved.append(int(file.read_bytes().split(b"\n")[1].split()[1]))
    assert saved == sorted(saved)
    assert saved[-1] > 0
    last = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(file), str(jobs)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    outcome, executions, blocked, steps = last.stdout.split()[1:]
    assert (outcome, int(executions), int(blocked)) == ("SAFE", ORDERS, 0)
    whole = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "whole"), "1"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert int(steps) == int(whole.stdout.split()[-1])


@pytest.mark.parametrize("options", [{}, {"strategy": "exhaustive"}, {"preemption_bound": 2}])
@pytest.mark.parametrize("scenario", [lost_update, "no_synchronize_rcu"])
def test_search_goes_on_from_its_limit(
    tmp_path: Path, scenario: Any, options: dict[str, Any]
) -> None:
    whole = rs.explore(scenario, **options, max_executions=2_000)
    file = tmp_path / "search"
    for limit in (3, 9, 11):
        part = rs.explore(scenario, **options, checkpoint=file, max_executions=limit)
        assert part.executions + part.blocked == limit
        assert part.limit == "max_executions"
    last = rs.explore(scenario, **options, checkpoint=file, max_executions=2_000, jobs=2)
    if whole.limit is None or whole.limit == "preemption_bound":
        assert essence(last)[:5] == essence(whole)[:5]
        assert {f[:2] for f in essence(last)[5]} == {f[:2] for f in essence(whole)[5]}  # type: ignore[attr-defined]
    again = rs.explore(scenario, **options, checkpoint=file, max_executions=2_000)
    assert essence(again)[1:4] == essence(last)[1:4]


def test_sampling_goes_on(tmp_path: Path) -> None:
    options: dict[str, Any] = {"strategy": "pct", "seed": 5}
    file = tmp_path / "search"
    rs.explore(lost_update, **options, checkpoint=file, max_seconds=0.1)
    done = json.loads(file.read_bytes().split(b"\n")[0])
    assert done["seed"] == 5
    more = rs.explore(lost_update, **options, checkpoint=file, max_seconds=0.1)
    assert more.limit == "max_seconds"
    assert more.executions > 0


def test_executor_and_threads_read_each_others_files(tmp_path: Path) -> None:
    file = tmp_path / "search"
    whole = rs.explore(lost_update)
    with ThreadPoolExecutor(2) as executor:
        rs.explore(lost_update, executor=executor, checkpoint=file, max_executions=10)
        rs.explore(lost_update, jobs=2, checkpoint=file, max_executions=20)
        last = rs.explore(lost_update, executor=executor, checkpoint=file)
    assert essence(last)[:4] == essence(whole)[:4]


# ---- files that do not fit
@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "search"
    rs.explore(lost_update, checkpoint=path, max_executions=5)
    return path


@pytest.mark.parametrize(
    ("scenario", "options", "message"),
    [
        (other, {}, "scenario='lost_update'.*scenario='other'"),
        ("posted", {}, "scenario='lost_update'.*scenario='posted'"),
        (lost_update, {"variant": rs.Variant(reclaim="call_rcu")}, "variant='posted'"),
        (lost_update, {"strategy": "exhaustive"}, "strategy='dpor'"),
        (lost_update, {"preemption_bound": 1}, "preemption_bound=None"),
        (lost_update, {"max_steps": 77}, "max_steps=10000.*max_steps=77"),
        (lost_update, {"config": rs.Config(put_device="strict")}, "config="),
    ],
)
def test_file_of_another_search_is_refused(
    file: Path, scenario: Any, options: dict[str, Any], message: str
) -> None:
    before = file.read_bytes()
    with pytest.raises(ValueError, match=message):
        rs.explore(scenario, checkpoint=file, **options)
    assert file.read_bytes() == before


def test_file_of_a_changed_body_is_refused(file: Path) -> None:
    def changed(k: rs.Kernel) -> None:
        k.process("idle")(lambda: None)

    with pytest.raises(ValueError, match="body="):
        rs.explore(rs.scenario(name="lost_update")(changed), checkpoint=file)


def test_file_of_another_version_is_refused(file: Path) -> None:
    line, _, state = file.read_bytes().partition(b"\n")
    header = json.loads(line) | {"version": "0.0.1"}
    file.write_bytes(json.dumps(header).encode() + b"\n" + state)
    with pytest.raises(ValueError, match=r"version='0\.0\.1'"):
        rs.explore(lost_update, checkpoint=file)


@pytest.mark.parametrize("content", [b"", b"hello", b"{}\n", b'{"format": 3}\n1 2 3'])
def test_other_files_are_refused(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(ValueError, match="byte 0: expected a line with 'rcuscope checkpoint 1'"):
        rs.explore(lost_update, checkpoint=file)
    assert file.read_bytes() == content


def test_damaged_files_are_refused(file: Path) -> None:
    content = file.read_bytes()
    start = content.index(b"\n") + 1
    for damaged in (content[:-1], content + b" ", content[:start] + b"x" + content[start + 1 :]):
        file.write_bytes(damaged)
        with pytest.raises(ValueError, match=f"byte {start}: .*damaged"):
            rs.explore(lost_update, checkpoint=file)


def test_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        rs.explore(lost_update, checkpoint=tmp_path / "nowhere" / "search")


def test_fingerprint_is_of_the_code() -> None:
    one = rs.scenario(lost_update)
    assert checkpoints.fingerprint(one) == checkpoints.fingerprint(rs.scenario(lost_update))
    assert checkpoints.fingerprint(one) != checkpoints.fingerprint(rs.scenario(other))
    assert checkpoints.fingerprint(rs.catalogue["posted"]) == ""
