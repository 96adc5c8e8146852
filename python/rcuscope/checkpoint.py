# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checkpoints: the state of a long search in a file, so that it survives its process."""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from pathlib import Path
from types import CodeType
from typing import Any, Final

from rcuscope.litmus import Litmus
from rcuscope.scenario import Scenario

SAVE_SECONDS: Final = 2.0  # at most so much work is lost
_FORMAT: Final = "rcuscope checkpoint 1"


def fingerprint(scenario: Scenario) -> str:
    """A number that changes when the body of a scenario does; "" for the catalogue's.

    Args:
        scenario: Whose body, with the functions inside it, is looked at; not what it calls.
    """
    if isinstance(scenario, Litmus):  # the bodies of all tests are one function
        return hashlib.sha256(scenario.text.encode()).hexdigest()[:16]
    code = getattr(scenario.body, "__code__", None)
    if code is None:
        return ""
    digest = hashlib.sha256()
    _add_code(digest, code)
    return digest.hexdigest()[:16]


def class_fingerprint(cls: type) -> str:
    """The class's name, with a number that changes when the code of its methods does.

    Args:
        cls: With its base classes; of those in the package itself the version tells.
    """
    digest = hashlib.sha256()
    for part in cls.__mro__:
        if part.__module__ == "builtins" or part.__module__.startswith("rcuscope."):
            continue
        digest.update(part.__qualname__.encode())
        for name, attribute in sorted(vars(part).items()):
            code = getattr(attribute, "__code__", None)
            if isinstance(code, CodeType):
                digest.update(name.encode())
                _add_code(digest, code)
            elif not name.startswith("__") and isinstance(attribute, (int, float, str, bytes)):
                digest.update(f"{name}={attribute!r}".encode())
    return f"{cls.__qualname__} {digest.hexdigest()[:16]}"


def _add_code(digest: Any, code: CodeType) -> None:
    digest.update(code.co_code)
    digest.update(repr((code.co_names, code.co_varnames)).encode())
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            _add_code(digest, constant)
        elif isinstance(constant, frozenset):  # its order changes from process to process
            digest.update(repr(sorted(map(repr, constant))).encode())
        else:
            digest.update(repr(constant).encode())


class CheckpointFile:
    """The state of one search in one file, replaced as a whole.

    Attributes:
        path: Of the file; its folder exists.
    """

    def __init__(self, path: str | os.PathLike[str], identity: dict[str, Any]) -> None:
        """Makes no file yet.

        Args:
            path: Of the file.
            identity: What must be equal for the search to go on: JSON values by name.
        """
        self.path = Path(path)
        # As it will be read, so that tuples and the like compare.
        self._identity: dict[str, Any] = json.loads(json.dumps(identity))

    def load(self) -> bytes:
        """The state that was saved; b"" if there is no file.

        Raises:
            ValueError: if the file is of another search, or is damaged.
        """
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            if not self.path.parent.is_dir():
                raise
            return b""
        line, _, state = content.partition(b"\n")
        header = self._read_header(line)
        for name, expected in self._identity.items():
            if header.get(name) != expected:
                raise ValueError(
                    f"checkpoint {self.path}: it is of a search with {name}="
                    f"{header.get(name)!r}, and this one has {name}={expected!r}; use another file "
                    "or delete this one"
                )
        if header.get("bytes") != len(state) or header.get("crc32") != zlib.crc32(state):
            raise ValueError(
                f"checkpoint {self.path}: byte {len(line) + 1}: expected a state of "
                f"{header.get('bytes')} bytes, found {len(state)} or others; the file is damaged"
            )
        return state

    def _read_header(self, line: bytes) -> dict[str, Any]:
        try:
            header = json.loads(line)
        except ValueError:
            header = None
        if not isinstance(header, dict) or header.get("format") != _FORMAT:
            raise ValueError(f"checkpoint {self.path}: byte 0: expected a line with {_FORMAT!r}")
        return header

    def save(self, state: bytes) -> None:
        """Replaces the file: whoever reads it sees the old state or the new one.

        Raises:
            OSError: if the file system refuses.
        """
        check = {"bytes": len(state), "crc32": zlib.crc32(state)}
        header = {"format": _FORMAT, **self._identity, **check}
        temporary = self.path.with_name(f"{self.path.name}.tmp")
        try:
            with temporary.open("wb") as file:
                file.write(json.dumps(header).encode() + b"\n" + state)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self.path)
        finally:
            temporary.unlink(missing_ok=True)
