# SPDX-License-Identifier: LGPL-2.1-or-later
"""Words of a program's own text, for messages about it."""

from __future__ import annotations

import io
import linecache
import tokenize
from typing import Final

_LINES_MAX: Final = 8  # of a call
_CHARACTERS_MAX: Final = 100


def argument_of(path: str, line: int, function: str) -> str:
    """The argument of a call, as it is written; "condition" where the text is not to be had.

    Args:
        path: As Python names it; also of a notebook's cell.
        line: Where the call begins, from 1.
        function: Its name: "WARN_ON".

    Example:
        >>> from rcuscope.source_text import argument_of
        >>> argument_of("/does/not/exist.py", 1, "WARN_ON")
        'condition'
    """
    text = "".join(linecache.getlines(path)[line - 1 : line - 1 + _LINES_MAX])
    _, found, rest = text.partition(f"{function}(")
    if not found:
        return "condition"
    words = " ".join(_up_to_bracket(rest).split()).rstrip(",")
    if len(words) > _CHARACTERS_MAX:
        words = words[: _CHARACTERS_MAX - 3] + "..."
    return words or "condition"


def _up_to_bracket(text: str) -> str:
    """What stands before the bracket that closes the call; "" if none does."""
    depth = 0
    lines = text.splitlines(keepends=True)
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.string in ("(", "[", "{"):
                depth += 1
            elif token.string in (")", "]", "}"):
                depth -= 1
            if depth < 0:
                row, column = token.start
                return "".join(lines[: row - 1]) + lines[row - 1][:column]
    except (tokenize.TokenError, SyntaxError):  # what follows the call is cut off
        pass
    return ""
