# SPDX-License-Identifier: LGPL-2.1-or-later
"""Work units of a search on any executor: other processes, other machines."""

from __future__ import annotations

import functools
import os
import pickle
import time
import warnings
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from typing import Any, Final, NamedTuple

from rcuscope import _core, checkpoint
from rcuscope.cells import cell_options
from rcuscope.verdict import Origin

_UNIT_SECONDS: Final = 1.0  # less would be spent on sending
_UNIT_SECONDS_MIN: Final = 0.05  # just before max_seconds is over
_POLL_SECONDS: Final = 0.1
_PROGRESS_SECONDS: Final = 0.05
_UNITS_PER_CPU: Final = 4  # so that no worker waits for its next unit
_LOST_IN_A_ROW_MAX: Final = 50
_UNIT_SECONDS_HERE: Final = 0.2  # in this process: between two reports of progress

Save = Callable[[bytes], None]
Report = Callable[[int, int, float, float], object]


class _Answer(NamedTuple):
    """What a unit brought: its result, or what the scenario raised."""

    result: bytes
    error: BaseException | None


@functools.lru_cache(maxsize=8)
def _unpack(payload: bytes) -> tuple[Origin, dict[str, Any]]:
    origin, options = pickle.loads(payload)
    return origin, options


def run_unit(
    payload: bytes, unit: bytes, seconds: float, max_seconds: float | None = None
) -> _Answer:
    """Explores one unit; called by a worker of the executor.

    Args:
        payload: Scenario, variant and options, pickled.
        unit: What `_core.Division.next` gave.
        seconds: The unit pauses then, between two executions; what is left comes back.
        max_seconds: What the whole search has left: then an execution ends where it is. None = no
            limit.
    """
    try:
        origin, options = _unpack(payload)
        options = {**options, **origin.core_options, "max_seconds": max_seconds}
        variant = origin.variant._core_variant
        if origin.body is None:
            name = origin.scenario.name
            result = _core.run_unit_of_catalogue(name, variant, options, unit, seconds)
        else:
            result = _core.run_unit_in_python(origin.body, variant, options, unit, seconds)
        return _Answer(result, None)
    except Exception as error:  # noqa: BLE001  it is the caller's, and must not look like a loss
        return _Answer(b"", _sendable(error))


def _sendable(error: Exception) -> Exception:
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # noqa: BLE001  whatever its pickling raises
        return RuntimeError(f"{type(error).__name__} in a worker: {error}")
    return error


def pack(origin: Origin, options: dict[str, Any]) -> bytes:
    """Scenario, variant and options for workers.

    Raises:
        ValueError: if the scenario cannot be sent.
    """
    try:
        return pickle.dumps((origin, {**options, **cell_options()}))
    except Exception as error:
        raise ValueError(
            f"scenario {origin.scenario.name!r} cannot be sent to other processes: {error}"
        ) from error


class Dispatch:
    """One search on one executor.

    Invariant: every unit that the division handed out is in `_under_way`, or was completed or given
    back.
    """

    def __init__(
        self,
        executor: Executor,
        division: _core.Division,
        payload: bytes,
        *,
        units: int | None,
        max_seconds: float | None,
        report: Report | None,
        save: Save | None,
    ) -> None:
        """Submits nothing yet.

        Args:
            executor: Runs `run_unit`.
            division: Of the search.
            payload: As `pack` made it.
            units: Under way at the same time; None = four for each CPU of this machine.
            max_seconds: Of wall time; None = no limit.
            report: Told of (executions, findings, share done, seconds) every 50 ms.
            save: Given the division's state every two seconds and at the end.
        """
        self._executor = executor
        self._division = division
        self._payload = payload
        self._units = units or max(8, _UNITS_PER_CPU * (os.cpu_count() or 1))
        self._max_seconds = max_seconds
        self._report = report
        self._save = save
        self._under_way: dict[Future[_Answer], int] = {}
        self._lost_in_a_row = 0
        self._has_answered = False  # then there is something to lose
        self._is_broken = False  # then this process explores what is left
        self._start = time.monotonic()
        self._last_report = self._last_save = self._start

    def run(self) -> _core.Verdict:
        """Explores until nothing is left or a limit ends it.

        An executor that breaks on the way, as a process pool does when a worker is killed, loses
        nothing: with a `RuntimeWarning`, this process explores what is left.

        Raises:
            RuntimeError: if the executor breaks before it has brought anything.
            Exception: what the scenario's set-up raises.
        """
        try:
            while not self._division.is_done:
                if self._is_broken:
                    self._explore_here()
                else:
                    self._submit()
                    self._collect()
                self._look_at_clock()
        except KeyboardInterrupt:
            self._division.stop("interrupted")
        finally:
            for future in self._under_way:
                future.cancel()
            if self._save is not None:
                self._save(self._division.state())
        return self._division.verdict(self._seconds())

    def _seconds(self) -> float:
        return time.monotonic() - self._start

    def _unit_seconds(self) -> tuple[float, float | None]:
        """Of a unit, and of the whole search."""
        if self._max_seconds is None:
            return _UNIT_SECONDS, None
        left = max(_UNIT_SECONDS_MIN, self._max_seconds - self._seconds())
        return min(_UNIT_SECONDS, left), left

    def _submit(self) -> None:
        while len(self._under_way) < self._units:
            handed_out = self._division.next(self._units - len(self._under_way))
            if handed_out is None:
                return
            number, unit = handed_out
            try:
                future = self._executor.submit(run_unit, self._payload, unit, *self._unit_seconds())
            except RuntimeError as error:  # it is broken or shut down
                self._division.give_back(number)
                if not self._has_answered:
                    raise RuntimeError(f"executor={self._executor!r} takes no more work") from error
                self._give_up_executor(f"takes no more work ({error})")
                return
            self._under_way[future] = number

    def _give_up_executor(self, reason: str) -> None:
        """What is under way comes back as lost, or as an answer."""
        if self._is_broken:
            return
        self._is_broken = True
        for future in self._under_way:
            future.cancel()
        warnings.warn(
            f"executor={self._executor!r} {reason}: what is left is explored by this process alone",
            RuntimeWarning,
            stacklevel=2,
        )

    def _explore_here(self) -> None:
        """One unit, after the answers that still come from the executor."""
        if self._under_way:
            return self._collect()
        handed_out = self._division.next(1)
        if handed_out is None:
            return None
        number, unit = handed_out
        seconds, left = self._unit_seconds()
        answer = run_unit(self._payload, unit, min(seconds, _UNIT_SECONDS_HERE), left)
        return self._take(number, answer)

    def _collect(self) -> None:
        done, _ = wait(self._under_way, timeout=_POLL_SECONDS, return_when=FIRST_COMPLETED)
        self._stop_in_time()  # before an answer says that its worker was interrupted
        for future in done:
            number = self._under_way.pop(future)
            try:
                answer = future.result()
            except (Exception, CancelledError) as error:  # noqa: BLE001  a worker is gone
                self._lose(number, error)
                continue
            self._lost_in_a_row = 0
            self._has_answered = True
            self._take(number, answer)

    def _take(self, number: int, answer: _Answer) -> None:
        if answer.error is not None:
            self._division.give_back(number)
            raise answer.error
        self._division.complete(number, answer.result)

    def _lose(self, number: int, error: BaseException) -> None:
        self._division.give_back(number)
        self._lost_in_a_row += 1
        if self._lost_in_a_row > _LOST_IN_A_ROW_MAX:
            if not self._has_answered:
                raise RuntimeError(
                    f"executor={self._executor!r} lost {self._lost_in_a_row} work units in a row"
                ) from error
            self._give_up_executor(f"lost {self._lost_in_a_row} work units in a row ({error!r})")

    def _stop_in_time(self) -> None:
        if self._max_seconds is not None and self._seconds() >= self._max_seconds:
            self._division.stop("max_seconds")

    def _look_at_clock(self) -> None:
        self._stop_in_time()
        seconds = self._seconds()
        now = time.monotonic()
        if self._report is not None and now - self._last_report >= _PROGRESS_SECONDS:
            self._last_report = now
            so_far = self._division.verdict(seconds)
            share = self._division.share_done
            self._report(so_far.executions, len(so_far.findings), share, seconds)
        if self._save is not None and now - self._last_save >= checkpoint.SAVE_SECONDS:
            self._last_save = now
            self._save(self._division.state())
