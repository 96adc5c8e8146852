# SPDX-License-Identifier: LGPL-2.1-or-later
"""The guard of `with k.rcu_read_side()`, used in other ways than by `with`, and too late."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
import rcuscope as rs

Kinds = Callable[..., list[str]]


def test_guard_of_a_section_is_any_context_manager(kinds: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        @k.process
        def reader() -> None:
            with contextlib.ExitStack() as stack:  # takes the functions from the type
                stack.enter_context(k.rcu_read_side())
                k.WARN_ON(not k.rcu_read_lock_held())
            k.WARN_ON(k.rcu_read_lock_held())
            guard = k.rcu_read_side()
            guard.__enter__()
            k.WARN_ON(not k.rcu_read_lock_held())
            k.WARN_ON(guard.__exit__(None, None, None) is not None)  # it swallows nothing
            k.WARN_ON(k.rcu_read_lock_held())
            with pytest.raises(TypeError, match="expected a guard"):
                type(guard).__dict__["__enter__"].__get__(3)
            with pytest.raises(ZeroDivisionError), guard:
                raise ZeroDivisionError
            k.WARN_ON(k.rcu_read_lock_held())

    assert kinds(body) == []


def test_guard_of_a_run_that_is_over_is_refused() -> None:
    kept: list[Any] = []

    def body(k: rs.Kernel) -> None:
        k.process("reader")(lambda: kept.append(k.rcu_read_side()))

    rs.run(body)
    with pytest.raises(rs.UsageError, match="runs no actor"), kept[0]:
        pass
