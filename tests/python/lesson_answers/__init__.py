# SPDX-License-Identifier: LGPL-2.1-or-later
"""Answers to the exercises: one that is right, and wrong ones, for each."""

from __future__ import annotations

from lesson_answers import (
    lesson_01,
    lesson_02,
    lesson_03,
    lesson_04,
    lesson_05,
    lesson_06,
    lesson_07,
    lesson_08,
    lesson_09,
    lesson_10,
)
from lesson_answers.shared import Answer

_LESSONS = (
    lesson_01,
    lesson_02,
    lesson_03,
    lesson_04,
    lesson_05,
    lesson_06,
    lesson_07,
    lesson_08,
    lesson_09,
    lesson_10,
)
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
