# SPDX-License-Identifier: LGPL-2.1-or-later
"""Answers that do what no answer should: each gets a grade or one clear error."""

from __future__ import annotations

import ast
import contextlib
import inspect
import json
import re
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import rcuscope as rs
from lesson_answers import RIGHT
from rcuscope import _core, answer_call, exercises, lessons
from rcuscope.exercises.form import UNMET, NotYet, whole_number

READER = Path(_core.__file__).parent / "bin" / "rcuscope-read-dat"
OUTSIDE = [  # called as they are, not as an actor of the model
    "01.2",
    "02.1",
    pytest.param("09.1", marks=pytest.mark.skipif(not READER.exists(), reason="no libtracecmd")),
    "10.3",
]


@pytest.fixture(autouse=True)
def _own_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def fails(name: str, answer: Any) -> str:
    grade = lessons.check(name, answer)
    assert not grade, str(grade)
    return grade.message


# ---- answers that end the program, raise or loop
@pytest.mark.parametrize("name", OUTSIDE)
def test_exit_in_an_answer_does_not_pass(name: str) -> None:
    assert "ends the program" in fails(name, lambda *_: sys.exit(0))


@pytest.mark.parametrize("name", OUTSIDE)
def test_error_of_an_answer_is_told_with_its_line(name: str) -> None:
    told = fails(name, lambda *_: 1 / 0)
    assert "ZeroDivisionError: division by zero" in told
    assert "1 / 0" in told.split("line ")[1]


def loops(*_: object) -> None:
    while True:
        pass


def loops_and_catches(*_: object) -> None:
    while True:
        with contextlib.suppress(Exception):
            loops()


def catches_all_twice(*_: object) -> None:
    for _ in range(2):
        with contextlib.suppress(BaseException):
            loops()


def yields_for_ever(_: object) -> Any:
    return iter(int, 1)


@pytest.mark.parametrize("answer", [loops, loops_and_catches, catches_all_twice])
@pytest.mark.parametrize("name", OUTSIDE)
def test_endless_answer_is_stopped(name: str, answer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_call, "SECONDS_MAX", 0.2)
    assert "Your function does not end: stopped after 0.2 s" in fails(name, answer)


def test_endless_iterator_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_call, "_ITEMS_MAX", 10)
    assert "returned [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]; expected an int" in fails(
        "10.3", yields_for_ever
    )


def test_endless_answer_is_stopped_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_call, "SECONDS_MAX", 0.2)
    told: list[str] = []
    thread = threading.Thread(target=lambda: told.append(fails("02.1", loops)))
    thread.start()
    thread.join(30)
    assert told
    assert "does not end" in told[0]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # in a finalizer
def test_nothing_is_raised_after_an_answer_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_call, "SECONDS_MAX", 0.0005)
    until = time.monotonic() + 1
    while time.monotonic() < until:  # the time is up at any point of the call and of its end
        with contextlib.suppress(NotYet):
            answer_call.call(lambda: sum(range(20_000)))


def test_interrupt_ends_an_endless_answer(run_script: Any) -> None:
    done = run_script(
        "import os, signal, threading, rcuscope as rs\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "def loops():\n"
        "    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
        "    while True: pass\n"
        "try:\n"
        "    rs.lessons.check('02.1', loops)\n"
        "except KeyboardInterrupt:\n"
        "    print('interrupted')\n",
        timeout=15,
    )
    assert done.stdout == "interrupted\n", done.stderr


def test_signal_handlers_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_call, "SECONDS_MAX", 0.2)
    kept = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGALRM)
    fails("02.1", loops)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGALRM)) == kept


def test_endless_answer_in_the_model_is_told() -> None:
    def spins(_: rs.Kernel, entry: Any) -> None:
        while True:
            entry.value = 1

    assert "Your function does not end" in fails("01.1", spins)


def generator(*_: object) -> Iterator[int]:
    yield 1


async def coroutine(*_: object) -> None:
    """Awaits nothing."""


async def async_generator(*_: object) -> AsyncIterator[int]:
    yield 1


class GeneratorObject:
    def __call__(self, *_: object) -> Iterator[int]:
        yield 1


@pytest.mark.parametrize("answer", [generator, coroutine, async_generator, GeneratorObject()])
@pytest.mark.parametrize("name", ["01.1", "02.1", "09.1"])
def test_generators_and_async_functions_are_refused(name: str, answer: Any) -> None:
    with pytest.raises(TypeError, match=r"calling it runs nothing: use a plain def"):
        lessons.check(name, answer)


# ---- the scheduler is the student
def then_more(name: str) -> Any:
    def answer(session: rs.Session) -> None:
        RIGHT[name](session)
        for _ in range(100):
            session.choose(0)

    return answer


@pytest.mark.parametrize("name", ["01.2", "04.1", "06.1"])
def test_a_choice_too_many_after_the_defect_passes(name: str) -> None:
    assert lessons.check(name, then_more(name))


def test_a_choice_too_many_without_the_defect_is_told() -> None:
    def answer(session: rs.Session) -> None:
        for _ in range(100):
            session.choose(0)

    assert "the execution is over; undo() goes back a step" in fails("01.2", answer)


def test_an_error_after_the_defect_is_an_error() -> None:
    def answer(session: rs.Session) -> None:
        RIGHT["01.2"](session)
        raise RuntimeError("mine")

    assert "RuntimeError: mine" in fails("01.2", answer)


def test_closed_session_is_told() -> None:
    def answer(session: rs.Session) -> None:
        with session:
            RIGHT["01.2"](session)

    assert "closes the session" in fails("01.2", answer)


# ---- values
class EqualToAll:
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return True


@pytest.mark.parametrize(
    ("name", "returned", "told"),
    [
        ("10.3", EqualToAll(), "expected an int"),
        ("10.3", True, "returned True; expected an int"),
        ("09.1", None, "returned None; expected a list of ints"),
        ("09.1", [1], "the list has length 1; right is 19"),
        ("09.1", ["x"] * 19, "call 0 has 'x'; expected an int"),
        ("09.3", "yes", "returned 'yes'; expected True or False"),
    ],
)
def test_wrong_kind_of_value_is_told(name: str, returned: Any, told: str) -> None:
    if name.startswith("09") and not READER.exists():
        pytest.skip("built without libtracecmd")
    assert told in fails(name, lambda _: returned)


def test_whole_numbers() -> None:
    given: list[Any] = [3, 3.0, 3.5, float("inf"), float("nan"), True, "3", None]
    assert [whole_number(value) for value in given] == [3, 3, *[None] * 6]


# ---- what a student reads
def has_check(function: ast.FunctionDef) -> bool:
    """Whether a WARN_ON stands in it, and in no function within it."""
    inner: list[ast.AST] = [*function.body]
    while inner:
        node = inner.pop()
        if isinstance(node, ast.Attribute) and node.attr == "WARN_ON":
            return True
        if not isinstance(node, ast.FunctionDef):
            inner += ast.iter_child_nodes(node)
    return False


def test_every_check_has_words_of_its_own() -> None:
    functions = [
        node
        for path in Path(inspect.getfile(exercises)).parent.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    ]
    assert {node.name for node in functions if has_check(node)} == set(UNMET)


def test_a_missed_check_is_told_by_its_words_alone() -> None:
    told = str(lessons.check("01.1", lambda *_: None))
    assert told.splitlines()[0].endswith("the entry is still on the list at the end.")
    assert re.fullmatch(r"  schedule: s1:\S+", told.splitlines()[1])
    assert len(told.splitlines()) == 2
    assert "returns neither 1 nor None" in fails("08.1", lambda *_: "first")
    assert "does not return 2" in fails("08.1", lambda *_: None)


def test_error_in_the_model_is_told_as_the_students_own() -> None:
    def typo(k: Any, entry: Any) -> None:
        k.list_del_rcu(entry)
        k.synchronise_rcu()

    grade = lessons.check("01.1", typo)
    assert "has no attribute 'synchronise_rcu'. Did you mean 'synchronize_rcu'? (line " in str(
        grade
    )
    assert str(grade).split("(line ")[1].split(": ")[1].startswith("k.synchronise_rcu())")
    assert "Traceback" not in str(grade)
    assert grade.findings[0].kind == "error"
    assert fails("01.1", lambda _: None).endswith("takes 1 positional argument but 2 were given.")


def test_schedule_without_a_defect_is_shown_with_what_could_follow() -> None:
    def stops_early(session: rs.Session) -> None:
        session.choose("interrupt")

    grade = lessons.check("01.2", stops_early)
    assert "shows no defect yet. Who could go on:\n  interrupt: " in grade.message
    assert "image/svg+xml" in grade._repr_mimebundle_()
    assert "chooses nobody: session.choose('interrupt')" in fails("01.2", lambda _: None)

    def runs_through(session: rs.Session) -> None:
        while not session.is_over:
            session.choose(0)

    assert "runs to the end, and nothing goes wrong" in fails("01.2", runs_through)


def test_the_cause_of_an_endless_wait_comes_first() -> None:
    def never_leaves(k: Any, devices: Any, wanted: int) -> int | None:
        k.rcu_read_lock()
        for entry in k.list_for_each_entry_rcu(devices):
            if entry.value == wanted:
                return wanted
        k.rcu_read_unlock()
        return None

    grade = lessons.check("08.1", never_leaves)
    assert "ends in lock_imbalance" in grade.message
    assert "every grace period from now on waits for ever" in grade.findings[0].explanation
    (deadlock,) = (one for one in grade.findings if one.kind == "deadlock")
    assert "'reader', which has ended inside its read-side critical section" in deadlock.message
    assert "waits for itself" not in deadlock.explanation


def test_the_memory_of_an_entry_is_not_all_that_readers_use() -> None:
    assert "use_after_free" in fails("02.3", lambda: rs.Variant(reclaim="kfree_rcu"))


@pytest.mark.parametrize(
    ("returned", "told"),
    [
        ("list_del", "returned 'list_del'; wanted is an rs.Variant"),
        (None, "returned None; wanted is an rs.Variant"),
        (rs.Variant(), "the patch as posted: change one decision"),
        (rs.Variant(unlink="list_del", reclaim="none"), "changes 2 decisions; wanted is one"),
    ],
)
def test_wrong_choice_is_told(returned: Any, told: str) -> None:
    assert told in fails("02.1", lambda: returned)


# ---- files
RIGHT_TEXT = """
def remove(k, entry):
    k.list_del_rcu(entry)
    k.synchronize_rcu()
    k.kfree(entry)
"""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("import sys\nsys.exit(0)\n", "ends the program, SystemExit(0)"),
        ("def f(:\n    pass\n", "mine.py, line 1: SyntaxError: invalid syntax"),
    ],
)
@pytest.mark.parametrize("command", [("lesson", "01.1"), ("explore",)])
def test_file_that_cannot_run_is_one_error(
    run_cli: Any, tmp_path: Path, command: tuple[str, ...], text: str, told: str
) -> None:
    (tmp_path / "mine.py").write_text(text)
    done = run_cli(*command, "mine.py")
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_exit_in_a_scenarios_body_is_an_error(run_cli: Any, tmp_path: Path) -> None:
    text = "import sys, rcuscope as rs\n@rs.scenario\ndef ends(k):\n    sys.exit(0)\n"
    (tmp_path / "mine.py").write_text(text)
    done = run_cli("explore", "mine.py")
    assert (done.returncode, done.stdout) == (2, "")
    assert "the scenario ends the program, SystemExit(0)" in done.stderr


@pytest.mark.parametrize("command", [("lesson", "01.1"), ("explore",)])
def test_error_of_a_file_begins_with_its_own_line(
    run_cli: Any, tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "mine.py").write_text("def f():\n    1 / 0\n\nf()\n")
    done = run_cli(*command, "mine.py")
    assert done.returncode == 2
    frames = [line for line in done.stderr.splitlines() if line.startswith("  File")]
    assert ["mine.py" in frame for frame in frames] == [True, True], done.stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("answer = 5\n", "the answer to 01.1 is 5: expected a function"),
        ("", "mine.py defines no function `answer` or `remove`"),
        ("def remove(k, entry):\n    yield\n", "use a plain def"),
    ],
)
def test_file_without_an_answer_is_told(run_cli: Any, tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "mine.py").write_text(text)
    done = run_cli("lesson", "01.1", "mine.py")
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_function_of_the_tasks_name_is_the_answer(run_cli: Any, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(RIGHT_TEXT)
    assert run_cli("lesson", "01.1", "mine.py").returncode == 0
    file.write_text(RIGHT_TEXT + "def answer(k, entry):\n    pass\n")
    assert run_cli("lesson", "01.1", "mine.py").returncode == 1
    assert "as `remove` or as `answer`" in run_cli("lesson", "01.1").stdout
    assert all(
        (exercise.call.partition("(")[0]).isidentifier()
        for exercise in exercises.EXERCISES.values()
    )


def test_exit_in_a_submission_does_not_set_the_status(run_cli: Any, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("import sys\ndef choose():\n    sys.exit(0)\n")
    done = run_cli("lesson", "02.1", "mine.py", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["passed"] is False


def test_folder_and_file_in_the_wrong_place_are_told(run_cli: Any, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(RIGHT_TEXT)
    folder = run_cli("lesson", "01.1", ".")
    assert folder.returncode == 2
    assert ". is a folder: expected a Python file" in folder.stderr
    lesson = run_cli("lesson", "01", "mine.py")
    assert lesson.returncode == 2
    assert "mine.py is a file" in lesson.stderr
    assert "rcuscope lesson 01.1 mine.py" in lesson.stderr
