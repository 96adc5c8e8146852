# SPDX-License-Identifier: LGPL-2.1-or-later
"""Calls of answers outside the model: with a time limit, and errors told as feedback."""

from __future__ import annotations

import ctypes
import functools
import inspect
import threading
import traceback
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Final

from rcuscope.exercises.form import Answer, NotYet

SECONDS_MAX: Final = 20.0
_ITEMS_MAX: Final = 1_000_000  # of an iterator that does not end
_REPEAT_SECONDS: Final = 0.2  # an answer may catch what is raised in it, and go on


class _TimeIsUp(BaseException):  # no Exception: `except Exception` in an answer would keep it
    """Raised within an answer."""


class _Watch:
    """Raises `_TimeIsUp` in the thread that made it, from a thread of its own.

    A signal would do in the main thread only, and would take a handler away from its owner; an
    answer in a thread of its own could not be stopped at all, and Ctrl-C would miss it. Python
    raises an exception that is set for a thread before its next bytecode: a call that waits in C
    (time.sleep) ends first. What is raised in a finalizer is lost, so it is raised again.
    """

    def __init__(self) -> None:
        self._thread = ctypes.c_ulong(threading.get_ident())
        self._lock = threading.Lock()
        self._over = threading.Event()
        self.has_rung = False

    def start(self, seconds: float) -> None:
        """Lets the time run; from here to the return of `end` it may be up at any bytecode."""
        threading.Thread(target=self._run, args=(seconds,), daemon=True).start()

    def _run(self, seconds: float) -> None:
        while not self._over.wait(_REPEAT_SECONDS if self.has_rung else seconds):
            with self._lock:
                if not self._over.is_set():
                    self.has_rung = True
                    self._set(_TimeIsUp)

    def _set(self, kind: type[BaseException] | None) -> None:
        raised = None if kind is None else ctypes.py_object(kind)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(self._thread, raised)

    def end(self) -> None:
        """Nothing is raised any more once this has returned."""
        with self._lock:
            self._over.set()
            self._set(None)


def _limited(function: Callable[..., Any], *arguments: Any) -> Any:
    watch = _Watch()
    returned = None
    try:
        try:
            watch.start(SECONDS_MAX)
            returned = function(*arguments)
        finally:
            watch.end()
    except _TimeIsUp:
        watch.end()  # it may have rung within the first call of end()
    except Exception:
        if not watch.has_rung:  # else it is what the answer made of it
            raise
    if watch.has_rung:
        raise NotYet(f"Your function does not end: stopped after {SECONDS_MAX:g} s.")
    return returned


def _told(error: BaseException) -> str:
    """Type, text, and the innermost line of the answer's own file."""
    kind = type(error).__name__
    text = f"Your function raises {kind}: {error}" if str(error) else f"Your function raises {kind}"
    if isinstance(error, SystemExit):
        text = "Your function ends the program (sys.exit): leave that out"
    frames = [row for row in traceback.extract_tb(error.__traceback__) if row.filename != __file__]
    own = [row for row in frames if row.filename == frames[0].filename]
    return f"{text} (line {own[-1].lineno}: {own[-1].line})." if own else f"{text}."


def _whole(answer: Answer, *arguments: Any) -> Any:
    returned = answer(*arguments)  # an iterator has its work, and its errors, still before it
    return list(islice(returned, _ITEMS_MAX)) if isinstance(returned, Iterator) else returned


def call(answer: Answer, *arguments: Any) -> Any:
    """Calls an answer and returns what it returns; an iterator becomes a list.

    Raises:
        NotYet: if it raises, exits or does not end within SECONDS_MAX; the cause is its error.
    """
    try:
        return _limited(_whole, answer, *arguments)
    except NotYet:
        raise
    except (Exception, SystemExit) as error:
        raise NotYet(_told(error)) from error


def guarded(answer: Answer) -> Answer:
    """The answer, to be called as by `call`."""
    return functools.partial(call, answer)


def check_is_plain(name: str, answer: object) -> None:
    """Raises TypeError unless calling it runs it."""
    if not callable(answer):
        raise TypeError(
            f"the answer to {name} is {answer!r}: expected a function: its name, no call of it"
        )
    inner: Any = answer
    while isinstance(inner, functools.partial):
        inner = inner.func
    if not inspect.isroutine(inner) and not isinstance(inner, type):
        inner = type(inner).__call__
    if inspect.isgeneratorfunction(inner) or inspect.isasyncgenfunction(inner):
        what = "a generator function (it has `yield`)"
    elif inspect.iscoroutinefunction(inner):
        what = "an `async def` function"
    else:
        return
    raise TypeError(f"the answer to {name} is {what}, and calling it runs nothing: use a plain def")
