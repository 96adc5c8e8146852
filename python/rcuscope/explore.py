# SPDX-License-Identifier: LGPL-2.1-or-later
"""Exploring: every schedule of a scenario in the model world, and the replay of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from os import PathLike
from typing import TYPE_CHECKING, Any, Final

from rcuscope import _core
from rcuscope import checkpoint as checkpoints
from rcuscope.checkpoint import CheckpointFile, class_fingerprint, fingerprint
from rcuscope.config import Config
from rcuscope.iommu import Iommu, check_iommu
from rcuscope.scenario import Body, Scenario, as_scenario, check_number
from rcuscope.trace import Trace
from rcuscope.variant import Variant
from rcuscope.verdict import Cost, Origin, Progress, Verdict, as_finding, replay_origin

if TYPE_CHECKING:
    from concurrent.futures import Executor

_STRATEGIES: Final = ("dpor", "exhaustive", "random", "pct")
_SAMPLING: Final = ("random", "pct")
_BUG_DEPTH_MAX: Final = 100
_JOBS_MAX: Final = 10_000
_PREEMPTION_BOUND_MAX: Final = 1_000_000


def _check_whole(name: str, value: object, least: int, most: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name}={value!r}: expected an int")
    if not least <= value <= most:
        raise ValueError(f"{name}={value!r}: expected {least} to {most}")


def _check_engine(
    memory: str | None,
    strategy: str,
    preemption_bound: int | None,
    jobs: int,
    executor: Executor | None,
) -> None:
    if memory == "lkmm":
        raise NotImplementedError(
            'memory="lkmm" is not there yet: this version explores under sequential consistency; '
            'use memory="sc"'
        )
    if not isinstance(memory, (str, type(None))):
        raise TypeError(f"memory={memory!r}: expected 'sc' or 'lkmm'")
    if not isinstance(strategy, str):
        raise TypeError(f"strategy={strategy!r}: expected one of {', '.join(_STRATEGIES)}")
    if memory not in (None, "sc"):
        raise ValueError(f"memory={memory!r}: expected 'sc' or 'lkmm'")
    if strategy not in _STRATEGIES:
        raise ValueError(f"strategy={strategy!r}: expected one of {', '.join(_STRATEGIES)}")
    if preemption_bound is not None:
        _check_whole("preemption_bound", preemption_bound, 0, _PREEMPTION_BOUND_MAX)
        if strategy in _SAMPLING:
            raise ValueError(
                f"preemption_bound={preemption_bound} with strategy={strategy!r}: a random search "
                "has no bound to exhaust; use dpor or exhaustive"
            )
    _check_whole("jobs", jobs, 1, _JOBS_MAX)
    if executor is not None and not callable(getattr(executor, "submit", None)):
        raise TypeError(f"executor={executor!r}: expected a concurrent.futures.Executor")


def _check_control(stop_on_first: object, progress: object, checkpoint: object) -> None:
    if not isinstance(stop_on_first, bool):
        raise TypeError(f"stop_on_first={stop_on_first!r}: expected True or False")
    if progress is not None and not callable(progress):
        raise TypeError(f"progress={progress!r}: expected a function of a Progress")
    if checkpoint is not None and not isinstance(checkpoint, (str, PathLike)):
        raise TypeError(f"checkpoint={checkpoint!r}: expected the path of a file, or None")


def _check_origin(variant: object, config: object, iommu: object) -> None:
    if variant is not None and not isinstance(variant, Variant):
        raise TypeError(f"variant={variant!r}: expected a Variant, such as rs.Variant.parse(text)")
    if config is not None and not isinstance(config, Config):
        raise TypeError(f"config={config!r}: expected a Config")
    check_iommu(iommu)


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
        memory_doubt=found.memory_doubt,
        estimate=found.estimate,
        findings=tuple(
            as_finding(finding, origin, (showing, found.executions))
            for finding, showing in zip(found.findings, found.executions_showing, strict=True)
        ),
        final_states=tuple(found.final_states),
        cost=Cost(
            found.grace_periods,
            {actor: tuple(locks) for actor, locks in found.locks_held.items()},
        ),
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
    iommu: type[Iommu] | None = None,
    memory: str | None = None,
    strategy: str = "dpor",
    preemption_bound: int | None = None,
    max_executions: int | None = None,
    max_steps: int = 10_000,
    max_seconds: float | None = None,
    stop_on_first: bool = False,
    seed: int = 0,
    bug_depth: int = 3,
    jobs: int = 1,
    executor: Executor | None = None,
    checkpoint: str | PathLike[str] | None = None,
    progress: Callable[[Progress], object] | None = None,
    config: Config | None = None,
) -> Verdict:
    """Tries every order of dependent operations of a scenario, in the model world.

    One order of each class is executed: dynamic partial order reduction with source sets and sleep
    sets (Abdulla et al., JACM 2017), and what docs/verdict.md tells. Steps are counted, seconds are
    of wall time.

    Ctrl-C ends the search: the verdict then says limit="interrupted" and holds what was found. An
    actor that sits in a long call of something else (time.sleep) is left behind until that returns.

    Args:
        scenario: A `Scenario`, its name in `rs.catalogue`, or a function of a `Kernel`.
        variant: Of the machinery; default: the scenario's own.
        iommu: A class derived from `rs.Iommu`, whose methods replace steps of the machinery.
        memory: "sc", which is also what None means in this version.
        strategy: "dpor", "exhaustive" (every interleaving), or sampling, which never exhausts:
            "random" (each choice uniform) or "pct" (random priorities that change at random
            points: Burckhardt et al., ASPLOS 2010). Sampling goes on until max_executions,
            max_seconds, stop_on_first or Ctrl-C ends it; its outcome is UNSAFE or UNKNOWN.
        preemption_bound: Only schedules in which so many times or less an actor that could have
            gone on has to give way; those with fewer preemptions come first. No reduction: every
            such schedule is executed. Exhausting it is "SAFE_BOUNDED", or "SAFE" if no schedule
            needs more.
        max_executions: Executions, complete or given up; None = no limit.
        max_steps: Operations of one execution. One that reaches it goes on for as many, whoever
            has waited longest first, and the search ends: a state that comes again then is a
            "stall", else 64 random executions, or a second of them, look for findings.
        max_seconds: Of wall time; None = no limit.
        stop_on_first: End at the first finding.
        seed: Of sampling: the same seed tries the same schedules.
        bug_depth: Of strategy="pct": priorities change bug_depth - 1 times in an execution, which
            finds defects that depend on so many ordering constraints.
        jobs: Threads; counts, findings and final states are those of one thread. Actors written in
            Python take turns all the same. With executor: work units under way at the same time,
            where 1 means four for each CPU of this machine.
        executor: Any `concurrent.futures.Executor`, such as a process pool or Dask's: explores work
            units of about a second on its workers. Lost units are sent again; if it breaks, as a
            process pool does when a worker is killed, a `RuntimeWarning` says so and this process
            explores what is left. A scenario is sent by
            its name, or by value if no other process can import it (from `__main__`, a notebook or
            a function; needs cloudpickle).
        checkpoint: A file for the state of the search, written every two seconds. If it is there,
            the search goes on from it; counts are those of a search that was never interrupted. It
            stays when the search has ended.
        progress: Called with a `Progress` at most every 50 ms; what it raises ends the search.
        config: Of the simulated kernel; default: the scenario's own.

    Returns:
        The verdict; its findings are defects of the scenario, never exceptions.

    Raises:
        ValueError: for a wrong argument, a scenario that cannot be sent to the executor, or a
            checkpoint of another search.
        TypeError: for an argument of a wrong type.
        NondeterminismError: if the body does something else when it is run again.
        NotImplementedError: for what is not there yet.
        RuntimeError: if the executor breaks before it has brought anything.
        Exception: what the body itself raises while it sets up.

    Example:
        >>> import rcuscope as rs
        >>> print(rs.explore("no_synchronize_rcu").findings[0].kind)
        use_after_free
    """
    _check_engine(memory, strategy, preemption_bound, jobs, executor)
    check_number("max_executions", max_executions, whole=True)
    if max_steps is None:
        raise TypeError(
            "max_steps=None: expected an int; without that limit an actor that never ends would "
            "keep the search for ever"
        )
    check_number("max_steps", max_steps, whole=True)
    check_number("max_seconds", max_seconds)
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise TypeError(f"seed={seed!r}: expected an int of 64 bits, 0 or more")
    if not 0 <= seed < 2**64:
        raise ValueError(f"seed={seed!r}: expected an int of 64 bits, 0 or more")
    _check_whole("bug_depth", bug_depth, 1, _BUG_DEPTH_MAX)
    _check_control(stop_on_first, progress, checkpoint)
    _check_origin(variant, config, iommu)
    explored = as_scenario(scenario)
    origin = Origin(explored, variant or explored.variant, config or explored.config, iommu)
    options = {
        "strategy": strategy,
        "max_executions": max_executions,
        "max_steps": max_steps,
        "max_seconds": max_seconds,
        "stop_on_first": stop_on_first,
        "seed": seed,
        "bug_depth": bug_depth,
        "preemption_bound": preemption_bound,
        **origin.config.options(),
    }
    file = None if checkpoint is None else _checkpoint_file(checkpoint, origin, options)
    report = None if progress is None else lambda *numbers: progress(Progress(*numbers))
    if executor is None:
        found = _explore_here(origin, options, jobs, file, report)
    else:
        units = jobs if jobs > 1 else None
        found = _explore_on(executor, origin, options, units, file, report)
    return _as_verdict(found, origin, memory is not None)


_Report = Callable[[int, int, float, float], object]
_LIMITS: Final = ("max_executions", "max_seconds", "stop_on_first")


def _checkpoint_file(
    path: str | PathLike[str], origin: Origin, options: dict[str, Any]
) -> CheckpointFile:
    """The file of a search; limits may be others when it goes on."""
    scenario = origin.scenario
    identity = {
        "version": _core.__version__,
        "scenario": scenario.name,
        "body": fingerprint(scenario),
        "iommu": "" if origin.iommu is None else class_fingerprint(origin.iommu),
        "variant": str(origin.variant),
        "config": asdict(origin.config),
        **{name: value for name, value in options.items() if name not in _LIMITS},
    }
    return CheckpointFile(path, identity)


def _explore_here(
    origin: Origin,
    options: dict[str, Any],
    jobs: int,
    file: CheckpointFile | None,
    report: _Report | None,
) -> _core.Verdict:
    options = {**options, "jobs": jobs}
    if file is not None:
        period = checkpoints.SAVE_SECONDS
        options |= {"state": file.load(), "save": file.save, "save_period": period}
    options |= origin.core_options
    variant = origin.variant._core_variant
    if origin.body is None:
        return _core.explore_catalogue(origin.scenario.name, variant, options, report)
    return _core.explore_python(origin.body, variant, options, report)


def _explore_on(
    executor: Executor,
    origin: Origin,
    options: dict[str, Any],
    units: int | None,
    file: CheckpointFile | None,
    report: _Report | None,
) -> _core.Verdict:
    from rcuscope.dispatch import Dispatch, pack  # noqa: PLC0415  slow to import, seldom needed

    payload = pack(origin, options)
    division = _core.Division(options)
    if file is not None and (state := file.load()):
        division.restore(state)
    dispatch = Dispatch(
        executor,
        division,
        payload,
        units=units,
        max_seconds=options["max_seconds"],
        report=report,
        save=None if file is None else file.save,
    )
    found = dispatch.run()
    options = {**options, **origin.core_options}
    variant = origin.variant._core_variant
    if origin.body is None:
        return _core.explain_catalogue(origin.scenario.name, variant, options, found)
    return _core.explain_python(origin.body, variant, options, found)


def replay(
    scenario: Scenario | str | Body,
    schedule: str,
    *,
    variant: Variant | None = None,
    iommu: type[Iommu] | None = None,
    config: Config | None = None,
) -> Trace:
    """Runs one schedule of a scenario again, exactly, and records it.

    Args:
        scenario: As for `explore`.
        schedule: A finding's `.schedule`, such as "s1:1x3,2x28,1.": actor 1 does three operations,
            actor 2 twenty-eight, actor 1 one more. The full stop cuts it short: nothing runs behind
            it, and who is not listed never runs. Without one, only operations that may matter to
            others are listed, and behind the end the running actor goes on.
        variant: Of the machinery; default: the scenario's own.
        iommu: The class that replaced steps, if one did.
        config: Of the simulated kernel; default: the scenario's own.

    Returns:
        The trace; the same schedule gives the same bytes, on every run.

    Raises:
        ValueError: if the schedule is malformed or does not fit the scenario.
        TypeError: for an argument of a wrong type.

    Example:
        >>> import rcuscope as rs
        >>> finding = rs.explore("list_del").findings[0]
        >>> rs.replay("list_del", finding.schedule).clock
        'steps'
    """
    if not isinstance(schedule, str):
        raise TypeError(
            f"schedule={schedule!r}: expected a str, such as a finding's .schedule, 's1:1x3,2.'"
        )
    _check_origin(variant, config, iommu)
    replayed = as_scenario(scenario)
    return replay_origin(
        Origin(replayed, variant or replayed.variant, config or replayed.config, iommu), schedule
    )
