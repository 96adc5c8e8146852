"""Completion in a real bash and a real fish."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from rcuscope import completion


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, capture_output=True, text=True, check=False)


def script_of(shell: str, folder: Path) -> Path:
    done = run(sys.executable, "-m", "rcuscope", "--print-completion", shell)
    assert (done.returncode, done.stderr) == (0, "")
    path = folder / f"rcuscope.{shell}"
    path.write_text(done.stdout, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def bash_script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return script_of("bash", tmp_path_factory.mktemp("bash"))


@pytest.fixture(scope="module")
def fish_script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("fish") is None:
        pytest.skip("no fish on this machine")
    return script_of("fish", tmp_path_factory.mktemp("fish"))


LINES = pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("rcuscope expl", {"explore"}),
        ("rcuscope explore no_sy", {"no_synchronize_rcu"}),
        ("rcuscope explore --strat", {"--strategy"}),
        ("rcuscope run --flavor qs", {"qsbr"}),
        ("rcuscope run posted --see", set()),
    ],
)


@LINES
def test_bash_completes(bash_script: Path, line: str, expected: set[str]) -> None:
    words = line.split()
    code = (
        f"source {bash_script}; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; "
        f"_shtab_rcuscope rcuscope; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    )
    done = run("bash", "--norc", "-c", code)
    assert set(done.stdout.split()) == expected, done.stderr


@LINES
def test_fish_completes(fish_script: Path, line: str, expected: set[str]) -> None:
    done = run(
        "env",
        f"XDG_CONFIG_HOME={fish_script.parent}",
        "fish",
        "--no-config",
        "-c",
        f"source {fish_script}; complete -C '{line}'",
    )
    offered = {row.split("\t")[0] for row in done.stdout.splitlines()}  # behind a tab: the help
    assert offered == expected, done.stderr


def test_fish_offers_files_too(fish_script: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.py").touch()
    code = f"source {fish_script}; cd {tmp_path}; complete -C 'rcuscope explore mi'"
    assert (
        run(
            "env", f"XDG_CONFIG_HOME={fish_script.parent}", "fish", "--no-config", "-c", code
        ).stdout
        == "mine.py\n"
    )


def test_other_shells_get_a_script_too() -> None:
    for shell in completion.SHELLS:
        done = run(sys.executable, "-m", "rcuscope", "--print-completion", shell)
        assert done.returncode == 0
        assert "explore" in done.stdout


def test_unknown_shell_is_told_which_are_known() -> None:
    done = run(sys.executable, "-m", "rcuscope", "--print-completion", "nush")
    assert done.returncode == 2
    assert "'bash', 'zsh', 'tcsh', 'fish'" in done.stderr
