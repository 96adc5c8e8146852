# SPDX-License-Identifier: LGPL-2.1-or-later
"""The exercises of the lessons: what is asked, and the programs around an answer. No answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rcuscope.exercises import (
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
from rcuscope.exercises.form import Answer, Exercise

__all__ = ["EXERCISES", "TITLES", "Answer", "Exercise"]

_LESSONS: Final = {
    "01": lesson_01,
    "02": lesson_02,
    "03": lesson_03,
    "04": lesson_04,
    "05": lesson_05,
    "06": lesson_06,
    "07": lesson_07,
    "08": lesson_08,
    "09": lesson_09,
    "10": lesson_10,
}
TITLES: Final[Mapping[str, str]] = {number: lesson.TITLE for number, lesson in _LESSONS.items()}
EXERCISES: Final[Mapping[str, Exercise]] = {
    exercise.name: exercise for lesson in _LESSONS.values() for exercise in lesson.EXERCISES
}
