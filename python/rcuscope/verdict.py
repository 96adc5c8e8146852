# SPDX-License-Identifier: LGPL-2.1-or-later
"""Verdicts and findings: what exploring showed, as data that prints, pickles and replays itself."""

from __future__ import annotations

import json
import textwrap
import warnings
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, NoReturn

from rcuscope import _core, show
from rcuscope.cells import cell_options
from rcuscope.config import Config
from rcuscope.iommu import Iommu, core_options, from_sendable, to_sendable
from rcuscope.litmus import Litmus
from rcuscope.scenario import Scenario
from rcuscope.trace import Trace
from rcuscope.variant import Variant

_TEXT_WIDTH: Final = 100  # of explanations, in characters


class Progress(NamedTuple):
    """What `progress=` functions are told, at most every 50 ms.

    Attributes:
        executions: Complete ones so far.
        findings: So far.
        share_done: Of the search, 0 to 1; 0 = not known.
        seconds: Of wall time since the search began.
    """

    executions: int
    findings: int
    share_done: float
    seconds: float


class Cost(NamedTuple):
    """What the scenario pays for waiting, over all complete executions of the search.

    Attributes:
        grace_periods: Actor -> the most grace periods that it waits for in one execution; who waits
            for none is not in it. call_rcu and kfree_rcu do not wait.
        locks_held: Actor -> the locks that it holds in some execution while it waits for one.

    Example:
        >>> import rcuscope as rs
        >>> print(rs.explore("posted").cost)
        'hot unplug' waits for 1 grace period, no lock held over it
    """

    grace_periods: dict[str, int]
    locks_held: dict[str, tuple[str, ...]]

    def _of(self, actor: str) -> str:
        count = self.grace_periods[actor]
        periods = "1 grace period" if count == 1 else f"{count} grace periods"
        locks = self.locks_held.get(actor, ())
        over = f"under {', '.join(locks)}" if locks else "no lock held over it"
        if count > 1 and not locks:
            over = "no lock held over them"
        return f"{actor!r} waits for {periods}{' ' if locks else ', '}{over}"

    def __str__(self) -> str:
        if not self.grace_periods:
            return "nobody waits for a grace period"
        return "; ".join(self._of(actor) for actor in self.grace_periods)


@dataclass(frozen=True)
class Origin:
    """Where a finding comes from, so that it can be replayed."""

    scenario: Scenario
    variant: Variant
    config: Config
    iommu: type[Iommu] | None = None

    @property
    def body(self) -> Any:
        """For the core: the function, or the catalogue's name if steps are replaced; else None."""
        if self.scenario.body is not None:
            return self.scenario.body
        return None if self.iommu is None else self.scenario.name

    @property
    def core_options(self) -> dict[str, Any]:
        """For the core: the configuration, the replaced steps and the names of cells."""
        return {**self.config.options(), **core_options(self.iommu), **cell_options()}

    def metadata(self) -> dict[str, str]:
        """What a trace says about itself."""
        about = {
            "scenario": self.scenario.name,
            "title": self.scenario.title,
            "variant": str(self.variant),
        }
        return about if self.iommu is None else {**about, "iommu": self.iommu.__qualname__}

    def __reduce__(self) -> tuple[Any, ...]:
        iommu = to_sendable(self.iommu)
        return _make_origin, (self.scenario, self.variant, self.config, iommu)


def _make_origin(
    scenario: Scenario, variant: Variant, config: Config, iommu: type[Iommu] | bytes | None
) -> Origin:
    return Origin(scenario, variant, config, from_sendable(iommu))


_WITHOUT_OPTION: Final = {
    "always": "a kernel always shows it: no option is needed",
    "no option": "no option of a kernel shows it",
}


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
        kconfig: The kernel option that makes a kernel print the words that `message` begins with;
            "" = none is needed, or none would do: `reporting` tells which.
        frequency: (executions of the search that show it, executions of the search); None live.
    """

    kind: str
    message: str
    explanation: str = ""
    schedule: str = ""
    actor: str = ""
    place: str = ""
    step: int = -1
    kconfig: str = ""
    frequency: tuple[int, int] | None = field(default=None, compare=False)
    origin: Origin | None = field(default=None, repr=False, compare=False)

    @property
    def reporting(self) -> str:
        """What makes a kernel report it: the option `kconfig`, "always" or "no option".

        "always": no option is needed, as for a NULL dereference or a WARN_ON. "no option": no
        option of a kernel reports it, as for an error in the scenario itself.

        Example:
            >>> import rcuscope as rs
            >>> rs.Finding(kind="warn_on", message="WARNING: WARN_ON(x)").reporting
            'always'
        """
        return self.kconfig or str(_core.reporting_of(self.kind, self.message))

    @property
    def searched(self) -> str:
        """How much of the search shows it, as pictures say it: "5 of 12 schedules"; "" live."""
        if self.frequency is None or 0 in self.frequency:
            return ""
        showing, all_of_them = (f"{count:,}".replace(",", " ") for count in self.frequency)
        return f"{showing} of {all_of_them} schedule{'' if self.frequency[1] == 1 else 's'}"

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
            known = replay_origin(self.origin, self.schedule)
            known._searched = self.searched
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
        lines.append(textwrap.indent(self.message.rstrip(), "  "))
        lines += [f"  {line}" for line in textwrap.wrap(self.explanation, _TEXT_WIDTH)]
        with_option = f"a kernel would show it with {self.reporting}"
        lines.append(f"  {_WITHOUT_OPTION.get(self.reporting, with_option)}")
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
        limit: What ended the search early: "max_executions", "preemption_bound", "interrupted" ...;
            "memory": nothing did, but the outcome rests on more order than the kernel's memory
            model gives; None = nothing.
        memory_doubt: Which accesses weak memory may show in another order; "" = none.
        estimate: Estimated number of executions in all; 0 if unknown.
        findings: One of each kind and place, with the fewest context switches.
        final_states: Outcomes of litmus tests.
        cost: Grace periods waited for per actor, and locks held over one.
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
    cost: Cost = field(default_factory=lambda: Cost({}, {}))
    memory_doubt: str = ""
    scenario: str = ""
    variant: Variant = field(default_factory=Variant)
    summary: str = field(default="", repr=False)
    chose_memory: bool = field(default=False, repr=False, compare=False)
    origin: Origin | None = field(default=None, repr=False, compare=False)

    def assert_safe(self) -> Verdict:
        """Returns self if the outcome is SAFE; for tests.

        Raises:
            UnsafeError: with the findings, if there are any.
            LimitError: if the search ended early without one, or if the memory model decides.

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

    @property
    def condition(self) -> str | None:
        """Of a litmus test: "Never", "Sometimes" or "Always"; None if the search cannot tell.

        Example:
            >>> import rcuscope as rs
            >>> rs.explore("posted").condition is None
            True
        """
        if self.origin is None or not isinstance(self.origin.scenario, Litmus):
            return None
        seen = self.origin.scenario.condition_of(self.final_states)
        is_known = self.final_states and (seen == "Sometimes" or self.limit in (None, "memory"))
        return seen if is_known else None

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
        """The verdict as JSON text: `#/$defs/verdict` of the package's schema.json.

        Example:
            >>> import json, rcuscope as rs
            >>> json.loads(rs.explore("posted").to_json())["outcome"]
            'SAFE'
        """
        plain = ("outcome", "exhaustive", "memory", "executions", "blocked", "steps", "seconds")
        record: dict[str, Any] = {"scenario": self.scenario, "variant": str(self.variant)}
        further = ("limit", "estimate", "memory_doubt")
        record |= {name: getattr(self, name) for name in (*plain, *further)}
        record["findings"] = [finding.to_dict() for finding in self.findings]
        record["final_states"] = list(self.final_states)
        record["condition"] = self.condition
        record["cost"] = self.cost._asdict()
        return json.dumps(record, indent=2)

    def __str__(self) -> str:
        return "\n".join([self.summary, *(str(finding) for finding in self.findings)])

    def __bool__(self) -> NoReturn:
        raise TypeError(
            'a Verdict is neither true nor false; compare verdict.outcome == "SAFE", or call '
            "verdict.assert_safe()"
        )


def as_finding(
    found: _core.Finding, origin: Origin, frequency: tuple[int, int] | None = None
) -> Finding:
    """The core's finding with what replays it."""
    return Finding(
        kind=found.kind,
        message=found.message,
        explanation=found.explanation,
        schedule=found.schedule,
        actor=found.actor,
        place=found.place,
        step=found.step,
        kconfig=found.kconfig,
        frequency=frequency,
        origin=origin,
    )


def finding_metadata(finding: Finding) -> dict[str, str]:
    """What a trace says of the finding that it shows."""
    return {"verdict": "UNSAFE", "finding": finding.kind, "explanation": finding.explanation}


def replay_origin(origin: Origin, schedule: str) -> Trace:
    """Runs one schedule of a scenario again."""
    options = origin.core_options
    metadata = origin.metadata()
    core_variant = origin.variant._core_variant
    if origin.body is None:
        name = origin.scenario.name
        store, _ = _core.replay_catalogue(name, core_variant, schedule, options, metadata)
    else:
        store, _ = _core.replay_python(origin.body, core_variant, schedule, options, metadata)
    return Trace(store)
