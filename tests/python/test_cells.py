"""Places in a notebook: a cell is called by its number, not by a path at which no file is."""

from __future__ import annotations

from pathlib import Path

import pytest

SCENARIO = """\
@rs.scenario
def racy(k):
    x, m = k.shared("x", 0), k.mutex("m")

    @k.hardirq("handler")
    def handler():
        k.WRITE_ONCE(x, 1)
        k.mutex_lock(m)
        1 / 0
"""
TOLD = """
verdict = rs.explore(racy, memory="sc")
for finding in verdict.findings:
    print(finding)
with rs.step(racy) as session:
    session.choose(0)
    session.choose(0)
    print(*session.choices)
trace = verdict.findings[0].trace
print([trace._store.place(event) for event in range(len(trace))])
trace.save("trace.ctf")
print(rs.load("trace.ctf")._store.place(1))
"""
BY_VALUE = """
from concurrent.futures import ProcessPoolExecutor
with ProcessPoolExecutor(1) as executor:
    print(rs.explore(racy, memory="sc", executor=executor))
"""


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What each code cell of a notebook printed."""
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    pytest.importorskip("cloudpickle")
    cells = ["import rcuscope as rs", SCENARIO, TOLD, BY_VALUE, SCENARIO, TOLD]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(one) for one in cells])
    folder = tmp_path_factory.mktemp("notebook")
    nbclient.NotebookClient(notebook, timeout=60).execute(cwd=str(folder))
    return [
        "".join(output.get("text", "") for output in cell.outputs if output.get("name") == "stdout")
        for cell in notebook.cells
    ]


def test_findings_choices_and_traces_name_the_cell(outputs: list[str]) -> None:
    told = outputs[2]
    assert "invalid context at cell 2, line 8: mutex_lock" in told
    assert "    cell 2, line 9, in handler\n" in told  # of the traceback
    assert "mutex_lock of m  (cell 2, line 8)" in told
    assert told.count("('cell 2', 'handler', 7)") == 2
    assert "ipykernel" not in told


def test_workers_name_the_cell_too(outputs: list[str]) -> None:
    assert "cell 2, line 8" in outputs[3]


def test_a_cell_that_is_run_again_has_its_new_number(outputs: list[str]) -> None:
    assert "cell 5, line 8" in outputs[5]
    assert "cell 2" not in outputs[5]


def test_files_keep_their_names(tmp_path: Path, run_cli) -> None:
    file = f"import rcuscope as rs\n{SCENARIO}"
    (tmp_path / "mine.py").write_text(file)
    assert "invalid context at mine.py:9: mutex_lock" in run_cli("explore", "mine.py").stdout
