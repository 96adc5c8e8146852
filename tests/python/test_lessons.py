# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lessons: right answers pass, wrong ones fail with a reason, and notebooks run."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import lesson_answers
import pytest
import rcuscope as rs
from lesson_answers import shared
from rcuscope import _core, exercises, lessons

READER = Path(_core.__file__).parent / "bin" / "rcuscope-read-dat"


@pytest.fixture(autouse=True)
def _only_what_was_built(request: pytest.FixtureRequest) -> None:
    """Lesson 09 reads a file of trace-cmd, lesson 10 runs threads."""
    about = request.node.name
    if re.search(r"\[09[._]", about) and not READER.exists():
        pytest.skip("built without libtracecmd")
    if re.search(r"\[10[._]", about) and not _core.has_live:
        pytest.skip("built without liburcu")


@pytest.fixture(autouse=True)
def _own_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def test_every_exercise_has_answers_and_hints() -> None:
    names = set(exercises.EXERCISES)
    assert set(lesson_answers.RIGHT) == set(lesson_answers.WRONG) == names
    assert all(len(answers) >= 2 for answers in lesson_answers.WRONG.values())
    assert all(len(exercise.hints) >= 2 for exercise in exercises.EXERCISES.values())
    for lesson in lessons.TITLES:
        assert 3 <= len([name for name in names if name.startswith(f"{lesson}.")]) <= 6


@pytest.mark.parametrize("name", lesson_answers.RIGHT)
def test_reference_answer_passes_and_is_kept(name: str) -> None:
    grade = lessons.check(name, lesson_answers.RIGHT[name])
    assert grade, str(grade)
    assert "passed" in str(grade)
    assert lessons.passed() == (name,)


@pytest.mark.parametrize(("name", "answer"), lesson_answers.OTHER_RIGHT)
def test_other_right_answers_pass(name: str, answer: lesson_answers.Answer) -> None:
    grade = lessons.check(name, answer)
    assert grade, str(grade)


@pytest.mark.parametrize(
    ("name", "number"),
    [(name, i) for name, answers in lesson_answers.WRONG.items() for i in range(len(answers))],
)
def test_wrong_answer_fails(name: str, number: int) -> None:
    grade = lessons.check(name, lesson_answers.WRONG[name][number])
    assert not grade, str(grade)
    assert "not yet" in str(grade)
    assert lessons.passed() == ()


def test_counterexample_is_shown() -> None:
    grade = lessons.check("01.1", shared.frees_at_once)
    bundle = grade._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "image/svg+xml"}
    assert "use_after_free" in bundle["text/plain"]
    broken = lessons.check("01.2", lesson_answers.RIGHT["01.2"])
    assert broken.findings[0].kind == "use_after_free"
    assert "image/svg+xml" in broken._repr_mimebundle_()


@pytest.mark.parametrize(
    ("name", "answer", "error", "message"),
    [
        ("09.9", lambda: None, ValueError, r"exercise '09\.9': expected one of 01\.1"),
        (None, lambda: None, ValueError, "exercise None"),
        ("01.1", 3, TypeError, "is 3: expected a function"),
    ],
)
def test_wrong_use_is_told(name: Any, answer: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        lessons.check(name, answer)


def test_answer_that_raises_is_a_finding() -> None:
    grade = lessons.check("01.1", lambda k, entry: k.kfre(entry))
    assert not grade
    assert grade.findings[0].kind == "error"


def test_hints_are_counted() -> None:
    assert lessons.hint("01.1") != lessons.hint("01.1", 2)
    with pytest.raises(ValueError, match=r"hint 9 of 01\.1: expected 1 to 3"):
        lessons.hint("01.1", 9)


def test_foreign_progress_is_no_obstacle(tmp_path: Path) -> None:
    file = tmp_path / "state/rcuscope/lessons.json"
    file.parent.mkdir(parents=True)
    file.write_text("{broken")
    assert lessons.passed() == ()
    assert rs.lessons.check("08.2", shared.frees_later)
    assert lessons.passed() == ("08.2",)


# ---- notebooks
NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))


def test_each_lesson_is_a_notebook_without_output() -> None:
    assert [path.name[:2] for path in NOTEBOOKS] == list(lessons.TITLES)
    for path in NOTEBOOKS:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        assert not any(cell["outputs"] or cell["execution_count"] for cell in code), path.name
        text = "".join("".join(cell["source"]) for cell in cells)
        assert {"**Goal.**", "**Time.**", "**You need.**"} <= set(re.findall(r"\*\*.*?\*\*", text))
        asked = set(re.findall(r'lessons\.check\("(.*?)"', text))
        assert asked == {name for name in exercises.EXERCISES if name.startswith(path.name[:2])}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_heading_of_a_lesson_is_on_a_line_of_its_own(path: Path) -> None:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = [cell["source"] for cell in cells if cell["cell_type"] == "markdown"]
    assert [line for lines in text for line in lines if re.search(r"\S.* ##+ ", line)] == []


def test_lesson_02_tries_every_decision_where_it_matters() -> None:
    cells = json.loads(NOTEBOOKS[1].read_text(encoding="utf-8"))["cells"]
    (cell,) = (cell for cell in cells if "SCENARIO_OF = {" in "".join(cell["source"]))
    namespace: dict[str, Any] = {"rs": rs}
    exec("".join(cell["source"]), namespace)
    scenario_of = namespace["SCENARIO_OF"]
    assert set(scenario_of) == set(rs.Variant.choices())
    for decision, scenario in scenario_of.items():
        # Without the wait of the posted patch, what is redundant beside it matters too.
        others = {} if decision == "reclaim" else {"reclaim": "queue_rcu_work"}
        for further in ({}, others):
            variants = [
                rs.Variant(**{decision: value}, **further)
                for value in rs.Variant.choices()[decision]
            ]
            verdicts = [rs.explore(scenario, variant=variant) for variant in variants]
            if len({frozenset(f.kind for f in verdict.findings) for verdict in verdicts}) > 1:
                break
        else:
            pytest.fail(f"no value of {decision} shows in {scenario}")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_and_its_stubs_do_not_pass(path: Path, tmp_path: Path) -> None:
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    notebook = nbformat.read(path, as_version=4)
    nbclient.NotebookClient(notebook, timeout=100, resources={}).execute(cwd=str(tmp_path))
    checks = [
        "".join(output.get("data", {}).get("text/plain", "") for output in cell.outputs)
        for cell in notebook.cells
        if "lessons.check(" in cell.source and cell.cell_type == "code"
    ]
    assert len(checks) >= 3
    assert all("not yet" in text for text in checks)
    pictures = [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if "image/svg+xml" in output.get("data", ())
    ]
    assert pictures


def _told_by(lesson: str) -> str:
    """The text of a lesson, and of those that it asks for."""
    path = next(path for path in NOTEBOOKS if path.name.startswith(lesson))
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells)
    (needed,) = re.findall(r"\*\*You need\.\*\*(.*)", text)
    return text + "".join(_told_by(other) for other in re.findall(r"\b\d\d\b", needed))


def _names_in(code: CodeType, answers: dict[str, Any]) -> set[str]:
    """Attributes that a function uses, those of functions within it or called by it included."""
    names = set(code.co_names)
    for other in code.co_consts:
        if isinstance(other, CodeType):
            names |= _names_in(other, answers)
    for called in names & set(answers):
        if isinstance(answers[called], FunctionType):
            names |= _names_in(answers[called].__code__, {})
    return names


@pytest.mark.parametrize("name", lesson_answers.RIGHT)
def test_answer_needs_no_primitive_that_the_lessons_do_not_tell(name: str) -> None:
    answer = lesson_answers.RIGHT[name]
    primitives = _names_in(answer.__code__, answer.__globals__) & set(dir(rs.Kernel))
    told = _told_by(name[:2]) + exercises.EXERCISES[name].task + exercises.EXERCISES[name].call
    assert [one for one in sorted(primitives) if not re.search(rf"\b{one}\b", told)] == []


# ---- the command line
def test_lessons_from_a_terminal(run_cli: Any, tmp_path: Path) -> None:
    assert "  08.2  Remove an entry" in run_cli("lesson").stdout
    assert "rcuscope lesson 08.2 FILE" in run_cli("lesson", "08.2").stdout
    assert "must not sleep" in run_cli("lesson", "08.2", "--hint", "1").stdout
    file = tmp_path / "mine.py"
    file.write_text("def answer(k, entry):\n    k.list_del_rcu(entry)\n    k.kfree(entry)\n")
    failed = run_cli("lesson", "08.2", "mine.py", "--json")
    assert failed.returncode == 1
    record = json.loads(failed.stdout)
    assert (record["passed"], record["findings"][0]["kind"]) == (False, "use_after_free")
    file.write_text(file.read_text().replace("kfree(", "kfree_rcu("))
    passed = run_cli("lesson", "08.2", "mine.py")
    assert (passed.returncode, passed.stdout[:12]) == (0, "08.2: passed")
    assert "x 08.2" in run_cli("lesson").stdout


def test_notebook_of_a_lesson_is_copied(run_cli: Any, tmp_path: Path) -> None:
    told = run_cli("lesson", "03")
    assert "03.1" in told.stdout
    assert "01.1" not in told.stdout
    assert "03_contexts.ipynb" in told.stdout
    done = run_cli("lesson", "03", "mine", "--json")
    assert json.loads(done.stdout)["notebook"] == str(Path("mine/03_contexts.ipynb"))
    copy = tmp_path / "mine/03_contexts.ipynb"
    assert copy.read_text() == lessons.notebook("03").read_text()
    again = run_cli("lesson", "03", "mine")
    assert again.returncode == 2
    assert "may hold answers" in again.stderr


def test_every_lesson_has_its_notebook_in_the_package() -> None:
    assert [lessons.notebook(lesson).name for lesson in lessons.TITLES] == [
        path.name for path in NOTEBOOKS
    ]
    with pytest.raises(ValueError, match="lesson '77': expected one of 01"):
        lessons.notebook("77")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("lesson", "03", "--hint", "1"), "hints are of exercises"),
        (("lesson", "99.9"), "expected one of 01.1"),
        (("lesson", "01.1", "missing.py"), "missing.py"),
        (("lesson", "01.1", "empty.py"), "empty.py defines no function `answer` or `remove`"),
        (("lesson", "01.1", "--hint", "9"), "expected 1 to 3"),
    ],
)
def test_wrong_commands_are_told(
    run_cli: Any, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    (tmp_path / "empty.py").write_text("")
    done = run_cli(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
