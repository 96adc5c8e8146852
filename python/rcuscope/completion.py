# SPDX-License-Identifier: LGPL-2.1-or-later
"""`rcuscope --print-completion SHELL`: what makes a shell complete commands, options and names."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import Any, Final

import rcuscope as rs

SHELLS: Final = ("bash", "zsh", "tcsh", "fish")
_INSTALL: Final = "pip install --upgrade shtab"
# dest of an argument -> what completes it; scenarios are names of the catalogue, or files.
_FILES: Final = ("file", "files", "output", "checkpoint", "save")


def add_to(parser: argparse.ArgumentParser) -> None:
    """Adds the option."""
    parser.add_argument(
        "--print-completion",
        action=_Print,
        choices=SHELLS,
        metavar="SHELL",
        help='print what a shell needs: eval "$(rcuscope --print-completion bash)", zsh the same '
        "after compinit; fish: rcuscope --print-completion fish | source; tcsh: into a file, and "
        "source that",
    )


class _Print(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *rest: Any) -> None:
        shell = rest[1]
        try:
            sys.stdout.write(text(parser, shell))
        except ImportError:
            parser.exit(2, f"rcuscope: error: completion needs shtab: {_INSTALL}\n")
        except NotImplementedError:  # of a version that does not know the shell yet
            parser.exit(2, f"rcuscope: error: {shell} needs a newer shtab: {_INSTALL}\n")
        parser.exit()


def text(parser: argparse.ArgumentParser, shell: str) -> str:
    """The script for a shell.

    Raises:
        ImportError: without the package shtab.
    """
    import shtab  # noqa: PLC0415  an extra

    names = " ".join(rs.catalogue)
    preamble: Any = {
        "bash": f'_rcuscope_scenario() {{ compgen -W "{names}" -- "$1"; compgen -f -- "$1"; }}',
        "zsh": f"_rcuscope_scenario() {{ compadd {names}; _files }}",
        "fish": f"function _rcuscope_scenario; string split ' ' '{names}'; "
        "__fish_complete_path (commandline -ct); end",
        "tcsh": f"set _rcuscope_scenarios = ({names})",
    }
    scenario = dict.fromkeys(("bash", "zsh"), "_rcuscope_scenario")
    # tcsh has no functions: what stands in backquotes is executed, and its words are offered.
    # env: not an alias that adds signs to names.
    offered = r'`printf "%s\n" $_rcuscope_scenarios; env ls`'
    scenario |= {"tcsh": offered, "fish": "(_rcuscope_scenario)"}
    for argument in _arguments(parser):
        if argument.dest == "scenario":
            argument.complete = scenario  # type: ignore[attr-defined]
        elif argument.dest in _FILES:
            argument.complete = shtab.FILE  # type: ignore[attr-defined]
    return str(shtab.complete(parser, shell, preamble=preamble)) + "\n"


def _arguments(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for argument in parser._actions:
        if isinstance(argument, argparse._SubParsersAction):
            for command in argument.choices.values():
                yield from _arguments(command)
        else:
            yield argument
