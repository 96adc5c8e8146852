# SPDX-License-Identifier: LGPL-2.1-or-later
"""Random litmus programs: what is SAFE shows every state that the kernel's memory model allows."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field
from typing import Final

import pytest
import rcuscope as rs
from kernel_memory_model import Event, Model

PLACES: Final = ("x", "y", "z")
DOMAINS: Final = {"": "", "s": "struct srcu_struct *s, ", "t": "struct srcu_struct *t, "}
ORDERS: Final = ("", "_relaxed", "_acquire", "_release")


@dataclass
class Thread:
    """A process of a program: its text, and its events for the model."""

    number: int
    lines: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    registers: list[tuple[str, int]] = field(default_factory=list)  # with the load's index

    def add(self, kind: str, place: str = "", **more: object) -> int:
        self.events.append(Event(kind, self.number, place, **more))  # type: ignore[arg-type]
        return len(self.events) - 1

    def load(self, place: str, text: str, **more: object) -> None:
        name = f"r{len(self.registers)}"
        self.lines.append(f"{name} = {text};")
        index = self.add("R", place, register=f"{self.number}:{name}", **more)
        self.registers.append((name, index))


class Generator:
    """Makes programs from random numbers."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.value = 0

    def program(self) -> tuple[str, list[list[Event]]]:
        count = self.random.choice((2, 2, 3))
        threads = [Thread(number) for number in range(count)]
        for thread in threads:  # a cycle: each one comes from a place and goes to the next
            self.fill(thread, (PLACES[thread.number], PLACES[(thread.number + 1) % count]))
        texts = []
        for thread in threads:
            parameters = "".join(DOMAINS.values()) + ", ".join(f"int *{p}" for p in PLACES)
            declared = "".join(f"int {name}; " for name, _ in thread.registers) + "int c; int d; "
            code = "\n    ".join(thread.lines)
            texts.append(f"P{thread.number}({parameters})\n{{\n    {declared}\n    {code}\n}}\n")
        registers = [f"{t.number}:{name}" for t in threads for name, _ in t.registers]
        watched = " ".join(f"{name};" for name in (*registers, *PLACES))
        text = f"C random\n{{ x=0; y=0; z=0; }}\n{''.join(texts)}locations [{watched}]\n"
        return f"{text}exists (x=0)\n", [thread.events for thread in threads]

    def fill(self, thread: Thread, places: tuple[str, str]) -> None:
        domain = self.random.choice(("", "", "", "s", "t"))
        is_section = self.random.random() < 0.35
        if is_section:
            self.section(thread, domain, is_begin=True)
        self.access(thread, places[0])
        if self.random.random() < 0.2:
            self.access(thread, self.random.choice(PLACES))
        if not is_section and self.random.random() < 0.8:
            self.between(thread, domain)
        self.access(thread, places[1])
        if is_section:
            self.section(thread, domain, is_begin=False)

    def section(self, thread: Thread, domain: str, *, is_begin: bool) -> None:
        kind = "lock" if is_begin else "unlock"
        text = f"rcu_read_{kind}();"
        if domain:
            text = (
                f"c = srcu_read_lock({domain});" if is_begin else f"srcu_read_unlock({domain}, c);"
            )
        thread.lines.append(text)
        thread.add(kind, domain)

    def between(self, thread: Thread, domain: str) -> None:
        kind = self.random.choice(("mb", "mb", "mb", "rmb", "wmb", "sync", "sync", "sync"))
        if kind == "sync":
            thread.lines.append(f"synchronize_srcu({domain});" if domain else "synchronize_rcu();")
        else:
            thread.lines.append(f"smp_{kind}();")
        thread.add(kind, domain if kind == "sync" else "")

    def access(self, thread: Thread, place: str) -> None:
        kind = self.random.random()
        if kind < 0.45:
            self.load(thread, place)
        elif kind < 0.9:
            self.store(thread, place)
        else:
            self.update(thread, place)

    def load(self, thread: Thread, place: str) -> None:
        if thread.registers and self.random.random() < 0.3:
            name, index = self.random.choice(thread.registers)
            thread.load(place, f"READ_ONCE(*({place} + ({name} ^ {name})))", address=[index])
        elif self.random.random() < 0.4:
            thread.load(place, f"smp_load_acquire({place})", tag="acquire")
        else:
            thread.load(place, f"READ_ONCE(*{place})")

    def store(self, thread: Thread, place: str) -> None:
        self.value += 1
        value, how = self.value, self.random.random()
        if how < 0.3:
            thread.lines.append(f"smp_store_release({place}, {value});")
            thread.add("W", place, value=value, tag="release")
        elif how < 0.6 and thread.registers:
            name, index = self.random.choice(thread.registers)
            if how < 0.45:
                thread.lines.append(f"WRITE_ONCE(*{place}, {value} + ({name} & 0));")
                thread.add("W", place, value=value, data=[index])
            else:
                thread.lines.append(f"if ({name} >= 0) {{ WRITE_ONCE(*{place}, {value}); }}")
                thread.add("W", place, value=value, control=[index])
        else:
            thread.lines.append(f"WRITE_ONCE(*{place}, {value});")
            thread.add("W", place, value=value)

    def update(self, thread: Thread, place: str) -> None:
        self.value += 1
        order = self.random.choice(ORDERS)
        if order == "":
            thread.add("mb")
        acquires = {"tag": "acquire"} if order == "_acquire" else {}
        thread.load(place, f"xchg{order}({place}, {self.value})", **acquires)
        load = len(thread.events) - 1
        tag = "release" if order == "_release" else ""
        thread.add("W", place, value=self.value, tag=tag, update_of=load)
        if order == "":
            thread.add("mb")


def states_of(verdict: rs.Verdict) -> frozenset[tuple[tuple[str, int], ...]]:
    return frozenset(
        tuple(sorted((name, int(value)) for name, value in pairs))
        for state in verdict.final_states
        for pairs in [[pair.split("=") for pair in state.rstrip(";").split("; ")]]
    )


@pytest.mark.parametrize("part", range(8))
def test_what_is_safe_shows_all_that_weak_memory_shows(part: int) -> None:
    safe_count, seed = 0, part * 1_000_000
    while safe_count < 25:
        seed += 1
        text, threads = Generator(seed).program()
        verdict = rs.explore(rs.litmus(text), memory="sc")
        assert verdict.exhaustive, text
        if verdict.outcome != "SAFE":
            assert verdict.limit == "memory", f"{seed}\n{text}\n{verdict}"
            continue
        safe_count += 1
        others = list(Model(threads, PLACES).final_states(states_of(verdict)))
        assert not others, f"{seed}\n{text}\n{others[0]}"


def test_missing_fence_would_be_seen() -> None:
    """The comparison can fail: with the model told of no fence, and no order of an access."""
    seen = 0
    for seed in range(1, 60):
        text, threads = Generator(seed).program()
        verdict = rs.explore(rs.litmus(text), memory="sc")
        if verdict.outcome != "SAFE":
            continue
        weaker = [[event for event in thread if event.kind in "RW"] for thread in threads]
        for event in itertools.chain(*weaker):
            event.tag, event.update_of = "", -1
            event.address, event.data, event.control = [], [], []
        seen += any(Model(weaker, PLACES).final_states(states_of(verdict)))
    assert seen >= 5


def test_model_shows_what_the_classic_shapes_show() -> None:
    """The model that the others are compared with: store buffering, with barriers and without."""

    def thread(number: int, store: str, load: str, *fences: str) -> list[Event]:
        made = Thread(number)
        made.add("W", store, value=1)
        for fence in fences:
            made.add(fence)
        made.load(load, "")
        return made.events

    both_stale = (("0:r0", 0), ("1:r0", 0))
    for fence, is_allowed in ((("mb",), False), ((), True), (("wmb", "rmb"), True)):
        threads = [thread(0, "x", "y", *fence), thread(1, "y", "x", *fence)]
        states = set(Model(threads, ("x", "y")).final_states(frozenset()))
        assert any(set(both_stale) <= set(state) for state in states) == is_allowed
        assert len(states) == 3 + is_allowed
