# SPDX-License-Identifier: LGPL-2.1-or-later
"""Config: how the simulated kernel is built, where that decides verdicts."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True, kw_only=True)
class Config:
    """How the simulated kernel is configured.

    Attributes:
        put_device: "precise": a put is a defect only where it is the last one and the release
            sleeps; "strict": any put outside process context is.
        preempt_rt: CONFIG_PREEMPT_RT: hardirq actors are threads: process context, and no implicit
            readers. Softirqs stay readers that must not sleep.
        debug_kobject_release: CONFIG_DEBUG_KOBJECT_RELEASE: the last put of a device or group only
            queues a work item, and that one releases.

    Raises:
        ValueError: for another value of put_device.
        TypeError: for a switch that is no bool.

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
        for name in ("preempt_rt", "debug_kobject_release"):
            if not isinstance(getattr(self, name), bool):
                raise TypeError(f"{name}={getattr(self, name)!r}: expected True or False")

    def __str__(self) -> str:
        """What differs from the default, as "preempt_rt=True"; else "default"."""
        plain = asdict(Config())
        changed = [
            f"{name}={value}" for name, value in asdict(self).items() if plain[name] != value
        ]
        return " ".join(changed) or "default"

    def options(self) -> dict[str, bool]:
        """The same for the core."""
        return {
            "strict_put_device": self.put_device == "strict",
            "preempt_rt": self.preempt_rt,
            "debug_kobject_release": self.debug_kobject_release,
        }
