# SPDX-License-Identifier: LGPL-2.1-or-later
"""Declaring actors, what leaves them, and how abandoned ones unwind."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Callable

import pytest
import rcuscope as rs

Kinds = Callable[..., list[str]]


def test_declaration_returns_the_function_unchanged() -> None:
    def body(k: rs.Kernel) -> None:
        def function(number: int = 0) -> int:
            return number

        assert k.process(function) is function
        assert k.kthread("named")(function) is function
        assert k.softirq("with argument", args=(1,), cpu=3)(function) is function
        assert k.at_end(lambda: None) is not None

    assert rs.explore(body).outcome == "SAFE"


def test_kernel_is_a_kernel_of_its_world() -> None:
    def body(k: rs.Kernel) -> None:
        assert isinstance(k, rs.Kernel)
        assert k.world == "model"
        assert "model" in repr(k)

    rs.explore(body)


@pytest.mark.parametrize("kind", ["process", "kthread", "threaded_irq", "softirq", "hardirq"])
def test_every_kind_of_actor_runs_once(kind: str) -> None:
    calls: list[str] = []
    rs.explore(lambda k: getattr(k, kind)("actor")(lambda: calls.append(kind)))
    assert calls == [kind]


def test_two_actors_of_one_name_are_refused() -> None:
    def body(k: rs.Kernel) -> None:
        k.process("same")(lambda: None)
        k.process("same")(lambda: None)

    with pytest.raises(rs.UsageError, match="'same' is declared twice"):
        rs.explore(body)


def test_declaring_after_setup_is_refused() -> None:
    def body(k: rs.Kernel) -> None:
        k.process("early")(lambda: k.process("late")(lambda: None))

    (finding,) = rs.explore(body).findings
    assert finding.kind == "error"
    assert "UsageError" in finding.message
    assert "'late' is declared after setup" in finding.message


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (lambda k: k.process(3), "name=3"),
        (lambda k: k.process("a")(3), "an actor is a function"),
        (lambda k: k.process("a", cpu=-1), "cpu=-1"),
        (lambda k: k.process("a", cpu="0"), "an int"),
        (lambda k: k.process("a", prio=1), "prio"),
    ],
)
def test_wrong_declarations_say_why(declare: Callable[[rs.Kernel], object], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        rs.explore(declare)


def test_interrupt_runs_to_completion_on_its_cpu(kinds: Kinds) -> None:
    def body(k: rs.Kernel, cpu: int) -> None:
        x = k.shared("x", 0)

        @k.process("task", cpu=0)
        def task() -> None:
            k.WARN_ON(k.READ_ONCE(x) == 1)

        @k.hardirq("isr", cpu=cpu)
        def isr() -> None:
            k.WRITE_ONCE(x, 1)
            k.WRITE_ONCE(x, 2)

    assert kinds(lambda k: body(k, 0)) == []
    assert kinds(lambda k: body(k, 1)) == ["warn_on"]


# ---- exceptions
def test_error_of_setup_is_the_callers() -> None:
    class MyError(Exception):
        pass

    def body(k: rs.Kernel) -> None:
        raise MyError(k.world)

    with pytest.raises(MyError, match="model") as raised:
        rs.explore(body)
    assert raised.traceback[-1].name == "body"  # the user's own line is the last one


def test_arguments_of_an_actor_are_an_iterable() -> None:
    def body(k: rs.Kernel) -> None:
        k.process("actor", args=3)

    with pytest.raises(TypeError, match=r"args=3.*expected an iterable.*such as \(3,\)"):
        rs.explore(body)


def test_error_of_an_actor_is_a_finding_with_traceback() -> None:
    def body(k: rs.Kernel) -> None:
        @k.process("failing")
        def failing() -> None:
            raise ValueError("too many")

    (finding,) = rs.explore(body).findings
    assert (finding.kind, finding.actor) == ("error", "failing")
    assert finding.message.startswith("ValueError: too many")
    assert "Traceback" in finding.message
    assert "test_actors.py" in finding.message
    assert "\n  Traceback" in str(finding)  # as far in as the rest
    assert finding.place.startswith("failing:")


def test_errors_at_different_lines_are_different_findings(kinds: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        x = k.shared("x", 0)
        k.process("writer")(lambda: k.WRITE_ONCE(x, 1))

        @k.process("failing")
        def failing() -> None:
            if k.READ_ONCE(x):
                raise ValueError("one")
            raise ValueError("zero")

    assert kinds(body) == ["error", "error"]


@pytest.mark.parametrize(
    "follow",
    [
        lambda k, p: k.load(p).value,
        lambda k, p: k.load(p)["value"],
        lambda k, p: k.kfree_rcu(k.load(p).next),
        lambda k, p: k.list_del(k.load(p)),
        lambda k, p: k.mutex_lock(k.load(p)),
        lambda k, p: k.get_device(k.load(p)),
    ],
)
def test_following_none_is_a_null_dereference(
    kinds: Kinds, follow: Callable[[rs.Kernel, rs.Location], object]
) -> None:
    def body(k: rs.Kernel) -> None:
        p = k.shared("p", None)
        k.process("actor")(lambda: follow(k, p))

    assert kinds(body) == ["null_dereference"]


def test_attribute_errors_of_other_objects_are_errors(kinds: Kinds) -> None:
    def raises(k: rs.Kernel) -> None:
        k.process("actor")(lambda: (_ for _ in ()).throw(AttributeError("my own")))

    def unknown_field(k: rs.Kernel) -> None:
        thing = k.kzalloc("thing", value=1)
        k.process("actor")(lambda: thing.valeu)

    assert kinds(raises) == ["error"]
    assert kinds(unknown_field) == ["error"]


def test_keyboard_interrupt_of_an_actor_ends_the_exploration() -> None:
    def body(k: rs.Kernel) -> None:
        @k.process
        def actor() -> None:
            raise KeyboardInterrupt

    verdict = rs.explore(body)
    assert (verdict.outcome, verdict.limit) == ("UNKNOWN", "interrupted")
    assert verdict.findings == ()


def test_body_that_is_not_deterministic_is_refused() -> None:
    def body(k: rs.Kernel) -> None:
        x = k.shared("x", 0)

        def actor() -> None:
            if random.random() < 0.5:
                k.WRITE_ONCE(x, 1)
            else:
                k.READ_ONCE(x)

        for name in "abc":
            k.process(name)(actor)

    def explore_often() -> None:
        for _ in range(20):
            rs.explore(body)

    with pytest.raises(rs.NondeterminismError, match=r"actor '.'.*expected"):
        explore_often()


# ---- abandoning
def broken(k: rs.Kernel) -> rs.Location:
    """A reader and a freer of one object: some executions end early."""
    thing = k.kzalloc("thing", value=1)
    p = k.shared("p", thing)
    k.process("freer")(lambda: k.kfree(thing))
    return p


def test_abandoned_actors_unwind_through_finally() -> None:
    entered: list[int] = []
    left: list[int] = []

    def body(k: rs.Kernel) -> None:
        p = broken(k)

        @k.process("reader")
        def reader() -> None:
            entered.append(1)
            try:
                with k.rcu_read_side():
                    _ = k.READ_ONCE(p).value
                    k.READ_ONCE(p)
            finally:
                k.rcu_read_lock()  # does nothing when the execution is over
                k.rcu_read_unlock()
                left.append(1)

    verdict = rs.explore(body)
    assert [finding.kind for finding in verdict.findings] == ["use_after_free"]
    assert len(entered) == len(left) > 1


def test_abandonment_is_no_exception_that_except_exception_catches(kinds: Kinds) -> None:
    assert issubclass(rs.ExecutionAbandoned, BaseException)
    assert not issubclass(rs.ExecutionAbandoned, Exception)

    def body(k: rs.Kernel) -> None:
        p = broken(k)

        @k.process("reader")
        def reader() -> None:
            try:
                _ = k.READ_ONCE(p).value
            except Exception:  # noqa: BLE001
                k.BUG_ON(True)

    assert kinds(body) == ["use_after_free"]


def test_actor_that_swallows_everything_comes_to_an_end(kinds: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        p = broken(k)

        @k.process("stubborn")
        def stubborn() -> None:
            for _ in range(3):
                try:  # noqa: SIM105
                    _ = k.READ_ONCE(p).value
                except BaseException:  # noqa: BLE001, PERF203
                    pass

    assert kinds(body) == ["use_after_free"]


def test_flat_memory_over_many_executions() -> None:
    def body(k: rs.Kernel) -> None:
        x = k.shared("x", 0)

        def actor(number: int) -> None:
            for _ in range(3):
                k.WRITE_ONCE(x, number)

        for number in range(3):
            k.process(f"p{number}", args=(number,))(actor)

    rs.explore(body, max_executions=200)
    tracemalloc.start()
    rs.explore(body, max_executions=200)
    before = tracemalloc.get_traced_memory()[0]
    rs.explore(body, max_executions=600)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 20_000
