# SPDX-License-Identifier: LGPL-2.1-or-later
"""Wrong use of the public calls: one error that names argument, value and what was expected."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import rcuscope as rs
from small_scenarios import Step

World = Callable[[Step], object]


@pytest.fixture(params=["model", pytest.param("live", marks=pytest.mark.live)])
def set_up(request: pytest.FixtureRequest) -> World:
    """Runs a function of a Kernel as set-up, whose exceptions reach the caller."""
    if request.param == "model":
        return lambda step: rs.explore(step, memory="sc")
    return rs.run


# ---- primitives
@pytest.mark.parametrize(("step", "expected"), [
    (lambda k: k.iommu_group("7", False), r"iommu_group\(\) takes at most 1 arguments by position"),
    (lambda k: k.device("nic", print), r"device\(\) takes at most 1 arguments by position, got 2"),
    (lambda k: k.process("a", 0), r"process\(\) takes at most 1 arguments by position, got 2"),
    (lambda k: k.hardirq(name="a"), r"hardirq\(\) takes 'name' by position, not by name"),
    (lambda k: k.bus_iommu_probe(None), r"devices=None\): expected a list of devices"),
])  # fmt: skip
def test_wrong_types_are_named(set_up: World, step: Step, expected: str) -> None:
    with pytest.raises(TypeError, match=expected):
        set_up(step)


@pytest.mark.parametrize(("step", "expected"), [
    (lambda k: k.softirq(""), r"softirq\(''\): expected a name, or nothing for the function's"),
    (lambda k: k.kmalloc("o", "a", "b", "a"), r"kmalloc\(\): the field 'a' is named twice"),
    (lambda k: k.msleep(-1), r"msleep\(milliseconds=-1\): expected 0 or more"),
])  # fmt: skip
def test_wrong_values_are_named(set_up: World, step: Step, expected: str) -> None:
    with pytest.raises(rs.UsageError, match=expected):
        set_up(step)


def test_an_integer_beyond_64_bits_is_named(set_up: World) -> None:
    with pytest.raises(OverflowError, match=r"poll_.*\(cookie=18446744073709551616\): expected"):
        set_up(lambda k: k.poll_state_synchronize_rcu(2**64))
    with pytest.raises(OverflowError, match=r"number=-9223372036854775809|n=-9223372036854775809"):
        set_up(lambda k: k.atomic_add_return(-(2**63) - 1, k.shared("count", 0)))


def test_a_note_is_checked_whether_or_not_it_is_traced(set_up: World) -> None:
    with pytest.raises(UnicodeEncodeError):
        set_up(lambda k: k.note("\ud800"))


@pytest.mark.parametrize("world", ["model", pytest.param("live", marks=pytest.mark.live)])
def test_at_end_is_declared_in_setup(world: str) -> None:
    def body(k: rs.Kernel) -> None:
        @k.process
        def late() -> None:
            k.at_end(print)

    found = rs.explore(body, memory="sc") if world == "model" else rs.run(body)
    [finding] = found.findings
    assert finding.kind == "error"
    assert "is called after setup; declare it before the first actor runs" in finding.message


# ---- exploring and running
@pytest.mark.parametrize("limit", ["max_executions", "max_steps"])
def test_limits_have_64_bits(limit: str) -> None:
    with pytest.raises(ValueError, match=rf"{limit}=9223372036854775808: expected less than"):
        rs.explore("posted", memory="sc", **{limit: 2**63})  # type: ignore[arg-type]


@pytest.mark.live
def test_run_names_what_is_wrong() -> None:
    with pytest.raises(ValueError, match=r"repeat=9223372036854775808: expected less than"):
        rs.run("posted", repeat=2**63)
    with pytest.raises(TypeError, match=r"timeout=None: expected a number of seconds"):
        rs.run("posted", timeout=None)  # type: ignore[arg-type]


def test_a_class_is_no_scenario() -> None:
    with pytest.raises(TypeError, match=r"scenario=<class 'object'>: expected a scenario, "):
        rs.explore(object)  # type: ignore[arg-type]


def test_a_body_whose_call_runs_nothing_is_no_scenario() -> None:
    async def coroutine(k: rs.Kernel) -> None:
        k.synchronize_rcu()

    def generator(k: rs.Kernel) -> Iterator[None]:
        k.synchronize_rcu()
        yield

    for body in (coroutine, generator):
        with pytest.raises(TypeError, match="calling it runs nothing; the body of a scenario"):
            rs.explore(body, memory="sc")


def test_a_scenario_has_a_name() -> None:
    with pytest.raises(ValueError, match="name='': expected a text, or None"):
        rs.scenario(name="")(print)


@pytest.mark.parametrize(("schedule", "expected"), [
    ("\u00e4\u00f6", r"schedule '\\xc3\\xa4\\xc3\\xb6': cannot read '\\xc3\\xa4\\xc3'; expected"),
    ("\0", r"schedule '\\x00': cannot read"),
    ("s1:" + "?" * 1000, r"schedule 's1:\?{197}\.\.\.': cannot read '\?{200}\.\.\.'; expected"),
])  # fmt: skip
def test_whatever_is_given_for_a_schedule_is_shown(schedule: str, expected: str) -> None:
    with pytest.raises(rs.UsageError, match=expected):
        rs.replay("posted", schedule)


def test_nondeterminism_names_operations_without_a_location() -> None:
    runs = iter(range(1000))

    def body(k: rs.Kernel) -> None:
        x, number = k.shared("x", 0), next(runs)

        @k.process
        def one() -> None:
            k.READ_ONCE(x)
            if number % 2 == 0:
                k.smp_mb()
            k.WRITE_ONCE(x, 1)

        @k.process
        def two() -> None:
            k.WRITE_ONCE(x, 2)
            k.READ_ONCE(x)

    expected = (
        "'one', step .*: expected smp_mb as in the execution before, but it publishes write x"
    )
    with pytest.raises(rs.NondeterminismError, match=expected):
        rs.explore(body, memory="sc")


# ---- traces
@pytest.mark.parametrize(("options", "expected"), [
    ({"width": "800"}, r"width='800': expected a number of pixels"),
    ({"height": 600.5}, r"height=600.5: expected a number of pixels"),
    ({"at": "start"}, r"at='start': expected a time of the trace"),
])  # fmt: skip
def test_picture_options_are_named(
    tmp_path: Path, options: dict[str, object], expected: str
) -> None:
    trace = rs.replay("posted", "s1:")
    with pytest.raises(TypeError, match=expected):
        trace.to_png(tmp_path / "x.png", **options)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="expected 'light' or 'dark'"):  # past its numbers
        trace.to_png(tmp_path / "x.png", width=np.int64(800), at=trace.start, theme="none")  # type: ignore[arg-type]


def test_a_path_that_is_no_utf8_is_named(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.dat"))
    path.write_bytes(b"no trace")
    with pytest.raises(rs.TraceFormatError) as caught:
        rs.load(path)
    assert r"\xff.dat" in str(caught.value)
    assert caught.value.path == str(path)
