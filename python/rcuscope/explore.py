# SPDX-License-Identifier: LGPL-2.1-or-later
"""Exploring: every schedule of a scenario in the model world, its verdict and its findings."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

from rcuscope import _core, show
from rcuscope.scenario import Body, Scenario, as_scenario
from rcuscope.trace import Trace
from rcuscope.variant import Variant
from rcuscope.vocabulary import EventKind

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from os import PathLike

_STRATEGIES: Final = ("dpor", "exhaustive", "random")
_FIRST_SCHEDULE: Final = "s1:"  # no choices: the running actor goes on


@dataclass(frozen=True, kw_only=True)
class Config:
    """How the simulated kernel is configured.

    Attributes:
        put_device: "precise": a put is a defect only where it is the last one and the release
            sleeps; "strict": any put outside process context is.
        preempt_rt: Not there yet.
        debug_kobject_release: Not there yet.

    Raises:
        ValueError: for another value of put_device.
        NotImplementedError: for what is not there yet.

    Example:
        >>> import rcuscope as rs
        >>> rs.Config(put_device="strict").put_device
        'strict'
    """

    put_device: str = "precise"
    preempt_rt: bool = False
    debug_kobject_release: bool = False

    def __post_init__(self) -> None:
        if self.put_device not in ("precise", "strict"):
            raise ValueError(f"put_device={self.put_device!r}: expected 'precise' or 'strict'")
        if self.preempt_rt:
            raise NotImplementedError(f"preempt_rt is not there yet in {_core.__version__}")
        if self.debug_kobject_release:
            raise NotImplementedError(
                f"debug_kobject_release is not there yet in {_core.__version__}"
            )


class Progress(NamedTuple):
    """What `progress=` functions are told, at most every 50 ms."""

    executions: int
    findings: int
    share_done: float  # 0 to 1; 0 if unknown
    seconds: float


class Cost(NamedTuple):
    """What an execution costs, counted in the first one that the search tries.

    Attributes:
        grace_periods: Actor -> number of grace periods that it waits for.
        locks_held: Actor -> mutexes that it holds while it waits for one.
    """

    grace_periods: dict[str, int]
    locks_held: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Origin:
    """Where a finding comes from, so that it can be replayed."""

    scenario: Scenario
    variant: Variant
    config: Config


@dataclass(frozen=True, kw_only=True)
class Finding(show.Shown):
    """One defect of the studied program.

    Attributes:
        kind: A name from `rs.FindingKind`: "use_after_free", "deadlock" ...
        message: The kernel's own words.
        explanation: Plain English: which reader, which grace period, who freed, who read.
        schedule: Replays it exactly; empty when it was found live.
        actor: Name of the actor that hit it.
        place: What tells it from others of its kind: the location, object or line.
        step: In its execution, from 0; -1 at the end of it or live.
        kconfig: The kernel option that would have caught it; "" = none would.
    """

    kind: str
    message: str
    explanation: str = ""
    schedule: str = ""
    actor: str = ""
    place: str = ""
    step: int = -1
    kconfig: str = ""
    origin: Origin | None = field(default=None, repr=False, compare=False)

    @property
    def trace(self) -> Trace:
        """The execution that shows it, replayed on first use.

        Raises:
            ValueError: for a finding made live: the trace of its run shows it.
        """
        known: Trace | None = self.__dict__.get("_trace")
        if known is None:
            if self.origin is None or not self.schedule:
                raise ValueError(
                    f"this {self.kind} has no schedule to replay; see the trace of the run"
                )
            known = _replay(self.origin, self.schedule, self)
            object.__setattr__(self, "_trace", known)
        return known

    def to_dict(self) -> dict[str, Any]:
        """All attributes but the trace, for JSON.

        Example:
            >>> import rcuscope as rs
            >>> rs.explore("list_del").findings[0].to_dict()["kind"]
            'list_corruption'
        """
        names = ("kind", "message", "explanation", "schedule", "actor", "place", "step", "kconfig")
        return {name: getattr(self, name) for name in names}

    def __str__(self) -> str:
        lines = [f"{self.kind} in {self.actor}" if self.actor else self.kind]
        lines.append(f"  {self.message.rstrip()}")
        lines += [f"  {line}" for line in self.explanation.splitlines()]
        if self.kconfig:
            lines.append(f"  a kernel would show it with {self.kconfig}")
        if self.schedule:
            lines.append(f"  schedule: {self.schedule}")
        return "\n".join(lines)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_trace"}


@dataclass(frozen=True, kw_only=True)
class Verdict(show.Shown):
    """What exploring showed.

    Attributes:
        outcome: "SAFE", "SAFE_BOUNDED", "UNSAFE" or "UNKNOWN".
        exhaustive: Every order of dependent operations was tried.
        memory: "sc": sequential consistency; weak memory was not checked.
        executions: Complete ones.
        blocked: Given up because all that could follow was explored already.
        steps: Operations executed in all.
        seconds: Of wall time.
        limit: What ended the search early: "max_executions", "interrupted" ...; None = nothing.
        estimate: Estimated number of executions in all; 0 if unknown.
        findings: One of each kind and place, with the fewest context switches.
        final_states: Outcomes of litmus tests.
        scenario: Name of what was explored.
        variant: Of the machinery.
    """

    outcome: str
    exhaustive: bool
    memory: str
    executions: int
    blocked: int
    steps: int
    seconds: float
    limit: str | None
    estimate: float
    findings: tuple[Finding, ...]
    final_states: tuple[str, ...] = ()
    scenario: str = ""
    variant: Variant = field(default_factory=Variant)
    summary: str = field(default="", repr=False)
    chose_memory: bool = field(default=False, repr=False, compare=False)
    origin: Origin | None = field(default=None, repr=False, compare=False)

    @property
    def cost(self) -> Cost:
        """Grace periods waited for per actor, and locks held over one.

        Counted in the execution in which every actor runs as far as it can.

        Example:
            >>> import rcuscope as rs
            >>> rs.explore("posted").cost.grace_periods
            {'hot unplug': 1}
        """
        if self.origin is None:
            raise ValueError("this verdict does not know its scenario any more")
        return _count_cost(_replay(self.origin, _FIRST_SCHEDULE))

    def assert_safe(self) -> Verdict:
        """Returns self if the outcome is SAFE; for tests.

        Raises:
            UnsafeError: with the findings, if there are any.
            LimitError: if the search ended early without one.

        Warns:
            MemoryModelWarning: unless the caller of `explore` chose memory="sc".

        Example:
            >>> import rcuscope as rs
            >>> rs.explore("posted", memory="sc").assert_safe().outcome
            'SAFE'
        """
        if self.findings:
            raise _core.UnsafeError(str(self))
        if self.outcome == "UNKNOWN":
            raise _core.LimitError(str(self))
        if self.memory == "sc" and not self.chose_memory:
            warnings.warn(
                "this SAFE holds under sequential consistency: weak memory was not checked; say "
                'memory="sc" if that is what you want',
                _core.MemoryModelWarning,
                stacklevel=2,
            )
        return self

    def require_exhaustive(self) -> Verdict:
        """Returns self if the search was exhaustive.

        Raises:
            LimitError: names the limit that ended it.

        Example:
            >>> import rcuscope as rs
            >>> rs.explore("posted").require_exhaustive().exhaustive
            True
        """
        if not self.exhaustive:
            raise _core.LimitError(
                f"{self.scenario}: the search was not exhaustive (limit: {self.limit}); raise that "
                "limit or make the scenario smaller"
            )
        return self

    def meets(self, expect: str | None) -> bool:
        """Whether the outcome is what was expected; None expects SAFE.

        Args:
            expect: "SAFE", "UNKNOWN" or the name of a finding kind.

        Example:
            >>> import rcuscope as rs
            >>> rs.explore("list_del").meets("list_corruption")
            True
        """
        if expect is None or expect == "SAFE":
            return self.outcome in ("SAFE", "SAFE_BOUNDED")
        if expect == "UNKNOWN":
            return self.outcome == "UNKNOWN"
        return any(finding.kind == expect for finding in self.findings)

    def to_json(self) -> str:
        """The verdict as JSON text.

        Example:
            >>> import json, rcuscope as rs
            >>> json.loads(rs.explore("posted").to_json())["outcome"]
            'SAFE'
        """
        plain = ("outcome", "exhaustive", "memory", "executions", "blocked", "steps", "seconds")
        record: dict[str, Any] = {"scenario": self.scenario, "variant": str(self.variant)}
        record |= {name: getattr(self, name) for name in (*plain, "limit", "estimate")}
        record["findings"] = [finding.to_dict() for finding in self.findings]
        record["final_states"] = list(self.final_states)
        return json.dumps(record, indent=2)

    def __str__(self) -> str:
        return "\n".join([self.summary, *(str(finding) for finding in self.findings)])

    def __bool__(self) -> NoReturn:
        raise TypeError(
            'a Verdict is neither true nor false; compare verdict.outcome == "SAFE", or call '
            "verdict.assert_safe()"
        )


def _not_there_yet(what: str) -> NotImplementedError:
    return NotImplementedError(f"{what} is not there yet in {_core.__version__}")


def _check_engine(
    memory: str | None,
    strategy: str,
    preemption_bound: int | None,
    iommu: object,
    jobs: int,
    executor: Executor | None,
) -> None:
    if memory == "lkmm":
        raise NotImplementedError(
            'memory="lkmm" is not there yet: this version explores under sequential consistency; '
            'use memory="sc"'
        )
    if memory not in (None, "sc"):
        raise ValueError(f"memory={memory!r}: expected 'sc' or 'lkmm'")
    if strategy == "pct":
        raise _not_there_yet('strategy="pct"')
    if strategy not in _STRATEGIES:
        raise ValueError(f"strategy={strategy!r}: expected one of {', '.join(_STRATEGIES)} or pct")
    if preemption_bound is not None:
        raise _not_there_yet("preemption_bound")
    if iommu is not None:
        raise _not_there_yet("iommu=")
    if jobs < 1:
        raise ValueError(f"jobs={jobs}: expected 1 or more")
    if jobs > 1:
        raise _not_there_yet("jobs > 1")
    if executor is not None:
        raise _not_there_yet("executor=")


def _check_positive(**limits: float | None) -> None:
    for name, value in limits.items():
        if value is not None and value <= 0:
            raise ValueError(f"{name}={value}: expected more than 0, or None for no limit")


def _as_finding(found: _core.Finding, origin: Origin) -> Finding:
    return Finding(
        kind=found.kind,
        message=found.message,
        explanation=found.explanation,
        schedule=found.schedule,
        actor=found.actor,
        place=found.place,
        step=found.step,
        kconfig=found.kconfig,
        origin=origin,
    )


def _as_verdict(found: _core.Verdict, origin: Origin, chose_memory: bool) -> Verdict:
    return Verdict(
        outcome=found.outcome,
        exhaustive=found.exhaustive,
        memory=found.memory,
        executions=found.executions,
        blocked=found.blocked,
        steps=found.steps,
        seconds=found.seconds,
        limit=found.limit or None,
        estimate=found.estimate,
        findings=tuple(_as_finding(finding, origin) for finding in found.findings),
        final_states=tuple(found.final_states),
        scenario=origin.scenario.name,
        variant=origin.variant,
        summary=found.summary(),
        chose_memory=chose_memory,
        origin=origin,
    )


def explore(
    scenario: Scenario | str | Body,
    *,
    variant: Variant | None = None,
    iommu: type | None = None,
    memory: str | None = None,
    strategy: str = "dpor",
    preemption_bound: int | None = None,
    max_executions: int | None = None,
    max_steps: int = 10_000,
    max_seconds: float | None = None,
    stop_on_first: bool = False,
    seed: int = 0,
    jobs: int = 1,
    executor: Executor | None = None,
    progress: Callable[[Progress], object] | None = None,
    config: Config | None = None,
) -> Verdict:
    """Tries every order of dependent operations of a scenario, in the model world.

    Ctrl-C ends the search: the verdict then says limit="interrupted" and holds what was found.

    Args:
        scenario: A `Scenario`, its name in `rs.catalogue`, or a function of a `Kernel`.
        variant: Of the machinery; default: the scenario's own.
        iommu: Not there yet.
        memory: "sc", which is also what None means in this version.
        strategy: "dpor", "exhaustive" (every interleaving) or "random" (never exhausts).
        preemption_bound: Not there yet.
        max_executions: Executions, complete or given up; None = no limit.
        max_steps: Operations of one execution.
        max_seconds: Of wall time; None = no limit.
        stop_on_first: End at the first finding.
        seed: Of strategy="random".
        jobs: Only 1 in this version.
        executor: Not there yet.
        progress: Called with a `Progress` at most every 50 ms; what it raises ends the search.
        config: Of the simulated kernel.

    Returns:
        The verdict; its findings are defects of the scenario, never exceptions.

    Raises:
        ValueError: for a wrong argument.
        NondeterminismError: if the body does something else when it is run again.
        NotImplementedError: for what is not there yet.
        Exception: what the body itself raises while it sets up.

    Example:
        >>> import rcuscope as rs
        >>> print(rs.explore("no_synchronize_rcu").findings[0].kind)
        use_after_free
    """
    _check_engine(memory, strategy, preemption_bound, iommu, jobs, executor)
    _check_positive(max_executions=max_executions, max_steps=max_steps, max_seconds=max_seconds)
    explored = as_scenario(scenario)
    origin = Origin(explored, variant or explored.variant, config or Config())
    options = {
        "strategy": strategy,
        "max_executions": max_executions,
        "max_steps": max_steps,
        "max_seconds": max_seconds,
        "stop_on_first": stop_on_first,
        "seed": seed,
        "strict_put_device": origin.config.put_device == "strict",
    }
    report = None if progress is None else lambda *numbers: progress(Progress(*numbers))
    if explored.body is None:
        found = _core.explore_catalogue(
            explored.name, origin.variant._core_variant, options, report
        )
    else:
        found = _core.explore_python(explored.body, origin.variant._core_variant, options, report)
    return _as_verdict(found, origin, memory is not None)


def _replay(origin: Origin, schedule: str, finding: Finding | None = None) -> Trace:
    scenario = origin.scenario
    options = {"strict_put_device": origin.config.put_device == "strict"}
    metadata = {"scenario": scenario.name, "title": scenario.title, "variant": str(origin.variant)}
    if finding is not None:
        metadata |= {"verdict": "UNSAFE", "explanation": finding.explanation}
    core_variant = origin.variant._core_variant
    if scenario.body is None:
        store, _ = _core.replay_catalogue(scenario.name, core_variant, schedule, options, metadata)
    else:
        store, _ = _core.replay_python(scenario.body, core_variant, schedule, options, metadata)
    return Trace(store)


def _count_cost(trace: Trace) -> Cost:
    names = [name for name, _, _ in trace.actors]
    objects = [name for name, _ in trace.objects]
    grace_periods: dict[str, int] = {}
    held: dict[str, list[str]] = {}
    locks_held: dict[str, tuple[str, ...]] = {}
    columns = (trace.events[name].tolist() for name in ("kind", "actor", "object"))
    for kind, actor, thing in zip(*columns, strict=True):
        if actor <= 0:  # set-up and teardown are not what is studied
            continue
        name, locks = names[actor], held.setdefault(names[actor], [])
        if kind == EventKind["mutex_lock"]:
            locks.append(objects[thing])
        elif kind == EventKind["mutex_unlock"]:
            locks.remove(objects[thing])
        elif kind == EventKind["synchronize_rcu_start"]:
            grace_periods[name] = grace_periods.get(name, 0) + 1
            if locks:
                locks_held[name] = (*locks_held.get(name, ()), *locks)
    return Cost(grace_periods, locks_held)


def replay(
    scenario: Scenario | str | Body,
    schedule: str,
    *,
    variant: Variant | None = None,
    config: Config | None = None,
) -> Trace:
    """Runs one schedule of a scenario again, exactly, and records it.

    Args:
        scenario: As for `explore`.
        schedule: Text such as "s1:2x5,1": a finding's `.schedule`. Behind its end the running
            actor goes on.
        variant: Of the machinery; default: the scenario's own.
        config: Of the simulated kernel.

    Returns:
        The trace; the same schedule gives the same bytes, on every run.

    Raises:
        ValueError: if the schedule is malformed or does not fit the scenario.

    Example:
        >>> import rcuscope as rs
        >>> finding = rs.explore("list_del").findings[0]
        >>> rs.replay("list_del", finding.schedule).clock
        'steps'
    """
    replayed = as_scenario(scenario)
    return _replay(Origin(replayed, variant or replayed.variant, config or Config()), schedule)


def step(scenario: Scenario | str | Body) -> NoReturn:
    """Not there yet: being the scheduler, step by step.

    Raises:
        NotImplementedError: always.
    """
    raise _not_there_yet(f"rs.step({scenario!r})")


def litmus(path_or_text: str | PathLike[str]) -> NoReturn:
    """Not there yet: litmus tests as scenarios.

    Raises:
        NotImplementedError: always.
    """
    raise _not_there_yet(f"rs.litmus({str(path_or_text)[:40]!r})")
