"""Completion in a real bash."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from rcuscope import completion


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    done = run(sys.executable, "-m", "rcuscope", "--print-completion", "bash")
    assert (done.returncode, done.stderr) == (0, "")
    path = tmp_path_factory.mktemp("completion") / "rcuscope.bash"
    path.write_text(done.stdout, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("rcuscope expl", {"explore"}),
        ("rcuscope explore no_sy", {"no_synchronize_rcu"}),
        ("rcuscope explore --strat", {"--strategy"}),
        ("rcuscope run --flavor qs", {"qsbr"}),
        ("rcuscope run posted --see", set()),
    ],
)
def test_bash_completes(script: Path, line: str, expected: set[str]) -> None:
    words = line.split()
    code = (
        f"source {script}; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; "
        f"_shtab_rcuscope rcuscope; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    )
    done = run("bash", "--norc", "-c", code)
    assert set(done.stdout.split()) == expected, done.stderr


def test_other_shells_get_a_script_too() -> None:
    for shell in completion.SHELLS:
        done = run(sys.executable, "-m", "rcuscope", "--print-completion", shell)
        assert done.returncode == 0
        assert "explore" in done.stdout


def test_unknown_shell_is_told_which_are_known() -> None:
    done = run(sys.executable, "-m", "rcuscope", "--print-completion", "fish")
    assert done.returncode == 2
    assert "'bash', 'zsh', 'tcsh'" in done.stderr
