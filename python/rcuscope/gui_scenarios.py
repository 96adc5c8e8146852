# SPDX-License-Identifier: LGPL-2.1-or-later
"""GuiScenarios: what the session page of the viewer can explore, run and step, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import rcuscope as rs
from rcuscope import _core
from rcuscope.complaint import told
from rcuscope.live import Run, as_run
from rcuscope.verdict import Origin

MustEnd = Callable[[], bool]
Report = Callable[[int, int, float, float], object]

_PLAIN = ("question", "reason", "explanation", "fact")


class GuiScenarios:
    """The scenarios of a user's file, then those of the catalogue.

    The window calls every method but `offers` on threads of its own, several at a time. `must_end`
    functions say yes once the user has cancelled: that works like Ctrl-C.

    Attributes:
        has_live: Whether there is a live world.
    """

    def __init__(self, file: str = "", scenarios: dict[str, rs.Scenario] | None = None) -> None:
        """Takes nothing but names; bodies run when somebody asks.

        Args:
            file: Heading for the file's scenarios.
            scenarios: Those of the file, by name.
        """
        self.has_live: bool = _core.has_live
        self._file = file
        self._by_name: dict[str, rs.Scenario] = {
            f"{file}::{name}": scenario for name, scenario in (scenarios or {}).items()
        }
        self._by_name |= rs.catalogue

    def offers(self) -> list[dict[str, Any]]:
        """What is known about each scenario, in the order in which they are shown."""
        return [self._offer(name, scenario) for name, scenario in self._by_name.items()]

    def _offer(self, name: str, scenario: rs.Scenario) -> dict[str, Any]:
        plain = {key: getattr(scenario, key) for key in _PLAIN}
        return {
            **plain,
            "name": name,
            "title": scenario.title or scenario.name,
            "expect": scenario.expect or "",
            "also": list(scenario.also),
            "theme": scenario.theme or self._file,
            "variant": str(scenario.variant),
        }

    def _origin(self, name: str, variant: str) -> Origin:
        scenario = self._by_name[name]
        return Origin(scenario, rs.Variant.parse(variant), scenario.config)

    def explore(
        self, name: str, variant: str, limits: dict[str, Any], report: Report, must_end: MustEnd
    ) -> _core.Verdict:
        """Explores; cancelled, it returns what was found so far.

        Args:
            name: Of an offer.
            variant: As text.
            limits: memory, preemption_bound, max_executions, max_seconds; None = none.
            report: Told of (executions, findings, share done, seconds).
            must_end: See the class.
        """
        origin = self._origin(name, variant)
        options = {**limits, **origin.core_options, "must_end": must_end}
        core_variant = origin.variant._core_variant
        if origin.body is None:
            return _core.explore_catalogue(origin.scenario.name, core_variant, options, report)
        return _core.explore_python(origin.body, core_variant, options, report)

    def run(
        self, name: str, variant: str, repeat: int, flavor: str, must_end: MustEnd
    ) -> tuple[object, list[_core.Finding], int, list[str]] | None:
        """Runs live.

        Returns:
            The trace's store, findings, repetitions, and numbers in words; None when cancelled.
        """
        origin = self._origin(name, variant)
        options: dict[str, Any] = {
            "repeat": repeat,
            "seconds": None,
            "timeout": 10.0,
            "flavor": flavor,
            "trace": "full",
            "record": None,
            "must_end": must_end,
        }
        core_variant, metadata = origin.variant._core_variant, origin.metadata()
        try:
            if origin.body is None:
                found = _core.run_catalogue(origin.scenario.name, core_variant, options, metadata)
            else:
                found = _core.run_python(origin.body, core_variant, options, metadata)
        except KeyboardInterrupt:
            return None
        store, findings, numbers = found
        run = as_run(store, findings, numbers, (origin.scenario.name, origin.variant))
        return store, findings, run.stats.repetitions, _numbers_in_words(run)

    def replay(self, name: str, variant: str, schedule: str, metadata: dict[str, str]) -> object:
        """Runs one schedule again; returns the trace's store."""
        origin = self._origin(name, variant)
        about = {**origin.metadata(), **metadata}
        options, core_variant = origin.core_options, origin.variant._core_variant
        if origin.body is None:
            name = origin.scenario.name
            return _core.replay_catalogue(name, core_variant, schedule, options, about)[0]
        return _core.replay_python(origin.body, core_variant, schedule, options, about)[0]

    def step(self, name: str, variant: str, schedule: str, chosen: int | None) -> dict[str, Any]:
        """Runs the schedule, then the chosen actor; returns where the execution stands."""
        origin = self._origin(name, variant)
        options = {**origin.core_options, "schedule": schedule, "next": chosen}
        core_variant, metadata = origin.variant._core_variant, origin.metadata()
        if origin.body is None:
            return _core.step_catalogue(origin.scenario.name, core_variant, options, metadata)
        return _core.step_python(origin.body, core_variant, options, metadata)

    def told(self, error: BaseException) -> str:
        """What the window says about an error of a scenario."""
        if isinstance(error, _core.UsageError | _core.NondeterminismError):
            return str(error)
        if not isinstance(error, Exception):
            return f"{type(error).__name__}: {error}"
        return told(error).removeprefix("an error in what was to run:\n")


def _numbers_in_words(run: Run) -> list[str]:
    stats = run.stats
    words = [f"{stats.repetitions:,} repetitions"]
    if stats.grace_periods:
        words.append(f"{stats.grace_periods:,} grace periods: {stats.grace_period}")
    words.append(f"{stats.sections:,} read-side critical sections")
    if stats.events_lost:
        words.append(f"{stats.events_lost:,} events lost")
    return words
