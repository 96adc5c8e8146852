# SPDX-License-Identifier: LGPL-2.1-or-later
"""The kernel's memory model by enumeration, for tests: every execution of a small litmus program.

Follows: the axioms of tools/memory-model/linux-kernel.cat (Alglave et al., ASPLOS 2018), as its
explanation.txt words them, for marked accesses, without locks. Slow, short, and shares nothing with
the checks of core/check.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field


@dataclass
class Event:
    """An access, a fence, or the begin or end of a section."""

    kind: str  # "R", "W", "mb", "rmb", "wmb", "sync", "lock", "unlock"
    thread: int
    place: str = ""  # a location, or a domain: "" is RCU
    value: int = 0
    register: str = ""
    tag: str = ""  # "acquire" or "release"
    update_of: int = -1  # of a store: the load of the same update
    address: list[int] = field(default_factory=list)  # loads that its address depends on
    data: list[int] = field(default_factory=list)
    control: list[int] = field(default_factory=list)


class Relation:
    """Between events: bit j of rows[i] says that i is related to j."""

    def __init__(self, rows: Sequence[int]) -> None:
        self.rows = list(rows)

    @classmethod
    def of(
        cls, count: int, pairs: Iterator[tuple[int, int]] | Sequence[tuple[int, int]]
    ) -> Relation:
        made = cls([0] * count)
        for first, second in pairs:
            made.rows[first] |= 1 << second
        return made

    @classmethod
    def identity(cls, count: int, members: int) -> Relation:
        return cls([members & 1 << index for index in range(count)])

    def __or__(self, other: Relation) -> Relation:
        return Relation([a | b for a, b in zip(self.rows, other.rows, strict=True)])

    def __and__(self, other: Relation) -> Relation:
        return Relation([a & b for a, b in zip(self.rows, other.rows, strict=True)])

    def __sub__(self, other: Relation) -> Relation:
        return Relation([a & ~b for a, b in zip(self.rows, other.rows, strict=True)])

    def __matmul__(self, other: Relation) -> Relation:
        rows = []
        for row in self.rows:
            made, left = 0, row
            while left:
                lowest = left & -left
                made |= other.rows[lowest.bit_length() - 1]
                left ^= lowest
            rows.append(made)
        return Relation(rows)

    def inverse(self) -> Relation:
        count = len(self.rows)
        return Relation(
            [sum((self.rows[i] >> j & 1) << i for i in range(count)) for j in range(count)]
        )

    def optional(self) -> Relation:
        return Relation([row | 1 << index for index, row in enumerate(self.rows)])

    def closure(self) -> Relation:
        """Transitive."""
        rows = list(self.rows)
        for middle in range(len(rows)):
            for index, row in enumerate(rows):
                if row >> middle & 1:
                    rows[index] = row | rows[middle]
        return Relation(rows)

    def star(self) -> Relation:
        return self.closure().optional()

    def is_irreflexive(self) -> bool:
        return not any(row >> index & 1 for index, row in enumerate(self.rows))

    def is_acyclic(self) -> bool:
        return self.closure().is_irreflexive()


class Model:
    """A program's executions that the model allows."""

    def __init__(self, threads: Sequence[Sequence[Event]], places: Sequence[str]) -> None:
        """Indices in events count per thread before; here they become global.

        Args:
            threads: Events of each thread in program order; dependencies are indices into it.
            places: All locations, 0 at first.
        """
        self.events = [Event("W", -1, place) for place in places]
        for thread in threads:
            base = len(self.events)
            for event in thread:
                for needs in (event.address, event.data, event.control):
                    needs[:] = [base + index for index in needs]
                if event.update_of >= 0:
                    event.update_of += base
                self.events.append(event)
        self.count = len(self.events)
        self._make_static_relations()

    def _those(self, *kinds: str, tag: str | None = None) -> Relation:
        members = 0
        for index, event in enumerate(self.events):
            if event.kind in kinds and (tag is None or event.tag == tag):
                members |= 1 << index
        return Relation.identity(self.count, members)

    def _pairs(self, keep: object) -> Relation:
        assert callable(keep)
        indices = range(self.count)
        pairs = [(i, j) for i in indices for j in indices if keep(i, j)]
        return Relation.of(self.count, pairs)

    def _make_static_relations(self) -> None:
        events = self.events
        self.po = self._pairs(lambda i, j: i < j and events[i].thread == events[j].thread != -1)
        self.internal = self._pairs(lambda i, j: events[i].thread == events[j].thread)
        self.external = self._pairs(lambda i, j: events[i].thread != events[j].thread)
        loads, stores, accesses = self._those("R"), self._those("W"), self._those("R", "W")

        def fence(kind: str) -> Relation:
            return self.po @ self._those(kind) @ self.po

        self.wmb = stores @ fence("wmb") @ stores
        self.gp = self.po @ self._those("sync") @ self.po.optional()
        self.strong_fence = accesses @ fence("mb") @ accesses | self.gp
        self.po_release = accesses @ self.po @ self._those("W", tag="release")
        acquire_po = self._those("R", tag="acquire") @ self.po @ accesses
        rmb = loads @ fence("rmb") @ loads
        self.fence = self.strong_fence | self.po_release | acquire_po | self.wmb | rmb

        def needs(name: str) -> Relation:
            pairs = [(n, i) for i, event in enumerate(events) for n in getattr(event, name)]
            return Relation.of(self.count, pairs)

        self.address, self.data, self.control = needs("address"), needs("data"), needs("control")
        self.loads, self.stores = loads, stores
        self.update = Relation.of(
            self.count, [(e.update_of, i) for i, e in enumerate(events) if e.update_of >= 0]
        )
        self._make_sections()

    def _make_sections(self) -> None:
        """For each domain: its grace periods, and its sections from their end to their begin."""
        self.domains = []
        for domain in sorted(
            {e.place for e in self.events if e.kind in ("sync", "lock", "unlock")}
        ):
            opened: dict[int, list[int]] = {}
            pairs, syncs = [], 0
            for index, event in enumerate(self.events):
                if event.place != domain or event.kind in ("R", "W"):
                    continue
                if event.kind == "sync":
                    syncs |= 1 << index
                elif event.kind == "lock":
                    opened.setdefault(event.thread, []).append(index)
                elif event.kind == "unlock":
                    pairs.append((index, opened[event.thread].pop()))
            grace_periods = Relation.identity(self.count, syncs)
            self.domains.append((grace_periods, Relation.of(self.count, pairs)))

    # ---- executions
    def final_states(
        self, known: frozenset[tuple[tuple[str, int], ...]]
    ) -> Iterator[tuple[tuple[str, int], ...]]:
        """Those that are allowed and not known."""
        for read_from, order in self._candidates():
            state = self._state(read_from, order)
            if state not in known and self._is_allowed(read_from, order):
                yield state

    def _candidates(self) -> Iterator[tuple[dict[int, int], dict[str, tuple[int, ...]]]]:
        places = [event.place for event in self.events if event.thread == -1]
        choices = []
        for place in places:
            here = [i for i, e in enumerate(self.events) if e.place == place]
            first = here[0]
            stores = [i for i in here[1:] if self.events[i].kind == "W"]
            loads = [i for i in here if self.events[i].kind == "R"]
            choices.append(
                [
                    (dict(zip(loads, sources, strict=True)), (first, *order))
                    for order in itertools.permutations(stores)
                    for sources in itertools.product((first, *stores), repeat=len(loads))
                    if self._is_coherent(dict(zip(loads, sources, strict=True)), (first, *order))
                ]
            )
        for chosen in itertools.product(*choices):
            read_from: dict[int, int] = {}
            for sources, _ in chosen:
                read_from |= sources
            yield (
                read_from,
                {place: order for place, (_, order) in zip(places, chosen, strict=True)},
            )

    def _is_coherent(self, read_from: dict[int, int], order: tuple[int, ...]) -> bool:
        """One location alone is sequentially consistent, and updates are atomic."""
        rf, co, fr = self._communication(read_from, [order])
        here = self._pairs(lambda i, j: {i, j} <= {*read_from, *order} and self.po.rows[i] >> j & 1)
        is_atomic = not any((self.update & ((fr & self.external) @ (co & self.external))).rows)
        return is_atomic and (here | rf | co | fr).is_acyclic()

    def _communication(
        self, read_from: dict[int, int], orders: Sequence[tuple[int, ...]]
    ) -> tuple[Relation, Relation, Relation]:
        rf = Relation.of(self.count, [(store, load) for load, store in read_from.items()])
        ordered = [pair for order in orders for pair in itertools.combinations(order, 2)]
        co = Relation.of(self.count, ordered)
        return rf, co, rf.inverse() @ co

    def _state(
        self, read_from: dict[int, int], order: dict[str, tuple[int, ...]]
    ) -> tuple[tuple[str, int], ...]:
        state = {place: self.events[stores[-1]].value for place, stores in order.items()}
        for load, store in read_from.items():
            state[self.events[load].register] = self.events[store].value
        return tuple(sorted(state.items()))

    def _is_allowed(self, read_from: dict[int, int], order: dict[str, tuple[int, ...]]) -> bool:
        rf, co, fr = self._communication(read_from, list(order.values()))
        rfe, rfi = rf & self.external, rf & self.internal
        overwrite = co | fr
        carried = (self.data @ rfi).star()
        address, data = carried @ self.address, carried @ self.data
        dependency = address | data
        to_store = (dependency | carried @ self.control) @ self.stores | overwrite & self.internal
        to_load = address @ self.loads | dependency @ rfi
        preserved = to_load | to_store | self.fence & self.internal
        sequence = (rf @ self.update).star()
        cumulative = (rfe.optional() @ (self.strong_fence | self.po_release) | self.wmb) @ sequence
        propagated = (overwrite & self.external).optional() @ cumulative.star() @ rfe.optional()
        identity = Relation.identity(self.count, -1)
        happens_before = preserved | rfe | (propagated - identity) & self.internal
        if not happens_before.is_acyclic():
            return False
        later = happens_before.star()
        propagates_before = propagated @ self.strong_fence @ later
        if not propagates_before.is_acyclic():
            return False
        later_still = later @ propagates_before.star()
        link = self.po.optional() @ later_still @ propagated @ self.po
        rcu_fence = self.po @ self._grace_period_order(link) @ self.po.optional()
        return (propagated @ rcu_fence @ later_still).is_irreflexive()

    def _grace_period_order(self, link: Relation) -> Relation:
        """As many grace periods as sections of their domain, nested and in sequence."""
        order = Relation([0] * self.count)
        for grace_periods, _ in self.domains:
            order = order | grace_periods
        while True:
            made = order @ link @ order
            for grace_periods, sections in self.domains:
                for between in (link, link @ order @ link):
                    made = made | grace_periods @ between @ sections
                    made = made | sections @ between @ grace_periods
            if (made | order).rows == order.rows:
                return order
            order = order | made
