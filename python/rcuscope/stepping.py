# SPDX-License-Identifier: LGPL-2.1-or-later
"""Session: an execution whose scheduler is the caller, one operation at a time."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from rcuscope import _core
from rcuscope.config import Config
from rcuscope.iommu import Iommu, check_iommu
from rcuscope.scenario import Body, Scenario, as_scenario
from rcuscope.trace import Trace, require_anywidget
from rcuscope.variant import Variant
from rcuscope.verdict import Finding, Origin, as_finding, finding_metadata

if TYPE_CHECKING:
    from rcuscope.step_widget import StepWidget

_START: Final = "s1:"


@dataclass(frozen=True)
class Choice:
    """An actor that can run, and what it does then.

    Attributes:
        actor: Its name.
        operation: Its next operation: "mutex_lock of iommu_group 7->mutex".
        place: "file.py:12" or "cell 4, line 12", where that stands in the program; "" = not known.
    """

    actor: str
    operation: str
    place: str = ""

    def __str__(self) -> str:
        where = f"  ({self.place})" if self.place else ""
        return f"{self.actor}: {self.operation}{where}"


@dataclass(frozen=True)
class State:
    """The studied program at one moment. Objects are told by their names.

    Attributes:
        lists: (list, its entries in order) of each list.
        references: (device or kref, its count), where the trace shows one.
        locks: (lock, owner, those who wait for it) of each lock that is held.
        readers: Actors in a read-side critical section: of RCU, implicit ones included, or of SRCU.
        grace_periods: (number, pre-existing readers that have not left) of those in progress.
        freed: Objects whose memory is gone.
    """

    lists: tuple[tuple[str, tuple[str, ...]], ...] = ()
    references: tuple[tuple[str, int], ...] = ()
    locks: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    readers: tuple[str, ...] = ()
    grace_periods: tuple[tuple[int, tuple[str, ...]], ...] = ()
    freed: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = [f"list {name}: {', '.join(entries) or 'empty'}" for name, entries in self.lists]
        lines += [f"references of {name}: {count}" for name, count in self.references]
        for lock, owner, waiters in self.locks:
            waiting = f"; {', '.join(waiters)} wait for it" if waiters else ""
            lines.append(f"{lock}: held by {owner}{waiting}")
        lines += [f"{actor} is in a read-side critical section" for actor in self.readers]
        for number, readers in self.grace_periods:
            lines.append(f"grace period {number}: waits for {', '.join(readers) or 'nobody'}")
        if self.freed:
            lines.append(f"freed: {', '.join(self.freed)}")
        return "\n".join(lines)


class Session:
    """An execution of a scenario in the model world; made by `rs.step`.

    Operations that commute with all others run at once: there is nothing to choose. Each choice
    runs the scenario anew up to there, so `undo` is exact, and nothing is left running in between.

    Example:
        >>> import rcuscope as rs
        >>> with rs.step("no_synchronize_rcu") as session:
        ...     while not session.is_over:
        ...         _ = session.choose("hot unplug" if "hot unplug" in str(session.choices) else 0)
        ...     print(session.finding)
        None
    """

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._undone_to: list[dict[str, Any]] = []
        self._at = self._stand(_START, None)
        self._is_closed = False

    def _stand(
        self, schedule: str, chosen: int | None, about: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """Executes a schedule, then a choice; `about`: what the trace shall say besides."""
        origin, metadata = self._origin, self._origin.metadata() | (about or {})
        options = {**origin.core_options, "schedule": schedule, "next": chosen}
        variant = origin.variant._core_variant
        if origin.body is None:
            name = origin.scenario.name
            stand: dict[str, Any] = _core.step_catalogue(name, variant, options, metadata)
        else:
            stand = _core.step_python(origin.body, variant, options, metadata)
        return stand

    def _check_open(self) -> None:
        if self._is_closed:
            raise _core.UsageError("this session is closed; rs.step() starts another one")

    @property
    def choices(self) -> tuple[Choice, ...]:
        """The actors that can run, by number; empty once the execution is over."""
        self._check_open()
        return tuple(
            Choice(actor, operation, place) for _, actor, operation, place in self._at["choices"]
        )

    @property
    def blocked(self) -> dict[str, str]:
        """Actor -> why it cannot go on, for those that have not ended and cannot run."""
        self._check_open()
        return dict(self._at["blocked"])

    @property
    def is_over(self) -> bool:
        """Whether the execution has ended: all is done, or a finding ended it."""
        self._check_open()
        return bool(self._at["is_over"])

    @property
    def schedule(self) -> str:
        """What was chosen so far; `rs.replay` takes it, and goes on behind it."""
        self._check_open()
        return str(self._at["schedule"])

    @property
    def trace(self) -> Trace:
        """What has happened so far."""
        finding = self.finding
        return Trace(self._at["trace"]) if finding is None else self._trace_about(finding)

    def _trace_about(self, finding: Finding) -> Trace:
        """What has happened so far; its picture tells of the finding."""
        about = {**finding_metadata(finding), "message": finding.message}
        return Trace(self._stand(self.schedule, None, about)["trace"])

    @property
    def state(self) -> State:
        """The studied program as it is now."""
        self._check_open()
        store = self._at["trace"]
        found = _core.state_of(store, store.end)
        objects = found["objects"]
        return State(
            lists=tuple((name, tuple(entries)) for name, entries in found["lists"]),
            references=tuple(
                (one["name"], one["references"]) for one in objects if one["references"] is not None
            ),
            locks=tuple((lock, who, tuple(waiters)) for lock, who, waiters in found["locks"]),
            readers=tuple(self._at["readers"]),
            grace_periods=tuple((number, tuple(who)) for number, who in found["grace_periods"]),
            freed=tuple(one["name"] for one in objects if one["freed"]),
        )

    @property
    def finding(self) -> Finding | None:
        """The first defect that showed, or None."""
        return next(iter(self.findings), None)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The defects that have shown, first ones first: one operation may be more than one."""
        self._check_open()
        return tuple(as_finding(found, self._origin) for found in self._at["findings"])

    def choose(self, choice: int | str) -> Session:
        """Lets an actor execute its next operation.

        Args:
            choice: Its index in `choices`, or its name.

        Returns:
            The session itself.

        Raises:
            ValueError: if it cannot run, or the execution is over.
        """
        self._check_open()
        stand = self._stand(self.schedule, self._number_of(choice))
        self._undone_to.append(self._at)
        self._at = stand
        return self

    def _number_of(self, choice: int | str) -> int:
        rows = self._at["choices"]
        if not rows:
            raise _core.UsageError(
                f"choose({choice!r}): the execution is over; undo() goes back a step"
            )
        if isinstance(choice, str):
            for number, actor, _, _ in rows:
                if actor == choice:
                    return int(number)
            why = self._at["blocked"].get(choice)
            names = ", ".join(repr(row[1]) for row in rows)
            raise _core.UsageError(
                f"choose({choice!r}): {why or 'no actor of that name can run'}; these can: {names}"
            )
        if not isinstance(choice, int) or isinstance(choice, bool):
            raise TypeError(f"choose({choice!r}): expected an index or the name of an actor")
        if not 0 <= choice < len(rows):
            raise _core.UsageError(f"choose({choice}): expected 0 to {len(rows) - 1}")
        return int(rows[choice][0])

    @property
    def can_undo(self) -> bool:
        """Whether anything was chosen."""
        self._check_open()
        return bool(self._undone_to)

    def undo(self) -> Session:
        """Takes the latest choice back.

        Returns:
            The session itself.

        Raises:
            ValueError: at the start.
        """
        self._check_open()
        if not self._undone_to:
            raise _core.UsageError("undo(): nothing was chosen yet")
        self._at = self._undone_to.pop()
        return self

    def widget(self) -> StepWidget:
        """Buttons for a notebook: who runs next, undo, and the timeline so far; needs anywidget.

        Returns:
            The widget; it moves this session. After a move from Python call its `refresh()`.

        Raises:
            ImportError: without anywidget; the message says how to get it.

        Example:
            >>> import rcuscope as rs
            >>> rs.step("no_synchronize_rcu").widget()  # doctest: +SKIP
        """
        self._check_open()
        require_anywidget()
        from rcuscope.step_widget import StepWidget  # noqa: PLC0415  it needs that extra

        return StepWidget(self)

    def close(self) -> None:
        """Ends the session; it cannot be used any more."""
        self._is_closed = True
        self._undone_to.clear()
        self._at = {}

    def __enter__(self) -> Session:  # noqa: PYI034  typing.Self is newer than Python 3.10
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        name = self._origin.scenario.name
        if self._is_closed:
            return f"<Session of {name}, closed>"
        where = "over" if self.is_over else f"{len(self.choices)} can run"
        return f"<Session of {name} at {self.schedule!r}: {where}>"

    def to_dict(self) -> dict[str, Any]:
        """All of it but the trace, for JSON."""
        finding = self.finding
        return {
            "scenario": self._origin.scenario.name,
            "schedule": self.schedule,
            "choices": [asdict(choice) for choice in self.choices],
            "blocked": self.blocked,
            "state": asdict(self.state),
            "finding": None if finding is None else finding.to_dict(),
            "is_over": self.is_over,
        }


def step(
    scenario: Scenario | str | Body,
    *,
    variant: Variant | None = None,
    config: Config | None = None,
    iommu: type[Iommu] | None = None,
) -> Session:
    """Be the scheduler: runs a scenario in the model world, one operation at a time.

    Args:
        scenario: A `Scenario`, its name in `rs.catalogue`, or a function of a `Kernel`.
        variant: Of the machinery; default: the scenario's own.
        config: Of the simulated kernel; default: the scenario's own.
        iommu: A class derived from `rs.Iommu`, whose methods replace steps of the machinery.

    Returns:
        A session before the first operation of the first actor; set-up is done.

    Raises:
        ValueError: for a wrong argument.
        Exception: what the body itself raises while it sets up.

    Example:
        >>> import rcuscope as rs
        >>> session = rs.step("posted")
        >>> [choice.actor for choice in session.choices]
        ['ATC time-out ISR', 'hot unplug']
        >>> session.choose("ATC time-out ISR").undo().schedule
        's1:'
    """
    if variant is not None and not isinstance(variant, Variant):
        raise TypeError(f"variant={variant!r}: expected a Variant, such as rs.Variant.parse(text)")
    if config is not None and not isinstance(config, Config):
        raise TypeError(f"config={config!r}: expected a Config")
    check_iommu(iommu)
    stepped = as_scenario(scenario)
    return Session(Origin(stepped, variant or stepped.variant, config or stepped.config, iommu))
