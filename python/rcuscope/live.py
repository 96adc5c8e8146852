# SPDX-License-Identifier: LGPL-2.1-or-later
"""Running live: a scenario on real threads over liburcu, once or many times."""

from __future__ import annotations

import atexit
import contextlib
import itertools
import json
import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Final, TypeVar

from rcuscope import _core, show
from rcuscope.cells import cell_options
from rcuscope.iommu import Iommu, check_iommu, core_options
from rcuscope.scenario import Body, Scenario, as_scenario, check_number
from rcuscope.trace import Trace
from rcuscope.variant import Variant
from rcuscope.verdict import Finding, Origin

FLAVORS: Final = ("memb", "mb", "bp", "qsbr")
LEVELS: Final = ("full", "section", "logical", "off")
RECORD_VARIABLE: Final = "RCUSCOPE_RECORD"
"""Environment: folder for the traces of all live runs, set by `rcuscope record`."""
_recording_numbers: Final = itertools.count(1)


@dataclass(frozen=True, kw_only=True)
class Latency:
    """Percentiles of a latency, in ns; all are 0 where `count` is."""

    count: int
    p50: int
    p90: int
    p99: int
    max: int

    def __str__(self) -> str:
        """In words, in microseconds: "p50 2.2 us, p90 3.8 us, p99 7.5 us, max 7.5 us"."""
        if self.count == 0:
            return "nothing measured"
        return ", ".join(
            f"{name} {getattr(self, name) / 1000:,.1f} us" for name in ("p50", "p90", "p99", "max")
        )

    def told(self, plural: str, call: str) -> str:
        """How often and how long: "56 grace periods; synchronize_rcu took p50 2.2 us, ..."."""
        if self.count == 0:
            return f"no {plural}: {call} was never waited for, so it has no latency"
        noun = plural.removesuffix("s") if self.count == 1 else plural
        return f"{self.count:,} {noun}; {call} took {self}"


_Run = TypeVar("_Run", bound="Run")

NO_LATENCY: Final = Latency(count=0, p50=0, p90=0, p99=0, max=0)


@dataclass(frozen=True, kw_only=True)
class Stats:
    """Numbers of a live run.

    Attributes:
        repetitions: How often the scenario ran.
        grace_periods: Number of synchronize_rcu calls that returned.
        grace_period: Latency of synchronize_rcu, from call to return, ns.
        callbacks: Number of callbacks that ran.
        callback_delay: Latency from call_rcu or kfree_rcu to the invocation, ns.
        work_items: Number of work items that ran.
        sections: Outermost explicit read-side critical sections.
        sections_per_second: The same, per second of the actors' run time.
        duration: Time in which actors ran, ns, summed over the repetitions.
        findings: Findings of all repetitions, equal ones included.
        events_lost: Events that full rings dropped, and those beyond the limit.
        updates: Devices that a workload took out of the group and put back.
        section: Latency of a reader's section in a workload, the wait for a lock included; one of
            1024 sections is measured, ns.
        put_device_delay: Of a workload: from remove_device_from_group, when a device has left its
            group, to the put_device that was deferred until no reader can hold it, ns.
    """

    repetitions: int
    grace_periods: int
    grace_period: Latency
    callbacks: int
    callback_delay: Latency
    work_items: int
    sections: int
    sections_per_second: float
    duration: int
    findings: int
    events_lost: int
    updates: int = 0
    section: Latency = NO_LATENCY
    put_device_delay: Latency = NO_LATENCY

    @property
    def grace_periods_per_second(self) -> float:
        """synchronize_rcu calls that returned, per second of the actors' run time."""
        return self._per_second(self.grace_periods)

    @property
    def updates_per_second(self) -> float:
        """Updates of a workload, per second of the actors' run time."""
        return self._per_second(self.updates)

    def _per_second(self, count: int) -> float:
        return count * 1e9 / self.duration if self.duration > 0 else 0.0


@dataclass(frozen=True, kw_only=True)
class Run(show.Shown):
    """What running live showed. No findings is not a verdict: explore() gives one.

    Attributes:
        trace: All repetitions, one after the other.
        findings: Each distinct one once.
        stats: Numbers.
        scenario: Name of what ran.
        variant: Of the machinery.
    """

    trace: Trace
    findings: tuple[Finding, ...]
    stats: Stats
    scenario: str = ""
    variant: Variant

    def assert_no_findings(self) -> Run:
        """Returns self if there are no findings; for tests.

        Raises:
            UnsafeError: with the findings.

        Example:
            >>> import rcuscope as rs
            >>> rs.run("posted").assert_no_findings().stats.repetitions
            1
        """
        if self.findings:
            raise _core.UnsafeError(str(self))
        return self

    def to_json(self) -> str:
        """Findings and numbers as JSON text: `#/$defs/run` of the package's schema.json."""
        record = {
            "scenario": self.scenario,
            "variant": str(self.variant),
            "findings": [finding.to_dict() for finding in self.findings],
            "stats": asdict(self.stats),
        }
        return json.dumps(record, indent=2)

    def _shown_trace(self) -> Trace:
        return self.trace

    def __str__(self) -> str:
        times = "repetition" if self.stats.repetitions == 1 else "repetitions"
        count = len(self.findings)
        head = (
            f"{self.scenario}: {self.stats.repetitions} {times} live, "
            f"{count or 'no'} finding{'' if count == 1 else 's'} (not a verdict)"
        )
        lost = [f"{self.stats.events_lost} events lost"] if self.stats.events_lost else []
        return "\n".join([head, *lost, *(str(finding) for finding in self.findings)])


def as_run(store: Any, found: Any, numbers: dict[str, Any], about: tuple[str, Variant]) -> Run:
    """The core's answer as a `Run`; `about`: name and variant of what ran."""
    findings = tuple(
        Finding(
            kind=finding.kind,
            message=finding.message,
            explanation=finding.explanation,
            actor=finding.actor,
            place=finding.place,
            kconfig=finding.kconfig,
        )
        for finding in found
    )
    trace = Trace(store)
    for finding in findings:  # there is no schedule to replay: the run's own trace shows it
        object.__setattr__(finding, "_trace", trace)
    fields: dict[str, Any] = {
        name: Latency(**number) if isinstance(number, dict) else number
        for name, number in numbers.items()
    }
    stats = Stats(**fields)
    name, variant = about
    return Run(trace=trace, findings=findings, stats=stats, scenario=name, variant=variant)


def check_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    """Raises ValueError unless the value is one of the choices."""
    if value not in choices:
        raise ValueError(f"{name}={value!r}: expected one of {', '.join(choices)}")


def check_variant(variant: object) -> None:
    """Raises TypeError unless it is a Variant or None."""
    if variant is not None and not isinstance(variant, Variant):
        raise TypeError(f"variant={variant!r}: expected a Variant, such as rs.Variant.parse(text)")


def recording_of(
    record: str | PathLike[str] | None, trace: str, name: str
) -> tuple[str | None, str]:
    """Where a run records, and its level: `rcuscope record` chooses for those that do not."""
    if record is not None:
        if trace == "off":
            raise ValueError(f"record={str(record)!r} with trace='off': expected another level")
        return os.fspath(record), trace
    folder = os.environ.get(RECORD_VARIABLE)
    if not folder:
        return None, trace
    word = "".join(letter if letter.isalnum() else "_" for letter in name)[:60]
    path = Path(folder) / f"{os.getpid()}-{next(_recording_numbers):04}-{word}.ctf"
    return str(path), "section" if trace == "off" else trace


def saved(run: _Run, record: str | None) -> _Run:
    """The run, after the whole trace has taken the recording's place."""
    if record is not None:
        run.trace.save(record)
    return run


def check_live() -> None:
    """Raises OSError where the package was built without liburcu."""
    if not _core.has_live:
        raise OSError(
            "this installation has no live world: it was built without liburcu. Install "
            "liburcu-dev (Debian, Ubuntu) and build again; rs.explore() works without it"
        )


class _InProgress:
    """Live runs of this process that have not returned: daemon threads may leave some at exit."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._names: list[str] = []
        atexit.register(self._report)
        os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._names = []

    @contextlib.contextmanager
    def note(self, name: str) -> Iterator[None]:
        with self._lock:
            self._names.append(name)
        try:
            yield
        finally:
            with self._lock:
                self._names.remove(name)

    def _report(self) -> None:
        for name in self._names:
            sys.stderr.write(
                f"rcuscope: warning: the interpreter exits during the live run of {name!r}: its "
                "callbacks that are still pending will not run. Join the run's thread first\n"
            )


in_progress: Final = _InProgress()


def run(
    scenario: Scenario | str | Body,
    *,
    repeat: int | None = None,
    seconds: float | None = None,
    timeout: float = 10,
    flavor: str = "memb",
    trace: str = "full",
    variant: Variant | None = None,
    iommu: type[Iommu] | None = None,
    record: str | PathLike[str] | None = None,
) -> Run:
    """Runs a scenario live: real threads on liburcu.

    Each repetition runs set-up, actors, rcu_barrier and teardown anew. Actors never run on the
    caller's thread, so Ctrl-C works.

    Args:
        scenario: A `Scenario`, its name in `rs.catalogue`, or a function of a `Kernel`.
        repeat: Number of repetitions; at most one of repeat and seconds, default one repetition.
        seconds: Repeats for so long.
        timeout: Seconds without progress that end in `deadlock` or `stall`.
        flavor: Of liburcu, which finds out in one of these ways where readers are: "memb" (a
            barrier on every CPU when an updater waits), "mb" (a barrier in each section), "bp"
            (readers register themselves), "qsbr" (readers say when they are outside).
        trace: "full": every event with its time in ns; "section": without single loads and stores,
            and with one record for a whole section; "logical": every event in the order of updates,
            in steps, without reading a clock; "off": none. The first costs the run the most.
        variant: Of the machinery; default: the scenario's own.
        iommu: A class derived from `rs.Iommu`, whose methods replace steps of the machinery.
        record: A new directory for the trace, written while the run goes on: what was recorded up
            to a millisecond before is there even after `kill -9`; load it with `recover=True`.
            After the run it is the saved trace.

    Returns:
        Trace, findings and numbers.

    Raises:
        ValueError: for a wrong argument, and in a child of fork() whose parent ran live.
        TypeError: for an argument of a wrong type.
        OSError: if this installation was built without liburcu.
        KeyboardInterrupt: for Ctrl-C, within 0.2 s.

    Example:
        >>> import rcuscope as rs
        >>> rs.run("posted", repeat=3).stats.repetitions
        3
    """
    if repeat is not None and seconds is not None:
        raise ValueError(f"repeat={repeat} and seconds={seconds}: give one of them")
    check_number("repeat", repeat, whole=True)
    check_number("seconds", seconds)
    if timeout is None:
        raise TypeError("timeout=None: expected a number of seconds")
    check_number("timeout", timeout)
    check_variant(variant)
    check_choice("flavor", flavor, FLAVORS)
    check_choice("trace", trace, LEVELS)
    check_iommu(iommu)
    running = as_scenario(scenario)
    check_live()
    chosen = variant or running.variant
    path, level = recording_of(record, trace, running.name)
    options: dict[str, Any] = {
        "repeat": repeat,
        "seconds": None if seconds is None else float(seconds),
        "timeout": float(timeout),
        "flavor": flavor,
        "trace": level,
        "record": path,
    }
    origin = Origin(running, chosen, running.config, iommu)
    metadata = origin.metadata()
    with in_progress.note(running.name):
        if origin.body is None:
            found = _core.run_catalogue(running.name, chosen._core_variant, options, metadata)
        else:
            options |= core_options(iommu) | cell_options()
            found = _core.run_python(origin.body, chosen._core_variant, options, metadata)
    store, findings, numbers = found
    return saved(as_run(store, findings, numbers, (running.name, chosen)), path)
