# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sessions: the caller is the scheduler."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rcuscope as rs
from small_iommus import NoGracePeriod

RunCli = Callable[..., "subprocess.CompletedProcess[str]"]


@rs.scenario
def two_locks(k: rs.Kernel) -> None:
    """ABBA."""
    a, b = k.mutex("a"), k.mutex("b")

    @k.process("first")
    def first() -> None:
        with a, b:
            pass

    @k.process("second")
    def second() -> None:
        with b, a:
            pass


@rs.scenario
def waits(k: rs.Kernel) -> None:
    """A reader holds a grace period up."""
    x = k.shared("x", 0)

    @k.process("reader")
    def reader() -> None:
        with k.rcu_read_side():
            k.READ_ONCE(x)

    @k.process("updater")
    def updater() -> None:
        k.synchronize_rcu()
        k.WRITE_ONCE(x, 1)


def operations(session: rs.Session) -> dict[str, str]:
    return {choice.actor: choice.operation for choice in session.choices}


def play(session: rs.Session, *actors: str) -> None:
    """Each actor goes on until it is blocked or has ended."""
    for actor in actors:
        while actor in operations(session):
            session.choose(actor)


@pytest.mark.parametrize("name", ["posted", waits, two_locks])
def test_every_schedule_can_be_played_to_its_end(name: Any) -> None:
    session = rs.step(name)
    count = 0
    while not session.is_over:
        session.choose(count % len(session.choices))
        count += 1
    assert session.choices == ()
    assert count >= 2
    assert len(rs.replay(name, session.schedule)) == len(session.trace)
    # By turns, each takes its first lock: that is the deadlock.
    assert (session.finding is not None) == (name is two_locks)
    for _ in range(count):
        session.undo()
    assert session.schedule == "s1:"
    with pytest.raises(ValueError, match="nothing was chosen"):
        session.undo()


def test_the_schedule_of_a_finding_can_be_played() -> None:
    finding = rs.explore("no_synchronize_rcu", memory="sc").findings[0]
    session = rs.step("no_synchronize_rcu")
    isr, unplug = (choice.actor for choice in session.choices)
    # The reader stops before it reads the entry; the remover frees that.
    while "read of gdev 0000:01:00.0->dev" not in operations(session)[isr]:
        session.choose(isr)
    play(session, unplug, isr)
    assert session.finding is not None
    assert session.finding.kind == finding.kind
    assert session.is_over
    assert session.finding.explanation
    assert len(session.finding.trace)
    with pytest.raises(ValueError, match="the execution is over; undo"):
        session.choose(0)
    session.undo()
    assert session.finding is None


def test_deadlock_step_by_step() -> None:
    session = rs.step(two_locks)
    while "b" not in operations(session)["first"]:
        session.choose("first")
    assert "mutex_lock of b" in operations(session)["first"]
    while "mutex_lock of a" not in operations(session)["second"]:
        session.choose("second")
        if "second" not in operations(session):
            break
    assert session.finding is not None
    assert session.finding.kind == "deadlock"
    assert session.is_over


def test_who_is_blocked_and_why() -> None:
    session = rs.step(two_locks)
    while "mutex_lock of b" not in operations(session)["first"]:
        session.choose("first")
    session.choose("first")
    while "second" in operations(session):
        session.choose("second")
    assert session.blocked == {"second": "'second' waits for the mutex b, held by 'first'"}
    assert ("b", "first") in [row[:2] for row in session.state.locks]
    with pytest.raises(ValueError, match="waits for the mutex b"):
        session.choose("second")


def test_state_tells_sections_and_grace_periods() -> None:
    session = rs.step(waits)
    while "read of x" not in operations(session)["reader"]:
        session.choose("reader")
    assert session.state.readers == ("reader",)
    while "updater" in operations(session):
        session.choose("updater")
    ((_, readers),) = session.state.grace_periods
    assert readers == ("reader",)
    assert "its grace period waits for the reader 'reader'" in session.blocked["updater"]
    play(session, "reader", "updater")
    assert session.state.grace_periods == ()
    assert session.is_over


def test_state_tells_lists_and_references() -> None:
    session = rs.step("posted")
    assert any(len(entries) == 2 for _, entries in session.state.lists)
    play(session, "ATC time-out ISR", "hot unplug")
    assert session.is_over
    assert "freed" in str(session.state)


def test_places_are_lines_of_the_scenario() -> None:
    session = rs.step(waits)
    session.choose("reader")
    (place,) = (choice.place for choice in session.choices if choice.actor == "reader")
    assert place.startswith("test_stepping.py:")


def test_a_variant_and_a_class_are_stepped() -> None:
    assert (
        rs.step("posted", variant=rs.Variant(reclaim="none")).trace.metadata["variant"] != "posted"
    )
    session = rs.step("posted", iommu=NoGracePeriod)
    play(session, "hot unplug")
    assert "sees its grace period end" not in session.trace.describe()
    assert "hot unplug" not in session.blocked


def test_two_sessions_at_once() -> None:
    one, two = rs.step(waits), rs.step("posted")
    one.choose("reader")
    two.choose("hot unplug")
    assert one.schedule == "s1:1"
    assert two.schedule == "s1:2"
    one.undo()
    assert two.schedule == "s1:2"


def test_wrong_choices_say_why() -> None:
    session = rs.step(waits)
    with pytest.raises(ValueError, match=r"choose\(2\): expected 0 to 1"):
        session.choose(2)
    with pytest.raises(ValueError, match="these can: 'reader', 'updater'"):
        session.choose("nobody")
    with pytest.raises(TypeError, match="expected an index"):
        session.choose(1.5)  # type: ignore[arg-type]
    assert session.schedule == "s1:"


def test_a_closed_session_refuses() -> None:
    with rs.step(waits) as session:
        session.choose(0)
    with pytest.raises(ValueError, match="closed"):
        session.choose(0)
    with pytest.raises(ValueError, match="closed"):
        _ = session.choices
    assert "closed" in repr(session)


def test_no_thread_is_left_behind() -> None:
    before = threading.active_count(), len(list(Path("/proc/self/task").iterdir()))
    sessions = [rs.step(waits) for _ in range(3)]
    for session in sessions:
        session.choose(0)
    del session
    sessions.clear()
    gc.collect()
    assert threading.active_count() == before[0]
    assert len(list(Path("/proc/self/task").iterdir())) <= before[1] + 1


def test_a_body_that_raises() -> None:
    def body(_: rs.Kernel) -> None:
        raise LookupError("no device")

    with pytest.raises(LookupError, match="no device"):
        rs.step(body)


def test_loops_that_wait_can_be_stepped() -> None:
    def body(k: rs.Kernel) -> None:
        flag = k.shared("flag", 0)

        @k.process("spins")
        def spins() -> None:
            while not k.READ_ONCE(flag):
                k.cpu_relax()

        @k.process("sets")
        def sets() -> None:
            k.WRITE_ONCE(flag, 1)

    session = rs.step(body)
    for _ in range(20):
        if "spins" in operations(session):
            session.choose("spins")
    assert "spins" in session.blocked
    play(session, "sets", "spins")
    assert session.is_over
    assert session.finding is None


# ---- the command line
def run_step(*arguments: str, commands: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rcuscope", "step", *arguments],
        input=commands,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_command_with_a_pipe() -> None:
    result = run_step("posted", commands="1\nhot unplug\ns\nu\nu\nt\nq\n")
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0] == "  1  ATC time-out ISR: starts"
    assert lines[1].startswith("  2  hot unplug: read of device 0000:01:00.0->iommu_group  (")
    assert any(line.startswith("references of") for line in lines)


def test_command_ends_with_its_input() -> None:
    result = run_step("posted", commands="")
    assert result.returncode == 0
    assert result.stderr == ""


def test_command_refuses_a_wrong_line() -> None:
    result = run_step("posted", commands="7\n")
    assert result.returncode == 2
    assert "expected 1 to 2" in result.stderr


def test_command_prints_json() -> None:
    result = run_step("posted", "--json", commands="1\nu\n")
    records = [json.loads(line) for line in result.stdout.splitlines()]
    assert [record["schedule"] for record in records] == ["s1:", "s1:1", "s1:"]
    assert records[0]["choices"][0] == {
        "actor": "ATC time-out ISR",
        "operation": "starts",
        "place": "",
    }


def test_command_takes_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "import rcuscope as rs\n"
        "@rs.scenario\n"
        "def mine(k):\n"
        "    k.process('a')(lambda: k.synchronize_rcu())\n",
        encoding="utf-8",
    )
    result = run_step(f"{file}::mine", commands="1\n1\n1\n1\n1\n")
    assert "the execution is over, without a finding" in result.stdout


def test_picture_of_a_session_tells_of_its_finding() -> None:
    with rs.step("no_synchronize_rcu") as session:
        assert "finding" not in session.trace.metadata
        for actor in ("ATC time-out ISR",) * 3 + ("hot unplug",) * 40 + ("ATC time-out ISR",):
            if actor in [choice.actor for choice in session.choices]:
                session.choose(actor)
        finding, trace = session.finding, session.trace
    assert finding is not None
    told = trace.metadata
    assert (told["finding"], told["message"]) == (finding.kind, finding.message)
    assert finding.message.split(": ")[0] in trace.to_svg()


def test_readers_of_srcu_are_readers_too() -> None:
    def body(k: rs.Kernel) -> None:
        s = k.srcu_struct("s")

        @k.process
        def reader() -> None:
            with k.srcu_read_side(s):
                k.msleep()

        @k.process
        def other() -> None:
            k.msleep()

    with rs.step(body) as session:
        session.choose("reader")
        assert session.state.readers == ("reader",)
