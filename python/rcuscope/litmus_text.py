# SPDX-License-Identifier: LGPL-2.1-or-later
"""The words of a litmus test: its text without comments, in tokens, and the primitives it may call.

Follows: the C subset of the litmus format as the Linux kernel's memory model documents it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from rcuscope import _core

_TOKEN: Final = re.compile(
    r"(?P<space>[ \t\r]+)|(?P<line>\n)|(?P<name>[A-Za-z_]\w*)|(?P<number>0[xX][0-9a-fA-F]+|\d+)"
    r'|(?P<text>"[^"\n]*")|(?P<sign>->|\+\+|--|&&|\|\||==|!=|<=|>=|<<|>>|/\\|\\/'
    r"|[-+*/%&|^~!<>=(){}\[\];,:.?])"
)
_MARK: Final = re.compile(r"\(\*|\*\)|/\*.*?(?:\*/|\Z)|//[^\n]*|[{}]", re.DOTALL)
_MARK_IN_COMMENT: Final = re.compile(r"\(\*|\*\)")

TYPES: Final = frozenset(
    {"int", "long", "unsigned", "char", "short", "struct", "intptr_t", "uintptr_t"}
    | {"atomic_t", "atomic_long_t", "spinlock_t", "volatile", "const", "void", "bool"}
)
RECORD_TYPES: Final = frozenset(["srcu_struct"])


class Primitive(NamedTuple):
    """What a test may call.

    Attributes:
        arguments: One letter each: "*" a place, written `*x`; "p" a pointer to one; "l" a spinlock;
            "d" an SRCU domain; "v" a value.
        code: What is run, with the arguments filled in; `p` is a litmus_run.Process. It calls
            the kernel itself, so that traces name the line of the test.
    """

    arguments: str
    code: str


def _loaded(name: str) -> str:
    return f"p.loaded(k.{name}(*p.access({{0}})))"


def _stored(name: str) -> str:
    return f"p.done(k.{name}(*p.storing({{0}}, {{1}})))"


def _updated(name: str, values: int) -> str:
    listed = ", ".join(f"{{{index}}}" for index in range(values + 1))
    return f"p.loaded(k.{name}(*p.access({listed})))"


def _made_primitives() -> dict[str, Primitive]:
    made = {
        "READ_ONCE": Primitive("*", _loaded("READ_ONCE")),
        "WRITE_ONCE": Primitive("*v", _stored("WRITE_ONCE")),
        # Order is all that is asked about: no reader is wanted.
        "rcu_dereference": Primitive(
            "*", "p.loaded(k.rcu_dereference_check(*p.access({0}), True))"
        ),
        "rcu_assign_pointer": Primitive("*v", _stored("rcu_assign_pointer")),
        "smp_load_acquire": Primitive("p", _loaded("smp_load_acquire")),
        "smp_store_release": Primitive("pv", _stored("smp_store_release")),
        "atomic_read": Primitive("p", _loaded("READ_ONCE")),
        "atomic_set": Primitive("pv", _stored("WRITE_ONCE")),
        "atomic_dec_and_test": Primitive(
            "p", "p.calculate('==', p.loaded(k.atomic_add_return(-1, *p.access({0}))), p.word(0))"
        ),
        "srcu_read_lock": Primitive("d", "p.done(k.srcu_read_lock({0}.value))"),
        "srcu_read_unlock": Primitive("dv", "p.done(k.srcu_read_unlock({0}.value, {1}.value))"),
        "synchronize_srcu": Primitive("d", "p.done(k.synchronize_srcu({0}.value))"),
        "spin_lock": Primitive("l", "p.done(k.spin_lock({0}.value))"),
        "spin_unlock": Primitive("l", "p.done(k.spin_unlock({0}.value))"),
    }
    for order in ("", "_relaxed", "_acquire", "_release"):
        added = f"p.loaded(k.atomic_add_return{order}(*p.addition({{0}}, {{1}})))"
        made[f"atomic_add_return{order}"] = Primitive("vp", added)
        made[f"atomic_fetch_add{order}"] = Primitive("vp", f"p.taken_back({added})")
        for prefix in ("", "atomic_"):
            made[f"{prefix}xchg{order}"] = Primitive("pv", _updated(f"xchg{order}", 1))
            made[f"{prefix}cmpxchg{order}"] = Primitive("pvv", _updated(f"cmpxchg{order}", 2))
    barriers = ("smp_mb", "smp_rmb", "smp_wmb")
    for name in (*barriers, "rcu_read_lock", "rcu_read_unlock"):
        made[name] = Primitive("", f"p.done(k.{name}())")
    for name in ("synchronize_rcu", "synchronize_rcu_expedited"):
        made[name] = Primitive("", f"p.done(k.{name}())")
    return made


PRIMITIVES: Final[Mapping[str, Primitive]] = _made_primitives()


class Token(NamedTuple):
    """A word with its kind ("name", "number", "sign", "end") and line."""

    kind: str
    text: str
    line: int


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def without_comments(text: str) -> str:
    """Comments become blanks, so that lines keep their numbers.

    Those in (* *) nest, and stand outside of the processes: within one, "(*x" is code.
    """
    parts: list[str] = []
    comments = braces = blocks = position = 0
    while found := (_MARK_IN_COMMENT if comments else _MARK).search(text, position):
        between, sign = text[position : found.start()], found.group()
        position = found.end()
        is_code = blocks > 1 and braces > 0  # the first block tells the first values
        opens = sign == "(*" and not is_code
        parts.append(_blank(between) if comments else between)
        parts.append(_blank(sign) if comments or opens or sign[0] == "/" else sign)
        comments += opens
        comments -= sign == "*)" and comments > 0
        if sign in "{}":
            braces += 1 if sign == "{" else -1
            blocks += sign == "{" and braces == 1
    parts.append(_blank(text[position:]) if comments else text[position:])
    return "".join(parts)


def split(text: str, line: int, file: str) -> list[Token]:
    """The tokens of a text without comments.

    Args:
        text: Of the test.
        line: That it begins in.
        file: For messages.

    Raises:
        UsageError: for a character that no test has.
    """
    tokens = []
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise _core.UsageError(f"{file}:{line}: unexpected {text[position]!r}")
        if found.lastgroup == "line":
            line += 1
        elif found.lastgroup not in ("space", "text"):
            tokens.append(Token(str(found.lastgroup), found.group(), line))
        position = found.end()
    tokens.append(Token("end", "the end of the text", line))
    return tokens
