# SPDX-License-Identifier: LGPL-2.1-or-later
"""Scenarios that the tests of the primitives share."""

from __future__ import annotations

from collections.abc import Callable

import rcuscope as rs

Kinds = Callable[..., list[str]]
Body = Callable[[rs.Kernel], object]
Step = Callable[[rs.Kernel], object]


# For programs of their own: a reader, and a removal that waits for it or does not.
REMOVAL_TEXT = """
def removal(k, waits):
    head = k.list_head("devices")
    entry = k.kzalloc("entry", value=1)
    k.list_add_rcu(entry, head)

    @k.process("reader")
    def reader():
        with k.rcu_read_side():
            for found in k.list_for_each_entry_rcu(head):
                found.value

    @k.process("updater")
    def updater():
        k.list_del_rcu(entry)
        if waits:
            k.synchronize_rcu()
        k.kfree(entry)
"""

# For files of their own: a search that does not end while a test looks on.
MANY_SCHEDULES_TEXT = """
import rcuscope as rs

@rs.scenario
def many_schedules(k: rs.Kernel) -> None:
    count = k.shared("count", 0)
    for i in range(4):
        @k.process(f"writer {i}")
        def writer():
            for _ in range(8):
                k.WRITE_ONCE(count, k.READ_ONCE(count) + 1)
"""


def process(*steps: Step) -> Body:
    """A scenario of one process that takes the steps."""

    def body(k: rs.Kernel) -> None:
        @k.process
        def actor() -> None:
            for step in steps:
                step(k)

    return body


def messages(body: Body) -> list[str]:
    """What the findings of a body say, sorted."""
    return sorted(finding.message for finding in rs.explore(body, memory="sc").findings)


def replace(
    k: rs.Kernel,
    enter: Callable[[], object],
    leave: Callable[[], object],
    wait: Callable[[], object],
) -> None:
    """A reader in a section of some kind against an updater that waits in some way."""
    published = k.shared("published", k.kzalloc("config", value=1))

    @k.process("reader")
    def reader() -> None:
        enter()
        config = k.READ_ONCE(published)
        k.WARN_ON(config.value not in (1, 2))
        leave()

    @k.process("updater")
    def updater() -> None:
        old = k.xchg(published, k.kzalloc("config", value=2))
        wait()
        k.kfree(old)
