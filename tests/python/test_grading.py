# SPDX-License-Identifier: LGPL-2.1-or-later
"""Answers that do what no answer should: each gets a grade or one clear error."""

from __future__ import annotations

import ast
import contextlib
import inspect
import json
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


def test_what_the_end_misses_is_told() -> None:
    assert "the entry is still on the list" in fails("01.1", lambda *_: None)
    checks = {
        node.name
        for path in Path(inspect.getfile(exercises)).parent.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
        and any(ast.unparse(mark) == "k.at_end" for mark in node.decorator_list)
    }
    assert checks == set(UNMET)


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
