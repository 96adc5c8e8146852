# SPDX-License-Identifier: LGPL-2.1-or-later
"""`rcuscope step`: a session by commands, from a terminal or a pipe."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from typing import Final

from rcuscope import _core
from rcuscope.stepping import Session

_HELP: Final = "number or actor = run it, u = undo, s = state, t = trace, h = help, q = quit"
_TEXTS: Final[dict[str, Callable[[Session], object]]] = {
    "s": lambda session: session.state,
    "t": lambda session: session.trace.describe(),
    "h": lambda _: _HELP,
}


def run(session: Session, *, as_json: bool) -> int:
    """Reads commands from stdin until `q` or the end of the input.

    Args:
        session: At its start.
        as_json: Print one JSON record for the start and for each command.

    Returns:
        The exit status: 0, or 2 after a wrong command from a pipe.
    """
    is_terminal = sys.stdin.isatty()
    if is_terminal and not as_json:
        print(_HELP)
    _show(session, as_json)
    for command in _commands(is_terminal and not as_json):
        if command == "q":
            break
        try:
            _execute(session, command, as_json)
        except _core.UsageError as error:
            print(f"rcuscope: error: {error}", file=sys.stderr)
            if not is_terminal:
                return 2
    return 0


def _commands(prompts: bool) -> Iterator[str]:
    while True:
        if prompts:
            print("> ", end="", flush=True)
        line = sys.stdin.readline()
        if not line:
            return
        if line.strip():
            yield line.strip()


def _execute(session: Session, command: str, as_json: bool) -> None:
    if command in _TEXTS and not as_json:
        print(str(_TEXTS[command](session)).rstrip("\n"))
        return
    if command == "u":
        session.undo()
    elif command not in _TEXTS:
        session.choose(_choice(session, command))
    _show(session, as_json)


def _choice(session: Session, command: str) -> int | str:
    """A number from 1, or a name."""
    if not command.isdecimal():
        return command
    number = int(command)
    if session.choices and not 1 <= number <= len(session.choices):
        raise _core.UsageError(f"{command}: expected 1 to {len(session.choices)}, or an actor")
    return number - 1


def _show(session: Session, as_json: bool) -> None:
    if as_json:
        print(json.dumps(session.to_dict()), flush=True)
        return
    for number, choice in enumerate(session.choices, 1):
        print(f"  {number}  {choice}")
    for reason in session.blocked.values():
        print(f"  -  {reason}")
    if session.is_over:
        print("the execution is over" + ("" if session.finding else ", without a finding"))
    if session.finding is not None:
        print(session.finding)
    sys.stdout.flush()
