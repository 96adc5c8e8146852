# SPDX-License-Identifier: LGPL-2.1-or-later
"""Running live: a scenario on real threads over liburcu, once or many times."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Final, NoReturn

from rcuscope import _core, show
from rcuscope.iommu import Iommu, check_iommu, core_options
from rcuscope.scenario import Body, Scenario, as_scenario, check_number
from rcuscope.trace import Trace
from rcuscope.variant import Variant
from rcuscope.verdict import Finding, Origin

_FLAVORS: Final = ("memb", "mb", "bp", "qsbr")
_LEVELS: Final = ("full", "section", "logical", "off")


@dataclass(frozen=True, kw_only=True)
class Latency:
    """Percentiles of a latency, in ns."""

    count: int
    p50: int
    p90: int
    p99: int
    max: int


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
        events_lost: Events that full rings dropped.
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
        """Findings and numbers as JSON text."""
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


def _latency(found: dict[str, int]) -> Latency:
    return Latency(**found)


def _as_run(store: Any, found: Any, numbers: dict[str, Any], about: tuple[str, Variant]) -> Run:
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
    stats = Stats(
        **{
            **numbers,
            "grace_period": _latency(numbers["grace_period"]),
            "callback_delay": _latency(numbers["callback_delay"]),
        }
    )
    name, variant = about
    return Run(trace=trace, findings=findings, stats=stats, scenario=name, variant=variant)


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
) -> Run:
    """Runs a scenario live: real threads on liburcu.

    Each repetition runs set-up, actors, rcu_barrier and teardown anew. Actors never run on the
    caller's thread, so Ctrl-C works.

    Args:
        scenario: A `Scenario`, its name in `rs.catalogue`, or a function of a `Kernel`.
        repeat: Number of repetitions; at most one of repeat and seconds, default one repetition.
        seconds: Repeats for so long.
        timeout: Seconds without progress that end in `deadlock` or `stall`.
        flavor: Of liburcu: "memb", "mb", "bp" or "qsbr".
        trace: "full", "section", "logical" or "off".
        variant: Of the machinery; default: the scenario's own.
        iommu: A class derived from `rs.Iommu`, whose methods replace steps of the machinery.

    Returns:
        Trace, findings and numbers.

    Raises:
        ValueError: for a wrong argument.
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
    check_number("timeout", timeout)
    if variant is not None and not isinstance(variant, Variant):
        raise TypeError(f"variant={variant!r}: expected a Variant, such as rs.Variant.parse(text)")
    if flavor not in _FLAVORS:
        raise ValueError(f"flavor={flavor!r}: expected one of {', '.join(_FLAVORS)}")
    if trace not in _LEVELS:
        raise ValueError(f"trace={trace!r}: expected one of {', '.join(_LEVELS)}")
    check_iommu(iommu)
    running = as_scenario(scenario)
    if not _core.has_live:
        raise OSError(
            "this installation has no live world: it was built without liburcu. Install "
            "liburcu-dev (Debian, Ubuntu) and build again; rs.explore() works without it"
        )
    chosen = variant or running.variant
    options: dict[str, Any] = {
        "repeat": repeat,
        "seconds": None if seconds is None else float(seconds),
        "timeout": float(timeout),
        "flavor": flavor,
        "trace": trace,
    }
    origin = Origin(running, chosen, running.config, iommu)
    metadata = origin.metadata()
    if origin.body is None:
        found = _core.run_catalogue(running.name, chosen._core_variant, options, metadata)
    else:
        options |= core_options(iommu)
        found = _core.run_python(origin.body, chosen._core_variant, options, metadata)
    store, findings, numbers = found
    return _as_run(store, findings, numbers, (running.name, chosen))


def workload(**options: object) -> NoReturn:
    """Not there yet: the machinery driven by C++ threads.

    Raises:
        NotImplementedError: always.
    """
    del options
    raise NotImplementedError(f"rs.workload is not there yet in {_core.__version__}")
