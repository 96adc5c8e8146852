# SPDX-License-Identifier: LGPL-2.1-or-later
"""Litmus tests as scenarios: reading, final states, conditions, dependencies, the command."""

from __future__ import annotations

import doctest
import json
import pickle
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import rcuscope as rs
from rcuscope.litmus_command import answer

DOCS = Path(__file__).resolve().parents[2] / "docs"
RunCli = Callable[..., "subprocess.CompletedProcess[str]"]


STALE = "1:r0=1 /\\ 1:r1=0"


def message(*, store: str, load: str, between: str = "", condition: str = STALE) -> str:
    """A flag y tells that x is there."""
    return f"""C message
(* Result: Never *)
{{}}
P0(int *x, int *y)
{{
    WRITE_ONCE(*x, 1);
    {store};
}}
P1(int *x, int *y)
{{
    int r0;
    int r1;
    r0 = {load};
    {between}
    r1 = READ_ONCE(*x);
}}
exists ({condition})
"""


ORDERED = message(store="smp_store_release(y, 1)", load="smp_load_acquire(y)")
UNORDERED = message(store="WRITE_ONCE(*y, 1)", load="READ_ONCE(*y)")


def explore(text: str) -> rs.Verdict:
    return rs.explore(rs.litmus(text), memory="sc")


def test_final_states_are_those_of_sequential_consistency() -> None:
    for text in (ORDERED, UNORDERED):
        assert explore(text).final_states == (
            "1:r0=0; 1:r1=0;",
            "1:r0=0; 1:r1=1;",
            "1:r0=1; 1:r1=1;",
        )


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("1:r0=1 /\\ 1:r1=0", "Never"),
        ("1:r0=1", "Sometimes"),
        ("1:r0=0 \\/ 1:r1=1", "Always"),
        ("~(1:r0=0 \\/ 1:r1=1)", "Never"),
        ("~1:r0=0 /\\ not 1:r1!=1", "Sometimes"),
        ("1:r0=1:r1 /\\ x=1 /\\ [y]=1", "Sometimes"),
        ("true", "Always"),
    ],
)
def test_condition_says_how_often(condition: str, expected: str) -> None:
    text = message(store="WRITE_ONCE(*y, 1)", load="READ_ONCE(*y)", condition=condition)
    if condition == "true":
        text = text.replace("exists", "locations [1:r0] exists")
    assert explore(text).condition == expected


def test_outcome_is_safe_only_where_weak_memory_shows_the_same() -> None:
    assert explore(ORDERED).outcome == "SAFE"
    verdict = explore(UNORDERED)
    assert (verdict.outcome, verdict.limit, verdict.condition) == ("UNKNOWN", "memory", "Never")
    barriers = message(
        store="smp_wmb(); WRITE_ONCE(*y, 1)", load="READ_ONCE(*y)", between="smp_rmb();"
    )
    assert explore(barriers).outcome == "SAFE"


def test_condition_is_not_told_of_a_search_that_was_cut() -> None:
    verdict = rs.explore(rs.litmus(ORDERED), memory="sc", max_executions=1)
    assert verdict.limit == "max_executions"
    assert verdict.condition is None
    assert rs.explore("posted").condition is None


def test_filter_leaves_out_states() -> None:
    verdict = explore(UNORDERED.replace("exists", "filter (1:r0=1)\nexists"))
    assert verdict.final_states == ("1:r0=1; 1:r1=1;",)


def test_locations_tell_more() -> None:
    verdict = explore(UNORDERED.replace("exists", "locations [x; 1:r0;]\nexists"))
    assert verdict.final_states[0] == "1:r0=0; 1:r1=0; x=1;"


def test_plain_accesses_race() -> None:
    verdict = explore(message(store="*y = 1", load="*y"))
    assert [finding.kind for finding in verdict.findings] == ["data_race"]
    assert "data-race in P1 / P0" in verdict.findings[0].message


# ---- grace periods, locks, pointers
def removal(before: str, after: str) -> str:
    return f"""C removal
{{}}
P0(int *x, int *y) {{ WRITE_ONCE(*x, 1); {before} WRITE_ONCE(*y, 1); }}
P1(int *x, int *y) {{
    int r0; int r1;
    rcu_read_lock(); r0 = READ_ONCE(*y); {after} r1 = READ_ONCE(*x); rcu_read_unlock();
}}
exists (1:r0=1 /\\ 1:r1=0)
"""


def test_grace_period_orders_a_section() -> None:
    assert explore(removal("synchronize_rcu();", "")).outcome == "SAFE"
    assert explore(removal("", "")).limit == "memory"
    assert explore(removal("synchronize_rcu();", "rcu_read_unlock(); rcu_read_lock();")).limit


def test_grace_period_in_its_own_section_is_a_deadlock() -> None:
    text = "C self\n{}\nP0(int *x) { rcu_read_lock(); synchronize_rcu(); rcu_read_unlock(); }\n"
    kinds = {finding.kind for finding in explore(text + "exists (x=1)").findings}
    assert "deadlock" in kinds


def test_srcu_domains_and_spinlocks_are_known() -> None:
    srcu = """C srcu
{}
P0(int *x, int *y, struct srcu_struct *s) {
    WRITE_ONCE(*x, 1); synchronize_srcu(s); WRITE_ONCE(*y, 1);
}
P1(int *x, int *y, struct srcu_struct *s) {
    int r2; int r0; int r1;
    r2 = srcu_read_lock(s); r0 = READ_ONCE(*y); r1 = READ_ONCE(*x); srcu_read_unlock(s, r2);
}
exists (1:r0=1 /\\ 1:r1=0)
"""
    assert (explore(srcu).outcome, explore(srcu).condition) == ("SAFE", "Never")
    add = "spin_lock(l); r0 = READ_ONCE(*x); WRITE_ONCE(*x, r0 + 1); spin_unlock(l);"
    locked = "".join(
        f"P{process}(int *x, spinlock_t *l) {{ int r0; {add} }}\n" for process in (0, 1)
    )
    verdict = explore(f"C locked\n{{ spinlock_t l; int x = 3; }}\n{locked}exists (x=5)")
    assert (verdict.outcome, verdict.condition) == ("SAFE", "Always")


def publication(load: str) -> str:
    return f"""C publication
{{ p=z; int x = 0; }}
P0(int *x, int **p) {{ WRITE_ONCE(*x, 1); rcu_assign_pointer(*p, x); }}
P1(int *x, int **p) {{
    int *r0 = rcu_dereference(*p);
    int r1 = {load};
}}
exists (1:r0=x /\\ 1:r1=0)
"""


def test_addresses_are_values() -> None:
    states = explore(publication("READ_ONCE(*r0)")).final_states
    assert states == ("1:r0=x; 1:r1=1;", "1:r0=z; 1:r1=0;")


def test_address_orders_what_is_reached_through_it_and_nothing_else() -> None:
    assert explore(publication("READ_ONCE(*r0)")).outcome == "SAFE"
    assert explore(publication("READ_ONCE(*x)")).limit == "memory"  # the same place, by its name
    assert explore(publication("READ_ONCE(*(x + (r0 ^ r0)))")).outcome == "SAFE"


def buffering(second: str) -> str:
    """Each process loads what the other one stores; the first one by a full barrier in between."""
    return f"""C buffering
{{}}
P0(int *x, int *y) {{ int r0 = READ_ONCE(*x); smp_mb(); WRITE_ONCE(*y, 1); }}
P1(int *x, int *y) {{ int r0; int r1; r0 = READ_ONCE(*y); {second} }}
exists (0:r0=1 /\\ 1:r0=1)
"""


@pytest.mark.parametrize(
    ("second", "outcome"),
    [
        ("WRITE_ONCE(*x, 1);", "UNKNOWN"),
        ("WRITE_ONCE(*x, r0);", "SAFE"),
        ("r1 = r0; WRITE_ONCE(*x, 1 + (r1 & 0));", "SAFE"),
        ("if (r0) WRITE_ONCE(*x, 1);", "SAFE"),
        ("if (r0) { r1 = 1; } WRITE_ONCE(*x, 1);", "UNKNOWN"),  # stands outside of the arm
        ("if (r0) { r1 = 1; } else { WRITE_ONCE(*x, 1); }", "SAFE"),
        ("r0 = 1; WRITE_ONCE(*x, r0);", "UNKNOWN"),
        ("r1 = xchg_relaxed(x, r0);", "UNKNOWN"),  # no dependency of its load
    ],
)
def test_dependency_keeps_a_store_behind_a_load(second: str, outcome: str) -> None:
    assert explore(buffering(second)).outcome == outcome


def test_dependency_on_a_value_orders_no_later_load() -> None:
    assert explore(message(store="smp_store_release(y, 1)", load="READ_ONCE(*y)")).limit == "memory"
    text = message(
        store="smp_store_release(y, 1)", load="READ_ONCE(*y)", between="if (r0) r1 = READ_ONCE(*x);"
    )
    assert explore(text).limit == "memory"


def test_updates_return_what_they_should() -> None:
    text = """C updates
{ int x = 1; }
P0(int *x) {
    int r0 = xchg(x, 2); int r1 = cmpxchg(x, 2, 3); int r2 = cmpxchg(x, 2, 4);
    int r3 = atomic_fetch_add(5, x); int r4 = atomic_add_return(1, x);
}
exists (0:r0=1 /\\ 0:r1=2 /\\ 0:r2=3 /\\ 0:r3=3 /\\ 0:r4=9)
"""
    assert explore(text).condition == "Always"


def test_expressions_are_those_of_c() -> None:
    text = """C expressions
{}
P0(int *x) {
    int r0 = 1 + 2 * 3 - -1; int r1 = 6 & 3 | 8; int r2 = !r0 || ~0 == -1 && 2 > 1;
    int r3 = (intptr_t)r0 != 8; int r4 = 0x10 ^ 1;
}
exists (0:r0=8 /\\ 0:r1=10 /\\ 0:r2=1 /\\ 0:r3=0 /\\ 0:r4=17)
"""
    assert explore(text).condition == "Always"


def test_comments_are_no_code_and_code_is_no_comment() -> None:
    text = """C comments
(* one { of (* two *) https://example.org *)
{ (* x=5; *) int x = 1; }
P0(int *x) { // a line
    int r0; /* r0 = 9; */
    r0 = (*x); }
exists (0:r0=1)
"""
    assert explore(text).condition == "Always"


def test_scenario_is_like_any_other(tmp_path: Path) -> None:
    test = rs.litmus(ORDERED)
    assert (test.name, test.said) == ("message", "Never")
    (tmp_path / "m.litmus").write_text(ORDERED)
    again = pickle.loads(pickle.dumps(rs.litmus(tmp_path / "m.litmus")))
    assert again.text == test.text
    assert rs.explore(again, jobs=2).final_states == explore(ORDERED).final_states
    finding = explore(message(store="*y = 1", load="*y")).findings[0]
    assert pickle.loads(pickle.dumps(finding)).trace.describe() == finding.trace.describe()
    assert json.loads(explore(ORDERED).to_json())["condition"] == "Never"


def test_weak_memory_is_not_there_yet() -> None:
    with pytest.raises(NotImplementedError, match=r'memory="lkmm" is not there yet'):
        rs.explore(rs.litmus(ORDERED), memory="lkmm")


# ---- wrong texts
@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("int main() {\n}", r"expected a litmus test: \"C NAME\""),
        ("C t\n{}\nexists (x=1)", r"t:3: found 'exists', expected a process such as P0"),
        ("C t\n{}\nP1(int *x) {}\nexists (x=1)", r"t:3: found 'P1', expected P0"),
        ("C t\n{}\nP0(int *x) {}\n", r"t:4: found 'the end of the text', expected a condition"),
        ("C t\n{}\nP0(int *x) { while (1) {} }\nexists (x=1)", r"t:3: found 'while', expected a p"),
        (
            "C t\n{}\nP0(int *x) {\n smp_mb__after_spinlock(); }\nexists (x=1)",
            r"t:4: found 'smp_mb",
        ),
        ("C t\n{}\nP0(int *x) { WRITE_ONCE(*x); }\nexists (x=1)", r"t:3: found '\)', expected ','"),
        ("C t\n{}\nP0(int *x) { WRITE_ONCE(x, 1); }\nexists (x=1)", r"found 'x', expected '\*'"),
        (
            "C t\n{}\nP0(int *x) { spin_lock(x); }\nexists (x=1)",
            r"found 'x', expected a spinlock_t",
        ),
        ("C t\n{}\nP0(int *x) { int r = y; }\nexists (x=1)", r"found 'y', expected a register"),
        ("C t\n{}\nP0(int *x) { r0 = 1 }\nexists (x=1)", r"t:3: found '}', expected ';'"),
        ("C t\n{}\nP0(struct page *x) { }\nexists (x=1)", r"expected struct srcu_struct"),
        ("C t\n{}\nP0(int *x) { }\nexists (y=1)", r"t:4: found 'y', expected a variable"),
        ("C t\n{}\nP0(int *x) { }\nexists (3:r0=1)", r"t:4: found '3', expected the number of a p"),
        ("C t\n{}\nP0(int *x) { }\nexists (x<1)", r"found '<', expected '=' or '!='"),
        ("C t\n{}\nP0(int *x) { @ }\nexists (x=1)", r"t:3: unexpected '@'"),
        ("C t\n{}\nP0(int *x) {", r"t:3: found 'the end of the text', expected"),
    ],
)
def test_what_is_outside_of_the_subset_is_named_with_its_line(text: str, error: str) -> None:
    with pytest.raises(rs.UsageError, match=error):
        rs.litmus(text)


def test_number_of_an_address_is_an_error_of_the_test() -> None:
    verdict = explore("C t\n{}\nP0(int *x) { int r0 = x + 1; }\nexists (0:r0=1)")
    assert verdict.findings[0].kind == "error"
    assert "addresses are no numbers" in verdict.findings[0].message


def test_neither_path_nor_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="expected a path, or the text"):
        rs.litmus(7)  # type: ignore[arg-type]
    with pytest.raises(FileNotFoundError):
        rs.litmus(tmp_path / "none.litmus")
    (tmp_path / "binary.litmus").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(rs.UsageError, match="expected a text file"):
        rs.litmus(tmp_path / "binary.litmus")


# ---- the command
def test_answer_says_yes_only_to_what_is_known() -> None:
    safe, unknown = explore(ORDERED), explore(UNORDERED)
    assert [answer(safe, word) for word in ("Never", "Sometimes", "Always")] == ["yes", "no", "no"]
    assert answer(unknown, "Never") == "cannot tell"
    assert answer(unknown, "Sometimes") == "cannot tell"
    assert answer(unknown, "Always") == "no"
    seen = explore(UNORDERED.replace("1:r1=0", "1:r1=1"))
    assert [answer(seen, word) for word in ("Never", "Sometimes", "Always")] == ["no", "yes", "no"]
    assert answer(unknown, "UNKNOWN") == "yes"
    assert answer(unknown, "SAFE") == "cannot tell"
    assert answer(explore(message(store="*y = 1", load="*y")), "Never") == "no"


def test_command_tells_states_and_condition(run_cli: RunCli, tmp_path: Path) -> None:
    (tmp_path / "a.litmus").write_text(ORDERED)
    (tmp_path / "b.litmus").write_text(UNORDERED)
    done = run_cli("litmus", "a.litmus")
    assert done.returncode == 0, done.stderr
    assert "a.litmus: Never, 3 final states under sc" in done.stdout
    assert "expected Never: yes" in done.stdout
    both = run_cli("litmus", "a.litmus", "b.litmus", "--json")
    assert both.returncode == 4
    rows = json.loads(both.stdout)
    assert [(row["file"], row["condition"], row["met"]) for row in rows] == [
        ("a.litmus", "Never", True),
        ("b.litmus", "Never", None),
    ]
    assert run_cli("litmus", "a.litmus", "--expect", "Always").returncode == 1


def test_command_goes_on_after_a_wrong_file(run_cli: RunCli, tmp_path: Path) -> None:
    (tmp_path / "a.litmus").write_text(ORDERED)
    (tmp_path / "wrong.litmus").write_text("C wrong\n{}\nP0(int *x) { goto end; }\nexists (x=1)")
    done = run_cli("litmus", "wrong.litmus", "a.litmus")
    assert done.returncode == 2
    assert "wrong.litmus:3: found 'goto'" in done.stderr
    assert "a.litmus: Never" in done.stdout
    assert run_cli("litmus", "none.litmus").returncode == 2
    assert run_cli("litmus", "a.litmus", "--expect", "Perhaps").returncode == 2
    weak = run_cli("litmus", "a.litmus", "--memory", "lkmm")
    assert weak.returncode == 2
    assert "not there yet" in weak.stderr


# ---- the page
def test_examples_of_the_page_run() -> None:
    done = doctest.testfile(str(DOCS / "litmus.md"), module_relative=False)
    assert (done.failed, done.attempted > 5) == (0, True)
