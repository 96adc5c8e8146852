# SPDX-License-Identifier: LGPL-2.1-or-later
"""`rcuscope lesson`: the exercises from a terminal."""

from __future__ import annotations

import argparse
import json
import runpy
import sys
from pathlib import Path
from typing import Any, Final

from rcuscope import lessons
from rcuscope.answer_call import check_is_plain
from rcuscope.exercises import EXERCISES
from rcuscope.loading import running

_FUNCTION: Final = "answer"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument(
        "exercise", nargs="?", help="such as 01.1, or a lesson: 01; without it they are listed"
    )
    parser.add_argument(
        "file",
        nargs="?",
        help="a Python file with the function that the task names, or `answer`; of a lesson, the "
        "folder for its notebook",
    )
    parser.add_argument("--hint", type=int, metavar="N", help="print a hint; each says more")


def command(arguments: argparse.Namespace) -> int:
    """Runs the command as it was parsed."""
    given = arguments.exercise, arguments.file
    return run(*given, hint=arguments.hint, as_json=arguments.json)


def _list(chosen: str | None = None) -> tuple[str, dict[str, Any]]:
    """The exercises of a lesson, or of all."""
    done = lessons.passed()
    lines, record = [], []
    for lesson, title in lessons.TITLES.items():
        if chosen not in (None, lesson):
            continue
        names = [name for name in EXERCISES if name.startswith(f"{lesson}.")]
        lines.append(f"{lesson}  {title}")
        lines += [
            f"  {'x' if name in done else ' '} {name}  {EXERCISES[name].task}" for name in names
        ]
        record += [{"exercise": name, "lesson": title, "passed": name in done} for name in names]
    return "\n".join(lines), {"exercises": record}


def _tell_lesson(lesson: str, folder: str | None) -> tuple[str, dict[str, Any]]:
    """Its exercises and its notebook, which is copied if a folder is given."""
    text, record = _list(lesson)
    if folder is not None:
        if Path(folder).is_file():
            raise NotADirectoryError(
                f"{folder} is a file: expected a folder for the notebook of lesson {lesson}; to "
                f"grade an answer, name its exercise: rcuscope lesson {lesson}.1 {folder}"
            )
        path = lessons.copy(lesson, folder)
        return f"{path}: open it with Jupyter", {**record, "notebook": str(path)}
    path = lessons.notebook(lesson)
    text += f"\nnotebook: {path}\nto work in a copy: rcuscope lesson {lesson} FOLDER"
    return text, {**record, "notebook": str(path)}


def _own_name(exercise: str) -> str:
    """Of the function that the task asks for: `remove`."""
    return EXERCISES[exercise].call.partition("(")[0]


def _answer_of(file: str, exercise: str) -> Any:
    """The answer in a Python file, whose errors are its author's."""
    if Path(file).is_dir():
        raise IsADirectoryError(f"{file} is a folder: expected a Python file with the answer")
    with running(file):
        found = runpy.run_path(file)
    names = _FUNCTION, _own_name(exercise)
    for name in names:
        if name in found:
            check_is_plain(exercise, found[name])
            return found[name]
    raise ValueError(f"{file} defines no function `{names[0]}` or `{names[1]}`")


def run(exercise: str | None, file: str | None, *, hint: int | None, as_json: bool) -> int:
    """Lists the exercises, tells one, grades a file, or copies a lesson's notebook.

    Args:
        exercise: Its name, or the number of a lesson; None = list them all.
        file: Defines the function that the task names, or `answer`; or the folder for a lesson's
            notebook; None = tell what is asked.
        hint: Number of the hint to print, from 1.
        as_json: Print one JSON record.

    Returns:
        0, or 1 if the answer did not pass.

    Raises:
        ValueError: for an unknown exercise or hint, or a file without an answer.
        OSError: if the file cannot be read.
    """
    status = 0
    record: dict[str, Any]
    if exercise is None:
        text, record = _list()
    elif exercise in lessons.TITLES:
        if hint is not None:
            raise ValueError(f"--hint of lesson {exercise}: hints are of exercises: {exercise}.1")
        text, record = _tell_lesson(exercise, file)
    elif hint is not None:
        text = lessons.hint(exercise, hint)
        record = {"exercise": exercise, "hint": text}
    elif file is None:
        text = lessons.task(exercise)
        record = {"exercise": exercise, "task": text}
        text += (
            f"\nPut it into a file, as `{_own_name(exercise)}` or as `{_FUNCTION}`: "
            f"rcuscope lesson {exercise} FILE"
        )
    else:
        lessons.task(exercise)  # an unknown name is told before the file runs
        grade = lessons.check(exercise, _answer_of(file, exercise))
        text, status = str(grade), 0 if grade else 1
        findings = [finding.to_dict() for finding in grade.findings]
        record = {"exercise": exercise, "passed": grade.passed, "message": grade.message}
        record["findings"] = findings
    sys.stdout.write((json.dumps(record, indent=2) if as_json else text) + "\n")
    return status
