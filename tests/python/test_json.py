"""`--json`: what each command prints is what the shipped schema says."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import rcuscope as rs
from rcuscope import cli

SCHEMA = json.loads((resources.files("rcuscope") / "schema.json").read_text(encoding="utf-8"))
COUNTEREXAMPLE = rs.explore("list_del").findings[0].schedule
LITMUS = """C mp
{}
P0(int *x, int *y) { WRITE_ONCE(*x, 1); smp_store_release(y, 1); }
P1(int *x, int *y) { int r0 = smp_load_acquire(y); int r1 = READ_ONCE(*x); }
exists (1:r0=1 /\\ 1:r1=0)
"""


def check(definition: str, text: str) -> Any:
    record = json.loads(text)
    # The definition has to be there: a reference to nothing would accept everything.
    assert definition in SCHEMA["$defs"]
    schema = {**SCHEMA, "$ref": f"#/$defs/{definition}"}
    jsonschema.Draft202012Validator(schema).validate(record)
    return record


def output_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert cli.main([*arguments, "--json"]) in (cli.EXIT_MET, cli.EXIT_MISSED)
    return capsys.readouterr().out


@pytest.fixture(scope="module")
def native(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("traces") / "bug.ctf"
    rs.replay("list_del", COUNTEREXAMPLE).save(path)
    return str(path)


def test_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    ("definition", "arguments"),
    [
        ("list", ["list"]),
        ("explore", ["explore", "posted"]),
        ("explore", ["explore", "list_del"]),
        ("explore", ["explore", "two_removers_of_one_device", "--max-executions", "3"]),
        ("explore_all", ["explore", "--all"]),
        ("replay", ["replay", "list_del", COUNTEREXAMPLE]),
        ("replay", ["replay", "posted", "s1:"]),
        ("lesson", ["lesson"]),
        ("lesson", ["lesson", "03"]),
        ("lesson", ["lesson", "01.1"]),
        ("lesson", ["lesson", "01.1", "--hint", "1"]),
        ("doctor", ["doctor"]),
        pytest.param("run_command", ["run", "posted"], marks=pytest.mark.live),
        pytest.param("run_command", ["run", "kfree_before_grace_period"], marks=pytest.mark.live),
    ],
)
def test_output_of_commands(
    definition: str, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    check(definition, output_of(capsys, *arguments))


@pytest.mark.live
def test_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    program = [sys.executable, "-c", "import rcuscope as rs; rs.run('posted')"]
    assert cli.main(["record", "--json", "--", *program]) == cli.EXIT_MET
    assert check("record", capsys.readouterr().out)["traces"]


def test_litmus(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mp.litmus"
    file.write_text(LITMUS, encoding="utf-8")
    (record,) = check("litmus", output_of(capsys, "litmus", str(file)))
    assert record["condition"] == "Never"


def test_graded_exercise(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.py"
    file.write_text("def answer(k, entry):\n    k.list_del_rcu(entry)\n    k.kfree(entry)\n")
    record = check("lesson", output_of(capsys, "lesson", "01.1", str(file)))
    assert record["passed"] is False
    assert record["findings"]


def test_export_and_import(native: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check("export", output_of(capsys, "export", native, str(tmp_path / "bug.svg")))
    text = str(rs.examples.path("kernel_removal_unpatched.txt"))
    assert "written" not in check("import", output_of(capsys, "import", text, "--check"))
    written = str(tmp_path / "kernel.ctf")
    assert check("import", output_of(capsys, "import", text, written))["written"] == written


def test_view_as_text(native: str, capsys: pytest.CaptureFixture[str]) -> None:
    record = check("view", output_of(capsys, "view", native, "--text"))
    assert any(one["poisoned"] for one in record["objects"])


@pytest.mark.gui
def test_gui_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    record = check("gui", output_of(capsys, "gui", "--text"))
    assert record["file"] is None
    assert record["text"][0] == "page: session"


def test_step_prints_a_record_for_each_command() -> None:
    words = [sys.executable, "-m", "rcuscope", "step", "no_synchronize_rcu", "--json"]
    done = subprocess.run(words, input="1\n2\nu\n", capture_output=True, text=True, check=True)
    records = [check("step", line) for line in done.stdout.splitlines()]
    assert [record["schedule"] for record in records] == ["s1:", "s1:1", "s1:1,2", "s1:1"]


@pytest.mark.gui
@pytest.mark.live
def test_demo(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = check("demo", output_of(capsys, "demo", "--output", str(tmp_path), "--seconds", "0.2"))
    assert record["met"] is True


def test_schema_is_strict() -> None:
    verdict = json.loads(rs.explore("posted").to_json())
    for wrong in ({**verdict, "colour": 1}, {**verdict, "executions": "two"}):
        with pytest.raises(jsonschema.ValidationError):
            check("verdict", json.dumps(wrong))
    check("verdict", json.dumps(verdict))


def test_each_command_has_a_definition() -> None:
    names = {row.name for row in cli._COMMANDS}
    assert {"run_command" if name == "run" else name for name in names} <= set(SCHEMA["$defs"])
