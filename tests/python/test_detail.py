"""Levels of detail: what a coarse one leaves out could not be seen, and errors stay."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import rcuscope as rs
from hypothesis import given
from hypothesis import strategies as st
from rcuscope import _core

INTERVALS = st.lists(
    st.tuples(
        st.integers(0, 5000), st.integers(0, 60), st.integers(0, 2), st.integers(0, 20).map(bool)
    ),
    min_size=1,
    max_size=300,
).map(sorted)


def columns(intervals: list[tuple[int, int, int, bool]]) -> tuple[Any, Any, Any, Any]:
    start, length, slot, is_plain = (np.array(one) for one in zip(*intervals, strict=True))
    return start, start + length, slot.astype(np.int32), ~is_plain.astype(np.bool_)


def pixels(start: Any, end: Any, slot: Any, resolution: int) -> set[tuple[int, int]]:
    """(slot, pixel) of all that is covered, a pixel wider at each side."""
    return {
        (int(where), pixel)
        for first, last, where in zip(start, end, slot, strict=True)
        for pixel in range(int(first) // resolution - 1, int(last) // resolution + 2)
    }


@given(INTERVALS)
def test_a_level_covers_the_same_pixels(intervals: list[tuple[int, int, int, bool]]) -> None:
    start, end, slot, is_important = columns(intervals)
    for resolution, rows, ends in _core.detail_levels(start, end, slot, is_important):
        assert (np.diff(rows) > 0).all()
        assert len(rows) <= len(start) * 3 / 4 + 1
        left_out = np.setdiff1d(np.arange(len(start)), rows)
        assert (end - start)[left_out].max(initial=0) < resolution
        assert not is_important[left_out].any()
        kept = pixels(start[rows], ends, slot[rows], resolution)
        for row in left_out:
            assert (int(slot[row]), int(start[row]) // resolution) in kept
        true = pixels(start, end, slot, resolution)
        assert pixels(start[rows], ends, slot[rows], resolution) <= true


def test_coarse_levels_are_as_large_as_a_picture() -> None:
    count = 200_000
    start = np.arange(count)
    slot = np.zeros(count, np.int32)
    levels = _core.detail_levels(start, start, slot, np.zeros(count, np.bool_))
    assert [resolution for resolution, _, _ in levels] == [195, 48, 12, 3]
    assert [len(rows) for _, rows, _ in levels] == [1026, 4167, 16667, 66667]


def test_columns_of_different_lengths_are_refused() -> None:
    one, two = np.zeros(1, np.int64), np.zeros(2, np.int64)
    with pytest.raises(rs.UsageError, match="columns of one length"):
        _core.detail_levels(one, two, one.astype(np.int32), np.zeros(1, np.bool_))
