# SPDX-License-Identifier: LGPL-2.1-or-later
"""The workload: the machinery of the patch under load, and what it measured."""

from __future__ import annotations

import json
from dataclasses import dataclass
from os import PathLike
from typing import Any, Final

from rcuscope import _core
from rcuscope.live import (
    FLAVORS,
    LEVELS,
    NO_LATENCY,
    Latency,
    Run,
    as_run,
    check_choice,
    check_live,
    check_variant,
    in_progress,
    recording_of,
    saved,
)
from rcuscope.variant import Variant

_PROTECTIONS: Final = ("rcu", "mutex", "rwlock")
_THREADS_MAX: Final = 1024  # readers and updaters of a workload together
_DEVICES_MAX: Final = 65536
_EVENTS_MAX: Final = 2_000_000  # more would keep Ctrl-C waiting while the trace is built


def _time(nanoseconds: float) -> str:
    """In the largest unit that leaves at least 1: "12.3 us"."""
    for unit, size in (("s", 1e9), ("ms", 1e6), ("us", 1e3)):
        if nanoseconds >= size:
            return f"{nanoseconds / size:.3g} {unit}"
    return f"{nanoseconds:.0f} ns"


def _latency_line(name: str, found: Latency) -> str:
    parts = ((part, getattr(found, part)) for part in ("p50", "p90", "p99", "max"))
    times = ", ".join(f"{part} {_time(nanoseconds)}" for part, nanoseconds in parts)
    return f"  {name}: {times} ({found.count:,} measured)"


@dataclass(frozen=True, kw_only=True)
class Workload(Run):
    """What a workload showed: a `Run` whose numbers are the point.

    Attributes:
        protect: "rcu", "mutex" or "rwlock".
        flavor: Of liburcu.
    """

    protect: str
    flavor: str

    def to_json(self) -> str:
        """Findings and numbers as JSON text."""
        about = {"protect": self.protect, "flavor": self.flavor}
        stats = self.stats
        rates = {
            "grace_periods_per_second": stats.grace_periods_per_second,
            "updates_per_second": stats.updates_per_second,
        }
        return json.dumps({**json.loads(super().to_json()), **about, "rates": rates}, indent=2)

    def __str__(self) -> str:
        stats = self.stats
        how = f"rcu ({self.flavor})" if self.protect == "rcu" else self.protect
        rates = {
            "sections": stats.sections_per_second,
            "updates": stats.updates_per_second,
            "grace periods": stats.grace_periods_per_second,
        }
        lines = [
            f"{self.scenario}, protected by {how}, {_time(stats.duration)}:",
            "  " + ", ".join(f"{rate:,.0f} {name}/s" for name, rate in rates.items()),
        ]
        named = {
            "read-side section": stats.section,
            "synchronize_rcu": stats.grace_period,
            "callback": stats.callback_delay if stats.callbacks else NO_LATENCY,
            "deferred put_device": stats.put_device_delay,
        }
        lines += [_latency_line(name, found) for name, found in named.items() if found.count]
        if stats.events_lost:
            lines.append(f"  {stats.events_lost:,} events lost")
        return "\n".join([*lines, *(str(finding) for finding in self.findings)])


def _check_count(name: str, value: object, low: int, high: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name}={value!r}: expected an int")
    if not low <= value <= high:
        raise ValueError(f"{name}={value}: expected {low} to {high}")


def _check_duration(name: str, value: object, *, zero_is_allowed: bool) -> None:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise TypeError(f"{name}={value!r}: expected a number of seconds")
    longest = 1e6  # in ns it still fits with room to spare
    if not 0 <= value <= longest or (value == 0 and not zero_is_allowed):
        raise ValueError(
            f"{name}={value!r}: expected {'0' if zero_is_allowed else 'more than 0'} to "
            f"{longest:.0f} seconds"
        )


def _check_workload(threads: dict[str, int], devices: int, protect: str, has_variant: bool) -> None:
    for name, value in threads.items():
        _check_count(name, value, 0, _THREADS_MAX)
    if not 1 <= sum(threads.values()) <= _THREADS_MAX:
        given = ", ".join(f"{name}={value}" for name, value in threads.items())
        raise ValueError(f"{given}: expected 1 to {_THREADS_MAX} threads together")
    _check_count("devices", devices, 1, _DEVICES_MAX)
    if threads["updaters"] > devices:
        raise ValueError(
            f"updaters={threads['updaters']}: expected at most devices={devices}, since each "
            "updater has devices of its own"
        )
    check_choice("protect", protect, _PROTECTIONS)
    if has_variant and protect != "rcu":
        raise ValueError(
            f"variant with protect={protect!r}: under a lock no grace period is left to vary; "
            "leave one of them out"
        )


def workload(
    *,
    readers: int = 1,
    updaters: int = 1,
    devices: int = 8,
    seconds: float = 1.0,
    flavor: str = "memb",
    protect: str = "rcu",
    trace: str = "off",
    variant: Variant | None = None,
    update_interval: float = 50e-6,
    record: str | PathLike[str] | None = None,
) -> Workload:
    """Drives the machinery of the patch with threads of C++, and measures.

    Each reader walks the list of one group's devices, again and again. Each updater takes a device
    out of the group (iommu_group_remove_device) and puts it back, in turn those that are its own.
    With `protect="rcu"` readers are in rcu_read_lock sections and updaters wait for them as the
    variant says. With "mutex" or "rwlock" all take one pthread lock around a walk or a change, and
    nothing is deferred; the rwlock lets a waiting writer go first, as the kernel's does.

    Args:
        readers: Number of reading threads.
        updaters: Number of updating threads, at most one for each device.
        devices: Members of the group.
        seconds: How long, on the clock.
        flavor: Of liburcu: "memb", "mb", "bp" or "qsbr", as for `rs.run`.
        protect: "rcu", "mutex" or "rwlock".
        trace: "full", "section", "logical" or "off", as for `rs.run`. The trace keeps the first
            2,000,000 events; the rest counts as lost.
        variant: Of the machinery, for protect="rcu"; default: as posted.
        update_interval: Pause of an updater after each update, seconds.
        record: A new directory for the trace, as for `rs.run`.

    Returns:
        A `Run` whose `stats` hold sections, grace periods and updates per second, and percentiles
        of the latency of sections, of synchronize_rcu and of the deferred put_device.

    Raises:
        ValueError: for a wrong argument, and in a child of fork() whose parent ran live.
        TypeError: for an argument of a wrong type.
        OSError: if this installation was built without liburcu.
        KeyboardInterrupt: for Ctrl-C, within 0.2 s.

    Example:
        >>> import rcuscope as rs
        >>> run = rs.workload(readers=2, seconds=0.1)
        >>> run.stats.sections_per_second > 0 and run.stats.grace_periods > 0
        True
    """
    threads = {"readers": readers, "updaters": updaters}
    check_variant(variant)
    _check_workload(threads, devices, protect, variant is not None)
    _check_duration("seconds", seconds, zero_is_allowed=False)
    _check_duration("update_interval", update_interval, zero_is_allowed=True)
    check_choice("flavor", flavor, FLAVORS)
    check_choice("trace", trace, LEVELS)
    check_live()
    chosen = variant or Variant()
    path, level = recording_of(record, trace, "workload")
    options: dict[str, Any] = {
        **threads,
        "devices": devices,
        "seconds": float(seconds),
        "flavor": flavor,
        "protect": protect,
        "trace": level,
        "update_interval": float(update_interval),
        "events_max": _EVENTS_MAX,
        "record": path,
    }
    name = f"{readers} reader{'s' * (readers != 1)}, {updaters} updater{'s' * (updaters != 1)}"
    metadata = {"scenario": "workload", "title": f"{name}, protected by {protect}"}
    with in_progress.note("workload"):
        found = _core.run_workload(chosen._core_variant, options, metadata)
    store, findings, numbers = found
    run = as_run(store, findings, numbers, (f"workload of {name}", chosen))
    return saved(Workload(**vars(run), protect=protect, flavor=flavor), path)
