# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lessons whose exercises are graded by the model checker: every schedule of an answer is tried."""

from __future__ import annotations

import json
import os
import shutil
from os import PathLike
from pathlib import Path
from typing import Any

from rcuscope import _core
from rcuscope.answer_call import check_is_plain
from rcuscope.exercises import EXERCISES, TITLES, Answer, Exercise
from rcuscope.grading import Grade, grade

__all__ = ["TITLES", "Grade", "check", "copy", "hint", "notebook", "passed", "task"]


def _find(name: object) -> Exercise:
    if not isinstance(name, str) or name not in EXERCISES:
        raise ValueError(f"exercise {name!r}: expected one of {', '.join(EXERCISES)}")
    return EXERCISES[name]


def check(name: str, answer: Answer) -> Grade:
    """Grades an answer with the model checker, and keeps what passed.

    Args:
        name: Of the exercise: "01.1".
        answer: A function; `lessons.task(name)` says how it is called.

    Returns:
        A grade that is true if the answer passed, and shows a counterexample if not.

    Raises:
        ValueError: for an unknown exercise.
        TypeError: if the answer is no function, or a generator or `async` function.

    Example:
        >>> import rcuscope as rs
        >>> def remove(k, entry):
        ...     k.list_del_rcu(entry)
        ...     k.kfree(entry)
        >>> rs.lessons.check("01.1", remove).findings[0].kind
        'use_after_free'
    """
    exercise = _find(name)
    check_is_plain(name, answer)
    graded = grade(exercise, answer)
    if graded.passed:
        _keep(name)
    return graded


def task(name: str) -> str:
    """What an exercise asks, and how an answer is called.

    Example:
        >>> import rcuscope as rs
        >>> print(rs.lessons.task("08.2"))
        08.2: Remove an entry and have it freed, while a spinlock is held.
        Your function: remove(k, entry)
    """
    exercise = _find(name)
    return f"{name}: {exercise.task}\nYour function: {exercise.call}"


def hint(name: str, number: int = 1) -> str:
    """One of the hints, from 1; each gives more away.

    Example:
        >>> import rcuscope as rs
        >>> rs.lessons.hint("05.1", 2)
        'Look at `hold_device`.'
    """
    hints = _find(name).hints
    if not isinstance(number, int) or not 1 <= number <= len(hints):
        raise ValueError(f"hint {number!r} of {name}: expected 1 to {len(hints)}")
    return hints[number - 1]


# ---- notebooks
def notebook(lesson: str) -> Path:
    """The notebook of a lesson, as it was installed; `copy` makes one to work in.

    Args:
        lesson: Its number: "03".

    Raises:
        ValueError: for an unknown lesson.
        OSError: if this installation came without notebooks.

    Example:
        >>> import rcuscope as rs
        >>> rs.lessons.notebook("01").name
        '01_grace_period.ipynb'
    """
    if lesson not in TITLES:
        raise ValueError(f"lesson {lesson!r}: expected one of {', '.join(TITLES)}")
    folder = Path(_core.__file__).parent / "notebooks"
    for path in folder.glob(f"{lesson}_*.ipynb"):
        return path
    raise FileNotFoundError(f"no notebook of lesson {lesson} in {folder}: install rcuscope anew")


def copy(lesson: str, folder: str | PathLike[str] = ".") -> Path:
    """Copies the notebook of a lesson, to work in the copy.

    Args:
        lesson: Its number: "03".
        folder: Where to; made if it is not there.

    Returns:
        The copy.

    Raises:
        ValueError: for an unknown lesson.
        FileExistsError: if there is such a file already; it may hold answers.
        OSError: if it cannot be written.

    Example:
        >>> import rcuscope as rs, tempfile
        >>> rs.lessons.copy("01", tempfile.mkdtemp()).name
        '01_grace_period.ipynb'
    """
    found = notebook(lesson)
    target = Path(folder) / found.name
    if target.exists():
        raise FileExistsError(f"{target} is there already and may hold answers: move it away")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(found, target)
    return target


# ---- progress, which stays on this machine
def _file() -> Path:
    chosen = os.environ.get("XDG_STATE_HOME")
    return (Path(chosen) if chosen else Path.home() / ".local/state") / "rcuscope/lessons.json"


def passed() -> tuple[str, ...]:
    """Names of the exercises that were passed on this machine, sorted."""
    try:
        kept: Any = json.loads(_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):  # none yet, or not ours: progress is a comfort, no more
        return ()
    return tuple(name for name in EXERCISES if isinstance(kept, list) and name in kept)


def _keep(name: str) -> None:
    names = sorted({*passed(), name})
    try:
        _file().parent.mkdir(parents=True, exist_ok=True)
        _file().write_text(json.dumps(names), encoding="utf-8")
    except OSError:  # a home that cannot be written is no reason to refuse a grade
        return
