# SPDX-License-Identifier: LGPL-2.1-or-later
"""Litmus tests: their text to Python code, statement by statement with the line it came from.

Follows: the C subset of the litmus format as the Linux kernel's memory model documents it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Final, NamedTuple, NoReturn

from rcuscope import _core
from rcuscope.litmus_text import PRIMITIVES, RECORD_TYPES, TYPES, Token, split, without_comments

_BINARY: Final[Mapping[str, int]] = {
    "||": 1,
    "&&": 2,
    "|": 3,
    "^": 4,
    "&": 5,
    "==": 6,
    "!=": 6,
    "<": 7,
    ">": 7,
    "<=": 7,
    ">=": 7,
    "+": 9,
    "-": 9,
    "*": 10,
}
_UNARY: Final[Mapping[str, str]] = {
    "!": "p.calculate('==', {}, p.word(0))",
    "-": "p.calculate('-', p.word(0), {})",
    "~": "p.calculate('^', p.word(-1), {})",
}


class Test(NamedTuple):
    """A litmus test, read.

    Attributes:
        name: As its first line says.
        initial: Variable -> its first value: an int, or the name of the variable it points to.
        first_registers: "0:r1" -> its first value, likewise.
        locks: Variables that are spinlocks.
        domains: Variables that are SRCU domains.
        actors: Name and code of each process; `p` is its litmus_run.Process.
        condition: A Python expression over `state`, a mapping of observed name -> value as text.
        filter: Another that says which final states count.
        observed: Names such as "0:r1" and "x" that the final states tell.
    """

    name: str
    initial: dict[str, int | str]
    first_registers: dict[str, int | str]
    locks: frozenset[str]
    domains: frozenset[str]
    actors: tuple[tuple[str, list[ast.stmt]], ...]
    condition: str
    filter: str
    observed: tuple[str, ...]


def read(text: str, file: str) -> Test:
    """Reads one test.

    Args:
        text: Of the test.
        file: For messages.

    Raises:
        UsageError: names the line, what stands there and what was expected.
    """
    return _Parser(text, file).test()


class _Parser:
    """A text on its way to a Test."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.tokens: list[Token] = []
        self.position = 0
        self.initial: dict[str, int | str] = {}
        self.first_registers: dict[str, int | str] = {}
        self.locks: set[str] = set()
        self.domains: set[str] = set()
        self.parameters: set[str] = set()
        self.registers: set[str] = set()
        self.observed: set[str] = set()
        self.places: set[str] = set()
        self.actor_count: int | None = None
        bare = without_comments(text)
        head = re.match(r"\s*C[ \t]+(\S+)", bare)
        start = bare.find("{")
        if head is None or start < 0:
            raise _core.UsageError(
                f'{file}: expected a litmus test: "C NAME", the first values in braces, processes '
                "P0(...) and a condition"
            )
        self.name = head.group(1)
        self.tokens = split(bare[start:], 1 + bare.count("\n", 0, start), file)

    # ---- tokens
    @property
    def now(self) -> Token:
        return self.tokens[self.position]

    def fail(self, expected: str) -> NoReturn:
        token = self.now
        raise _core.UsageError(
            f"{self.file}:{token.line}: found {token.text!r}, expected {expected}"
        )

    def take(self) -> str:
        text = self.now.text
        if self.now.kind == "end":
            self.fail("more of the test")
        self.position += 1
        return text

    def accept(self, *texts: str) -> bool:
        if self.now.text not in texts:
            return False
        self.position += 1
        return True

    def want(self, text: str) -> None:
        if not self.accept(text):
            self.fail(repr(text))

    def name_now(self, what: str) -> str:
        if self.now.kind != "name":
            self.fail(what)
        return self.take()

    def number(self) -> int:
        sign = -1 if self.accept("-") else 1
        if self.now.kind != "number":
            self.fail("a number")
        return sign * int(self.take(), 0)

    def type_now(self) -> str:
        """The type's last word; stars are taken, too."""
        last = ""
        while self.now.text in TYPES:
            last = self.take()
            if last == "struct":
                last = self.name_now("a struct's name")
                if last not in RECORD_TYPES:
                    self.fail("struct srcu_struct: other structs are not known here")
        while self.accept("*", "volatile", "const"):
            pass
        return last

    # ---- the test
    def test(self) -> Test:
        self.first_values()
        actors: list[tuple[str, list[ast.stmt]]] = []
        while re.fullmatch(r"P\d+", self.now.text):
            actors.append(self.process(len(actors)))
        if not actors:
            self.fail("a process such as P0(int *x)")
        self.actor_count = len(actors)
        filters, condition = "True", ""
        while self.now.kind != "end":
            word = self.take()
            if word == "locations":
                self.locations()
            elif word == "filter":
                filters = self.either()
            elif word in ("exists", "forall") or (word == "~" and self.accept("exists")):
                condition = self.either()
            else:
                self.position -= 1
                self.fail("exists, ~exists, forall, filter or locations")
        if not condition:
            self.fail("a condition: exists (...)")
        return Test(
            self.name,
            self.initial,
            self.first_registers,
            frozenset(self.locks),
            frozenset(self.domains),
            tuple(actors),
            condition,
            filters,
            tuple(sorted(self.observed)),
        )

    def first_values(self) -> None:
        self.want("{")
        while not self.accept("}"):
            if self.accept(";"):
                continue
            kind = self.type_now()
            if self.now.kind == "number":
                name = self.register_name()
                if self.accept("="):
                    self.first_registers[name] = self.first_value()
                continue
            name = self.name_now("a variable's name")
            if kind == "spinlock_t":
                self.locks.add(name)
            elif kind == "srcu_struct":
                self.domains.add(name)
            else:
                self.initial[name] = self.first_value() if self.accept("=") else 0

    def first_value(self) -> int | str:
        if self.accept("ATOMIC_INIT"):
            self.want("(")
            value = self.number()
            self.want(")")
            return value
        if self.accept("&") or self.now.kind == "name":
            name = self.name_now("a variable's name")
            self.initial.setdefault(name, 0)
            return name
        return self.number()

    def process(self, index: int) -> tuple[str, list[ast.stmt]]:
        if self.now.text != f"P{index}":
            self.fail(f"P{index}")
        name = self.take()
        own = [name.split(":")[1] for name in self.first_registers if name.startswith(f"{index}:")]
        self.parameters, self.registers = set(), set(own)
        self.want("(")
        while not self.accept(")"):
            kind = self.type_now()
            parameter = self.name_now("a parameter's name")
            self.parameters.add(parameter)
            if kind in ("spinlock_t", "srcu_struct"):
                self.locks.discard(parameter)
                self.domains.discard(parameter)
                (self.locks if kind == "spinlock_t" else self.domains).add(parameter)
                self.initial.pop(parameter, None)
                if parameter in self.places:
                    self.position -= 1
                    self.fail(f"a name other than that of a variable above, for a {kind}")
            elif parameter not in self.locks | self.domains:
                self.initial.setdefault(parameter, 0)
            if not self.accept(",") and self.now.text != ")":
                self.fail("',' or ')'")
        return name, self.block()

    # ---- statements
    def code(self, source: str, line: int) -> list[ast.stmt]:
        statements = ast.parse(source).body
        for statement in statements:
            for node in ast.walk(statement):
                if hasattr(node, "lineno"):
                    node.lineno = node.end_lineno = line  # type: ignore[attr-defined]
        return statements

    def block(self) -> list[ast.stmt]:
        self.want("{")
        statements: list[ast.stmt] = []
        while not self.accept("}"):
            statements += self.statement()
        return statements

    def statement(self) -> list[ast.stmt]:
        line = self.now.line
        if self.now.text == "{":
            return self.block()
        if self.accept(";"):
            return []
        if self.accept("if"):
            return self.choice(line)
        if self.now.text in TYPES:
            return self.declaration()
        source = self.assignment()
        self.want(";")
        return self.code(source, line)

    def choice(self, line: int) -> list[ast.stmt]:
        self.want("(")
        condition = self.expression()
        self.want(")")
        (made,) = self.code(f"if p.enter({condition}):\n p.leave()\nelse:\n p.leave()", line)
        assert isinstance(made, ast.If)
        made.body = self.statement() + made.body
        if self.accept("else"):
            made.orelse = self.statement() + made.orelse
        return [made]

    def declaration(self) -> list[ast.stmt]:
        self.type_now()
        statements: list[ast.stmt] = []
        while True:
            line = self.now.line
            while self.accept("*"):
                pass
            register = self.name_now("a register's name")
            self.registers.add(register)
            if self.accept("="):
                statements += self.code(f"p.registers[{register!r}] = {self.expression()}", line)
            if not self.accept(","):
                break
        self.want(";")
        return statements

    def assignment(self) -> str:
        if self.accept("*"):
            place = self.place()
            self.want("=")
            return f"p.done(k.store(*p.storing({place}, {self.expression()})))"
        if self.now.kind == "name" and self.tokens[self.position + 1].text == "=":
            register = self.take()  # it need not be declared
            self.registers.add(register)
            self.want("=")
            return f"p.registers[{register!r}] = {self.expression()}"
        return self.expression()

    # ---- expressions
    def expression(self, least: int = 1) -> str:
        left = self.unary()
        while (strength := _BINARY.get(self.now.text, 0)) >= least:
            sign = self.take()
            right = self.expression(strength + 1)
            if sign in ("&&", "||"):  # the second one may not be evaluated
                left = f"p.decide({sign == '&&'}, {left}, lambda: {right})"
            else:
                left = f"p.calculate({sign!r}, {left}, {right})"
        return left

    def unary(self) -> str:
        if self.now.kind == "number":
            return f"p.word({self.number()})"
        if self.now.text in _UNARY:
            return _UNARY[self.take()].format(self.unary())
        if self.accept("*"):
            return f"p.loaded(k.load(*p.access({self.place()})))"
        if self.accept("("):
            if self.now.text in TYPES:  # a cast
                self.type_now()
                self.want(")")
                return self.unary()
            inner = self.expression()
            self.want(")")
            return inner
        name = self.name_now("a value")
        if self.accept("("):
            return self.call(name)
        if name == "NULL":
            return "p.word(0)"
        if name in self.registers:
            return f"p.register({name!r})"
        if name not in self.parameters or name not in self.initial:
            self.position -= 1
            self.fail("a register, a parameter or a primitive that rs.litmus knows")
        return f"p.address({name!r})"

    def place(self) -> str:
        """What a pointer, the next expression, points to."""
        if self.now.text in self.parameters and self.now.text not in self.registers:
            if self.now.text in self.locks | self.domains:
                self.fail("a variable that is no lock and no srcu_struct in another process")
            self.places.add(self.now.text)
            return f"p.place({self.take()!r})"
        return f"p.target({self.unary()})"

    def call(self, function: str) -> str:
        primitive = PRIMITIVES.get(function)
        if primitive is None:
            self.position -= 2
            self.fail("a primitive that rs.litmus knows")
        made = []
        for index, kind in enumerate(primitive.arguments):
            if index > 0:
                self.want(",")
            made.append(self.argument(kind))
        self.want(")")
        return primitive.code.format(*made)

    def argument(self, kind: str) -> str:
        if kind == "v":
            return self.expression()
        if kind == "p":
            return self.place()
        if kind == "*":
            self.want("*")
            return self.place()
        if self.now.text not in (self.locks if kind == "l" else self.domains):
            self.fail("a spinlock_t" if kind == "l" else "a struct srcu_struct")
        return f"p.object({self.take()!r})"

    # ---- the condition
    def locations(self) -> None:
        self.want("[")
        while not self.accept("]"):
            if not self.accept(";", ","):
                self.observe()

    def register_name(self) -> str:
        process = self.now.text
        if self.actor_count is not None and int(process, 0) >= self.actor_count:
            self.fail(f"the number of a process, 0 to {self.actor_count - 1}")
        self.position += 1
        self.want(":")
        return f"{process}:{self.name_now('a register')}"

    def variable(self) -> str:
        if self.now.text not in self.initial:
            self.fail("a variable of this test, or a register such as 0:r1")
        return self.take()

    def observe(self) -> str:
        if self.now.kind == "number":
            name = self.register_name()
        else:
            bracket = self.accept("[")
            name = self.variable()
            if bracket:
                self.want("]")
        self.observed.add(name)
        return name

    def either(self) -> str:
        parts = [self.both()]
        while self.accept("\\/", "||"):
            parts.append(self.both())
        return f"({' or '.join(parts)})"

    def both(self) -> str:
        parts = [self.atom()]
        while self.accept("/\\", "&&"):
            parts.append(self.atom())
        return f"({' and '.join(parts)})"

    def atom(self) -> str:
        if self.accept("~", "not"):
            return f"(not {self.atom()})"
        if self.accept("("):
            inner = self.either()
            self.want(")")
            return inner
        if self.now.text in ("true", "false"):
            return self.take().capitalize()
        name = self.observe()
        sign = "!=" if self.accept("!=") else "=="
        if sign == "==" and not self.accept("=", "=="):
            self.fail("'=' or '!='")
        self.accept("&")
        if self.tokens[self.position + 1].text == ":":
            return f"(state[{name!r}] {sign} state[{self.observe()!r}])"
        value = self.variable() if self.now.kind == "name" else str(self.number())
        return f"(state[{name!r}] {sign} {value!r})"
