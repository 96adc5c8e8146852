# SPDX-License-Identifier: LGPL-2.1-or-later
"""Exercises of lesson 09. Answers are tried on recordings, on parts of them and on the model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from rcuscope import _core, examples
from rcuscope.exercises.form import Answer, Exercise, tried_on, whole_number
from rcuscope.exercises.programs import unplug
from rcuscope.explore import replay
from rcuscope.scenario import scenario
from rcuscope.trace import Trace, load
from rcuscope.variant import Variant
from rcuscope.vocabulary import EventKind

_UNPATCHED: Final = Variant(unlink="list_del", reclaim="none", hold_device="neither")


def _walk_during_removal(k: _core.Kernel) -> None:
    group, nic = k.iommu_group("8"), k.device("0000:01:00.0")
    group.add_device(nic)

    @k.hardirq("ATC time-out ISR")
    def isr() -> None:
        with k.rcu_read_side():
            for gdev in group.for_each_device_rcu():
                k.WARN_ON(gdev.dev != nic)

    @k.process("hot unplug")
    def hot_unplug() -> None:
        k.device_unregister(nic)


_REMOVAL: Final = scenario(name="the removal before the patch", variant=_UNPATCHED)(
    _walk_during_removal
)


def _rows(trace: Trace, *kinds: EventKind) -> Iterator[tuple[EventKind, int, int, int, int]]:
    """Kind, time, actor, object and value of the events of these kinds."""
    table = trace.events
    names = ("time", "actor", "object", "value")
    for row, kind in enumerate(table["kind"]):
        if kind in kinds:
            time, actor, what, value = (int(table[name][row]) for name in names)
            yield EventKind(kind), time, actor, what, value


def _calls(trace: Trace) -> list[tuple[int, int]]:
    """Begin and end of each synchronize_rcu call that the trace shows whole, by its end."""
    began: dict[int, int] = {}
    calls = []
    start, end = EventKind["synchronize_rcu_start"], EventKind["synchronize_rcu_end"]
    for kind, time, actor, _, _ in _rows(trace, start, end):
        if kind == start:
            began[actor] = time
        elif actor in began:
            calls.append((began.pop(actor), time))
    return calls


def _waits(trace: Trace) -> list[int]:
    return [end - begin for begin, end in _calls(trace)]


def _too_old(trace: Trace) -> list[int]:
    """For each call, the grace periods that ended within it and had begun before it."""
    began: dict[int, int] = {}
    spans = []
    table = trace.events
    for row, kind in enumerate(table["kind"]):
        number, time = int(table["grace_period"][row]), int(table["time"][row])
        if kind == EventKind["grace_period_start"]:
            began[number] = time
        elif kind == EventKind["grace_period_end"] and number in began:
            spans.append((began[number], time))
    return [
        sum(start < begin < stop < end for start, stop in spans) for begin, end in _calls(trace)
    ]


def story(trace: Trace) -> list[list[tuple[str, int]]]:
    """What a removal does from leaving the group to the release, for each device: kind, value.

    Only whole ones; of each event the value is kept where it is a number of references.
    """
    kinds = ("remove_device_from_group", "synchronize_rcu_start", "synchronize_rcu_end")
    about_device = ("put_device", "device_release")
    wanted = [EventKind[name] for name in (*kinds, *about_device)]
    stories: list[list[tuple[str, int]]] = []
    current: list[tuple[str, int]] = []
    device = remover = -1
    for kind, _, actor, what, value in _rows(trace, *wanted):
        if kind.name == kinds[0]:
            current, device, remover = [], what, actor
        elif actor != remover or (kind.name in about_device and what != device):
            continue
        current.append((kind.name, value if kind.name == "put_device" else 0))
        if kind.name == "device_release":
            stories.append(current)
            device = remover = -1
    return stories


def _removal_waits(trace: Trace) -> bool:
    return all(("synchronize_rcu_end", 0) in removal for removal in story(trace))


def _traces() -> Iterator[tuple[str, Trace]]:
    """Traces to try an answer on, with what they are."""
    for name in examples.names():
        whole = load(examples.path(name))
        yield name, whole
        calls = _calls(whole)  # the part cuts the first one and the last one
        yield f"a part of {name}", whole[calls[0][0] + 1 : calls[-1][1]]
    for variant in (Variant(), Variant(reclaim="none"), _UNPATCHED):
        yield f"the model's removal ({variant})", replay(scenario(unplug), "s1:", variant=variant)


def _same(expected: Callable[[Trace], Any]) -> Callable[[Answer], str]:
    """A judge: the answer says of each trace what `expected` does."""

    def objection(said: Any, trace: Trace) -> str:
        wanted = expected(trace)
        differs = _differs_in_numbers if isinstance(wanted, list) else _differs
        return differs(said, wanted)

    return tried_on(_traces, objection)


def _differs(said: Any, wanted: bool) -> str:
    import numpy as np  # noqa: PLC0415  the package does without where nobody reads a trace

    if not isinstance(said, (bool, np.bool_)):
        return f"your function returned {said!r}; expected True or False."
    return "" if said == wanted else f"{said!r} is not right."


def _differs_in_numbers(said: Any, wanted: list[int]) -> str:
    if not isinstance(said, Iterable) or isinstance(said, (str, bytes, dict)):
        return f"your function returned {said!r}; expected a list of ints."
    said = list(said)
    if len(said) != len(wanted):
        return f"the list has length {len(said)}; right is {len(wanted)}, one for each call."
    for number, (mine, right) in enumerate(zip(said, wanted, strict=True)):
        if whole_number(mine) is None:
            return f"call {number} has {mine!r}; expected an int."
        if whole_number(mine) != right:
            return f"call {number} has {mine}; right is {right}."
    return ""


def _told(removal: list[tuple[str, int]]) -> str:
    return ", ".join(
        f"{name} ({value} left)" if name == "put_device" else name for name, value in removal
    )


def _judge_variant(answer: Answer) -> str:
    variant = answer()
    if not isinstance(variant, Variant):
        return f"your function returned {variant!r}; wanted is an rs.Variant(...)."
    [modelled] = story(replay(scenario(unplug), "s1:", variant=variant))
    recorded = story(load(examples.path("kernel_removal_unpatched.txt")))[0]
    if modelled == recorded:
        return ""
    return f"{variant}: the model does {_told(modelled)}. The kernel did {_told(recorded)}."


TITLE: Final = "Reading real kernel traces"
EXERCISES: Final = (
    Exercise(
        name="09.1",
        task="Return how long each synchronize_rcu() call of a trace took, in the trace's clock, "
        "by the order of their returns. Count only calls whose begin and end are in the trace.",
        call="waits(trace)",
        hints=(
            "Events synchronize_rcu_start and synchronize_rcu_end; the column actor tells whose.",
            "Keep the time of the last start for each actor in a dict, and take it out at the end.",
            "A part of a trace may begin in the middle of a call: an end without a start.",
        ),
        judge=_same(_waits),
    ),
    Exercise(
        name="09.2",
        task="For each of these calls, in the same order: how many grace periods ended during the "
        "call and did not count, because they had begun before it?",
        call="too_old(trace)",
        hints=(
            "Events grace_period_start and grace_period_end; the column grace_period pairs them.",
            "Compare four times: begin and end of the call, begin and end of the grace period.",
            "It does not count if start < begin < stop < end, with start and stop of the period.",
        ),
        judge=_same(_too_old),
    ),
    Exercise(
        name="09.3",
        task="Return True if every removal in a trace waits for a grace period before the device "
        "is released, else False. Removals that are cut off do not count.",
        call="removal_waits(trace)",
        hints=(
            "A removal goes from remove_device_from_group to device_release of the same device.",
            "Between the two the same actor must have had a synchronize_rcu_end.",
            "Other actors and other devices have such events, too: compare actor and object.",
        ),
        judge=_same(_removal_waits),
    ),
    Exercise(
        name="09.4",
        task="Find the variant of the model whose removal shows the same events, in the same "
        "order and with the same references left, as the kernel without the patch.",
        call="choose() returns an rs.Variant",
        hints=(
            "Two decisions show in the events; print the story of the model for what you try.",
            "No wait: `reclaim`. One put only, and none left after it: `hold_device`.",
        ),
        judge=_judge_variant,
    ),
    Exercise(
        name="09.5",
        task="A recording shows one order. Be the scheduler of the removal without the patch, and "
        "of the reader that the patch is for: make it meet a poisoned link.",
        call="break_it(session)",
        hints=(
            "The actors are 'ATC time-out ISR' and 'hot unplug'.",
            "The handler must stand on the entry when the unplug unlinks it: it has read its dev.",
            "Then the unplug goes on until the entry is unlinked, no further, and the handler.",
        ),
        scenario=_REMOVAL,
        break_with="list_corruption",
    ),
)
