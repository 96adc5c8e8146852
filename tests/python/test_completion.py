"""Completion in each real shell."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

TYPING_SECONDS = 60  # of a shell on a busy machine; usually one


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


def script_if_there(shell: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} on this machine")
    return script_of(shell, tmp_path_factory.mktemp(shell))


@pytest.fixture(scope="module")
def fish_script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return script_if_there("fish", tmp_path_factory)


@pytest.fixture(scope="module")
def zsh_script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return script_if_there("zsh", tmp_path_factory)


@pytest.fixture(scope="module")
def tcsh_script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return script_if_there("tcsh", tmp_path_factory)


def typed(shell: tuple[str, ...], keys: str, folder: Path) -> str:
    """What a shell shows on a terminal of its own; the keys must end it."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        os.execvpe(shell[0], shell, {**os.environ, "TERM": "vt100", "HOME": str(folder)})
    shown = b""
    os.write(terminal, keys.encode())
    try:
        while select.select([terminal], [], [], TYPING_SECONDS)[0]:
            shown += os.read(terminal, 65536)
        pytest.fail(f"{shell[0]} hangs: {shown!r}")
    except OSError:  # the shell has ended, and its terminal with it
        pass
    finally:
        os.close(terminal)
        os.waitpid(process, 0)
    return shown.decode(errors="replace")


def marked(shown: str) -> list[str]:
    """The lines that begin with the mark of the tests below, without it."""
    lines = [line.rstrip() for line in shown.replace("\r", "\n").split("\n")]
    return [line.removeprefix("COMPLETED ") for line in lines if line.startswith("COMPLETED ")]


def in_zsh(script: Path, line: str, folder: Path) -> list[str]:
    """The line after Tab. Ctrl-T is bound to what Tab does, and then shows the line."""
    setup = (
        "autoload -Uz compinit; compinit -u -D\n"
        f'eval "$(cat {script})"\n'
        "show() { zle complete-word; print -r -- $'\\n'COMPLETED \"$BUFFER\"; zle kill-buffer }\n"
        "zle -N show; bindkey '^T' show\n"
    )
    return marked(typed(("zsh", "-f", "-i"), f"{setup}{line}\x14\nexit\n", folder))


def in_tcsh(script: Path, line: str, folder: Path) -> list[str]:
    """The line after Tab. Ctrl-A then goes to its begin, where an echo makes words of it."""
    setup = f"source {script}\n"
    return marked(typed(("tcsh", "-f"), f"{setup}{line}\t\x01echo COMPLETED \nexit\n", folder))


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


def completed(line: str, expected: set[str]) -> list[str]:
    """The line as Tab leaves it: the last word is that which was meant, or none was."""
    return [" ".join([*line.split()[:-1], *(expected or line.split()[-1:])])]


@LINES
def test_zsh_completes(zsh_script: Path, tmp_path: Path, line: str, expected: set[str]) -> None:
    assert in_zsh(zsh_script, line, tmp_path) == completed(line, expected)


@LINES
def test_tcsh_completes(tcsh_script: Path, tmp_path: Path, line: str, expected: set[str]) -> None:
    if not expected:
        expected = {"--seed"}  # tcsh knows the options of all commands together
    assert in_tcsh(tcsh_script, line, tmp_path) == completed(line, expected)


@pytest.mark.parametrize("complete", [in_zsh, in_tcsh])
def test_files_are_offered_too(
    complete: Callable[[Path, str, Path], list[str]],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    script = request.getfixturevalue(f"{complete.__name__.removeprefix('in_')}_script")
    (tmp_path / "mine.py").touch()
    assert complete(script, "rcuscope explore mi", tmp_path) == ["rcuscope explore mine.py"]


def test_unknown_shell_is_told_which_are_known() -> None:
    done = run(sys.executable, "-m", "rcuscope", "--print-completion", "nush")
    assert done.returncode == 2
    assert "bash, zsh, tcsh, fish" in done.stderr.replace("'", "")  # quoted up to Python 3.11
