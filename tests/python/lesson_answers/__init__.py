# SPDX-License-Identifier: LGPL-2.1-or-later
"""Answers to the exercises: one that is right, and wrong ones, for each."""

from __future__ import annotations

from importlib import import_module

from rcuscope.lessons import TITLES

from lesson_answers.shared import Answer

_LESSONS = [import_module(f"lesson_answers.lesson_{number}") for number in TITLES]
RIGHT: dict[str, Answer] = {name: a for lesson in _LESSONS for name, a in lesson.RIGHT.items()}
WRONG: dict[str, tuple[Answer, ...]] = {
    name: answers for lesson in _LESSONS for name, answers in lesson.WRONG.items()
}
# Other ways to be right.
OTHER_RIGHT: list[tuple[str, Answer]] = [
    (name, answer)
    for lesson in _LESSONS
    for name, answers in getattr(lesson, "OTHER_RIGHT", {}).items()
    for answer in answers
]
