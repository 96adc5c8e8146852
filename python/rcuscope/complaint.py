# SPDX-License-Identifier: LGPL-2.1-or-later
"""What people are told of an error that nobody has foreseen."""

from __future__ import annotations

import difflib
import runpy
import traceback
from pathlib import Path
from typing import Final

_OURS: Final = (str(Path(__file__).parent), "<frozen", runpy.__file__)


def told(error: Exception) -> str:
    """The traceback from the first line of a user's file on; a wrong argument is one sentence.

    All frames of what never was in a user's file: that is a defect of rcuscope.
    """
    whole = traceback.TracebackException.from_exception(error)
    frames = list(whole.stack)
    while frames and frames[0].filename.startswith(_OURS):
        del frames[0]
    if frames:
        whole.stack = traceback.StackSummary.from_list(frames)
    elif isinstance(error, TypeError):
        return str(error)
    return "an error in what was to run:\n" + "".join(whole.format()).rstrip()


def suggestion(error: BaseException) -> str:
    """What may have been meant by a name that an object does not have; "" = nothing comes close.

    Example:
        >>> from rcuscope.complaint import suggestion
        >>> try:
        ...     "text".uper()
        ... except AttributeError as error:
        ...     suggestion(error)
        ". Did you mean 'upper'?"
    """
    if not isinstance(error, AttributeError) or not error.name:
        return ""
    close = difflib.get_close_matches(error.name, dir(error.obj), n=1)
    return f". Did you mean {close[0]!r}?" if close else ""
