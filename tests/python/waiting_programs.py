# SPDX-License-Identifier: LGPL-2.1-or-later
"""Random programs with loops that wait, and all that they can do, found without any reduction.

The oracle keeps every state that it has seen (actors' positions, what they logged, memory), so an
endless loop is a cycle of states to it, and nothing has to be known about waiting.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, NamedTuple

import rcuscope as rs

LOCATIONS = "xyz"
KINDS = (
    "write",
    "write",
    "write",
    "read",
    "add",
    "wait",
    "wait",
    "wait_for_two",
    "wait_for_two",
    "wait_counting",
    "wait_relaxed",
    "spin",
    "poll",
    "poll_relaxed",
)
POLLS = 3


class Step(NamedTuple):
    """One statement of an actor: its kind, the location, and the value that it deals with."""

    kind: str
    location: str
    value: int


Program = tuple[tuple[Step, ...], ...]


def random_program(rng: random.Random) -> Program:
    """Two or three actors of one to four statements."""

    def step() -> Step:
        kind = rng.choice(KINDS)
        value = rng.randint(0, 1) if kind == "write" else 1
        return Step(kind, "z" if kind == "spin" else rng.choice("xy"), value)

    def actor() -> tuple[Step, ...]:
        return tuple(step() for _ in range(rng.randint(1, 4)))

    return tuple(actor() for _ in range(rng.choice([2, 2, 3])))


# --- as a scenario


def run_step(k: rs.Kernel, step: Step, at: dict[str, Any], log: list[Any]) -> None:
    """Runs one statement of an actor; reads are logged."""
    here = at[step.location]
    if step.kind == "write":
        k.WRITE_ONCE(here, step.value)
    elif step.kind == "read":
        log.append(k.READ_ONCE(here))
    elif step.kind == "add":
        log.append(k.atomic_add_return(1, here))
    elif step.kind == "wait":
        while k.READ_ONCE(here) == step.value:
            pass
    elif step.kind == "wait_for_two":
        while True:
            pair = (k.READ_ONCE(at["x"]), k.READ_ONCE(at["y"]))
            if pair != (1, 1):
                break
        log.append(pair)
    elif step.kind == "wait_counting":
        turns = 0
        while k.READ_ONCE(here) == step.value:
            turns += 1
    elif step.kind == "wait_relaxed":
        while k.READ_ONCE(here) == step.value:
            k.cpu_relax()
    elif step.kind == "spin":
        while k.xchg(here, 1):
            pass
        k.WRITE_ONCE(here, 0)
    elif step.kind == "poll":
        for _ in [0] * POLLS:  # its variables do not tell the turns apart
            if k.READ_ONCE(here) != step.value:
                return
        log.append("gave up")
    else:
        for _ in range(POLLS):
            if k.READ_ONCE(here) != step.value:
                return
            k.cpu_relax()
        log.append("gave up")


def scenario(program: Program, final_states: set[str]) -> Callable[[rs.Kernel], None]:
    """The program for explore(); its final states go to the set."""

    def body(k: rs.Kernel) -> None:
        at = {name: k.shared(name, 0) for name in LOCATIONS}
        logs: list[list[Any]] = []

        def run(steps: tuple[Step, ...], log: list[Any]) -> None:
            for step in steps:
                run_step(k, step, at, log)

        for index, steps in enumerate(program):
            log: list[Any] = []
            logs.append(log)
            k.process(f"a{index}", args=(steps, log))(run)

        @k.at_end
        def end() -> None:
            memory = [k.load(at[name]) for name in LOCATIONS]
            final_states.add(text_of([tuple(log) for log in logs], memory))

    return body


def text_of(logs: Any, memory: Any) -> str:
    """What an execution ends with."""
    return f"{[list(log) for log in logs]} {list(memory)}"


# --- as a graph of states


class Actor(NamedTuple):
    """Where an actor is: statement, place in it, what it keeps from before, its log."""

    index: int = 0
    place: int = 0
    kept: int = 0
    log: tuple[Any, ...] = ()

    def done(self, *logged: Any) -> Actor:
        return Actor(self.index + 1, 0, 0, (*self.log, *logged))


def after(step: Step, actor: Actor, memory: dict[str, int]) -> Actor:
    """The actor after its next operation, which may change the memory."""
    here = memory[step.location]
    if step.kind == "write":
        memory[step.location] = step.value
        return actor.done()
    if step.kind == "read":
        return actor.done(here)
    if step.kind == "add":
        memory[step.location] = here + 1
        return actor.done(here + 1)
    if step.kind in ("wait", "wait_counting", "wait_relaxed"):
        return actor if here == step.value else actor.done()
    if step.kind == "wait_for_two":
        if actor.place == 0:
            return actor._replace(place=1, kept=memory["x"])
        pair = (actor.kept, memory["y"])
        return actor._replace(place=0, kept=0) if pair == (1, 1) else actor.done(pair)
    if step.kind == "spin":
        if actor.place == 1:
            memory[step.location] = 0
            return actor.done()
        memory[step.location] = 1
        return actor if here else actor._replace(place=1)
    if here != step.value:
        return actor.done()
    turns = actor.kept + 1
    return actor.done("gave up") if turns == POLLS else actor._replace(kept=turns)


State = tuple[tuple[Actor, ...], tuple[int, ...]]


def everything(program: Program, max_states: int = 20_000) -> tuple[set[str], bool] | None:
    """The final states, and whether some state cannot end at all; None: more states than that."""
    start: State = ((Actor(),) * len(program), (0,) * len(LOCATIONS))
    before: dict[State, list[State]] = {start: []}
    ends = []
    left = [start]
    while left:
        actors, values = state = left.pop()
        if all(actor.index == len(steps) for actor, steps in zip(actors, program, strict=True)):
            ends.append(state)
        for i, actor in enumerate(actors):
            if actor.index == len(program[i]):
                continue
            memory = dict(zip(LOCATIONS, values, strict=True))
            moved = after(program[i][actor.index], actor, memory)
            following: State = (
                (*actors[:i], moved, *actors[i + 1 :]),
                tuple(memory[name] for name in LOCATIONS),
            )
            if following not in before:
                before[following] = []
                left.append(following)
            before[following].append(state)
        if len(before) > max_states:
            return None
    can_end = set(ends)
    left = list(ends)
    while left:
        for state in before[left.pop()]:
            if state not in can_end:
                can_end.add(state)
                left.append(state)
    final = {text_of([actor.log for actor in actors], values) for actors, values in ends}
    return final, len(can_end) < len(before)
