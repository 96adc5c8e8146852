# SPDX-License-Identifier: LGPL-2.1-or-later
"""`rcuscope record --kernel`: drives trace-cmd with the best that this kernel offers.

Follows the recipes of docs/kernel_traces.md: the kernel's own events where it has them, kprobes
under the names that the importer knows where it has not.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rcuscope import _core

_MOUNTS: Final = (Path("/sys/kernel/tracing"), Path("/sys/kernel/debug/tracing"))
_BTF: Final = Path("/sys/kernel/btf/vmlinux")
_GROUP: Final = "rcuscope"  # of our kprobes

# What to switch on wherever it is there: "system:event", or "system" for all of its events.
_EVENTS: Final = (
    "rcu",
    "iommu:add_device_to_group",
    "iommu:remove_device_from_group",
    "iommu:attach_device_to_domain",
    "sched:sched_switch",
    "irq:softirq_entry",
    "irq:softirq_exit",
    "irq:irq_handler_entry",
    "irq:irq_handler_exit",
)


@dataclass(frozen=True, kw_only=True)
class Offsets:
    """Where fields lie in this kernel's structures, bytes; None: not known."""

    gp_seq: int | None = None  # in rcu_state
    kobj: int | None = None  # in struct device
    kobject_name: int | None = None
    kref: int | None = None  # in struct kobject


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to record, and what this kernel cannot give."""

    events: list[str] = field(default_factory=list)
    kprobes: list[str] = field(default_factory=list)  # lines for kprobe_events
    missing: list[str] = field(default_factory=list)  # what, and why


def _device_probes(offsets: Offsets) -> dict[str, str] | None:
    """Probes with name and count of a device, whose first member that matters is its kobject."""
    if offsets.kobj is None or offsets.kobject_name is None or offsets.kref is None:
        return None
    name = f"name=+0(+{offsets.kobj + offsets.kobject_name}($arg1)):string"
    refs = f"refs=+{offsets.kobj + offsets.kref}($arg1):s32"
    return {
        "get_device": f"dev=$arg1:x64 {name} {refs}",
        "put_device": f"dev=$arg1:x64 {name} {refs}",
        "device_release": f"dev=$arg1:x64 {name}",
    }


class _Planner:
    def __init__(self, events: set[str], functions: set[str] | None, offsets: Offsets) -> None:
        self.plan = Plan()
        self._events = events
        self._functions = functions
        self._offsets = offsets

    def _probe(self, what: str, definitions: Sequence[tuple[str, str, str, str]]) -> None:
        """Kprobes (type, name, function, arguments) for it, or a word on why there are none."""
        if self._functions is None:
            self.plan.missing.append(f"{what}: this kernel has no kprobe events")
            return
        absent = {function for _, _, function, _ in definitions} - self._functions
        if absent:
            self.plan.missing.append(
                f"{what}: {', '.join(sorted(absent))} cannot be probed in this kernel"
            )
            return
        for kind, name, function, arguments in definitions:
            line = f"{kind}:{_GROUP}/{name} {function} {arguments}".rstrip()
            self.plan.kprobes.append(line)
            self.plan.events.append(f"{_GROUP}:{name}")

    def add_events(self) -> None:
        for wanted in _EVENTS:
            if wanted in self._events or any(e.startswith(f"{wanted}:") for e in self._events):
                self.plan.events.append(wanted)
            else:
                self.plan.missing.append(f"{wanted}: this kernel does not have it")

    def add_grace_periods(self) -> None:
        if "rcu:rcu_grace_period" in self._events:
            return
        if self._offsets.gp_seq is None:
            self.plan.missing.append(
                "grace periods: no event rcu:rcu_grace_period (CONFIG_RCU_TRACE is not set), and "
                "the place of rcu_state.gp_seq is not known; install pahole"
            )
            return
        argument = f"gp_seq=@rcu_state+{self._offsets.gp_seq}:u64"
        self._probe(
            "grace periods",
            [
                ("r", "gp_start", "rcu_gp_init", argument),
                ("p", "gp_end", "rcu_gp_cleanup", argument),
            ],
        )

    def add_calls(self) -> None:
        if "rcu:rcu_sr_normal" not in self._events:
            self._probe(
                "calls of synchronize_rcu",
                [
                    ("p", "sync_enter", "synchronize_rcu", ""),
                    ("r", "sync_exit", "synchronize_rcu", ""),
                ],
            )
        if "rcu:rcu_callback" not in self._events:
            arguments = "head=$arg1:x64 func=$arg2:symbol"
            self._probe("callbacks queued", [("p", "call_rcu", "call_rcu", arguments)])

    def add_devices(self) -> None:
        probes = _device_probes(self._offsets)
        what = "reference counts of devices"
        if probes is None:
            self.plan.missing.append(
                f"{what}: the layout of struct device is not known; install pahole"
            )
            return
        self._probe(what, [("p", name, name, arguments) for name, arguments in probes.items()])


def make_plan(events: set[str], functions: set[str] | None, offsets: Offsets) -> Plan:
    """The best set that a kernel offers.

    Args:
        events: "system:event" of each that the kernel has.
        functions: Those that can be probed; None where there are no kprobes.
        offsets: Of the fields that the probes read.

    Example:
        >>> make_plan({"rcu:rcu_utilization"}, None, Offsets()).events
        ['rcu']
    """
    planner = _Planner(events, functions, offsets)
    planner.add_events()
    planner.add_grace_periods()
    planner.add_calls()
    planner.add_devices()
    return planner.plan


def _offset(struct: str, member: str) -> int | None:
    """Of a member, from the kernel's own type information, by pahole."""
    program = shutil.which("pahole")
    if program is None or not _BTF.exists():
        return None
    found = subprocess.run(
        [program, "-F", "btf", "-C", struct, str(_BTF)],
        capture_output=True,
        text=True,
        check=False,
    )
    match = re.search(rf"\b{member};\s*/\*\s*(\d+)", found.stdout)
    return None if match is None else int(match[1])


def _offsets() -> Offsets:
    return Offsets(
        gp_seq=_offset("rcu_state", "gp_seq"),
        kobj=_offset("device", "kobj"),
        kobject_name=_offset("kobject", "name"),
        kref=_offset("kobject", "kref"),
    )


def _find_tracefs(given: Path | None) -> Path:
    candidates = _MOUNTS if given is None else (given,)
    for folder in candidates:
        try:
            is_there = (folder / "available_events").exists()
        except PermissionError:  # most systems show the folder to root alone
            is_there = True
        if is_there:
            if not os.access(folder / "tracing_on", os.W_OK, effective_ids=True):
                raise PermissionError(f"{folder}: no right to trace; run this as root")
            return folder
    raise FileNotFoundError(
        f"no tracefs at {' or '.join(map(str, candidates))}; as root: mount -t tracefs nodev "
        f"{_MOUNTS[0]} (a container needs one that its host shares)"
    )


def _find_trace_cmd() -> str:
    program = shutil.which("trace-cmd")
    if program is None:
        raise FileNotFoundError("no trace-cmd; install it: apt-get install trace-cmd")
    return program


def _functions(tracefs: Path) -> set[str] | None:
    if not (tracefs / "kprobe_events").exists():
        return None
    listed = tracefs / "available_filter_functions"
    try:
        lines = listed.read_text().splitlines()
    except OSError:
        return set()
    return {line.split()[0] for line in lines if line}


@contextlib.contextmanager
def _kprobes(tracefs: Path, plan: Plan) -> Iterator[list[str]]:
    """Sets the plan's probes, and takes them away again. Yields why some could not be set."""
    refused, made = [], []
    for line in plan.kprobes:
        name = line.split()[0].partition("/")[2]
        try:
            with (tracefs / "kprobe_events").open("a") as file:
                file.write(line + "\n")
            made.append(name)
        except OSError as error:
            plan.events.remove(f"{_GROUP}:{name}")
            refused.append(f"kprobe {name}: the kernel refused it ({error.strerror})")
    try:
        yield refused
    finally:
        for name in made:
            with contextlib.suppress(OSError), (tracefs / "kprobe_events").open("a") as file:
                file.write(f"-:{_GROUP}/{name}\n")


def _run_trace_cmd(trace_cmd: str, plan: Plan, output: Path, program: list[str]) -> int:
    """trace-cmd's exit status. Ctrl-C ends the recording; trace-cmd then writes the file."""
    chosen = [word for event in plan.events for word in ("-e", event)]
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with subprocess.Popen(
            [trace_cmd, "record", "-o", str(output), *chosen, *program],
            stdout=2,  # what it prints is no result of ours
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        ) as process:
            return process.wait()
    finally:
        signal.signal(signal.SIGINT, before)


def run(program: list[str], output: Path, *, tracefs: Path | None, as_json: bool) -> int:
    """Records the kernel while the program runs, or until Ctrl-C without one.

    Returns:
        0, or 3 if trace-cmd failed.

    Raises:
        UsageError: if the output exists.
        OSError: without trace-cmd, tracefs or the rights.
    """
    if output.exists():
        raise _core.UsageError(f"--output: {output} exists; expected a new file")
    trace_cmd = _find_trace_cmd()
    folder = _find_tracefs(tracefs)
    events = set((folder / "available_events").read_text().split())
    plan = make_plan(events, _functions(folder), _offsets())
    with _kprobes(folder, plan) as refused:
        status = _run_trace_cmd(trace_cmd, plan, output, program)
    missing = [*plan.missing, *refused]
    if as_json:
        record = {
            "path": str(output),
            "status": status,
            "events": plan.events,
            "kprobes": plan.kprobes,
            "missing": missing,
        }
        _say(json.dumps(record, indent=2))
    else:
        _say("\n".join([f"recorded: {', '.join(plan.events)}", *_missing_lines(missing)]))
        if status == 0:
            _say(f"{output}: `rcuscope import {output} --check` tells what is in it")
    return 0 if status == 0 and output.exists() else 3


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


def _missing_lines(missing: list[str]) -> list[str]:
    return ["not to be had:", *(f"  {line}" for line in missing)] if missing else []
