"""House rules as tests: layers, sizes, leftovers, vocabulary tables.

A rule is a function from one file (path relative to the checkout, text) to a list of violations.
Each rule is tried on the whole tree, and on a small bad sample that it must find.
"""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# A layer may include itself, what is named here, and what those may include.
LAYERS = {
    "core/base": (),
    "core/trace": ("core/base",),
    "core/world": ("core/trace",),  # the concept names EventKind and Finding
    "core/io": ("core/trace",),
    "core/live": ("core/world", "core/trace"),
    "core/model": ("core/world", "core/trace"),
    "core/iommu": ("core/world",),
    "core/check": ("core/model",),
    "core/explore": ("core/check",),
    "core/scenario": ("core/iommu", "core/explore", "core/live", "core/io"),
    "bindings": ("core/scenario",),
    "gui": ("core/scenario",),
    "bindings/gui": ("bindings", "gui"),  # the viewer inside the Python process
}
# Files that see more than their layer: the explicit instantiation for both worlds.
LAYER_EXCEPTIONS = {"core/iommu/iommu.cpp": ("core/live", "core/model")}

# Foreign headers and the only places that may include them.
FOREIGN_HEADERS = {
    r"urcu(/|\.|-)": ("core/live/",),
    r"pybind11/|Python\.h": ("bindings/",),
    r"imgui|imstb|stb|GLFW/|GL/|EGL/|ft2build|freetype": ("gui/", "bindings/gui/", "tests/gui/"),
    r"boost/": ("core/base/fiber.",),
}

HEADER_LINES_MAX = 250
SOURCE_LINES_MAX = 500
FUNCTION_LINES_MAX = 60

TOP_LEVEL = {
    *("core", "bindings", "gui", "python", "notebooks", "tests", "docs", "cmake", "LICENSES"),
    *(".ci", ".github", "dev", "pyproject.toml", "CMakeLists.txt", "CMakePresets.json"),
    *("README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", ".gitignore"),
    *(".clang-format", ".clang-tidy", ".pre-commit-config.yaml"),
}
CPP = (".h", ".cpp")
TEXT = (*CPP, ".def", ".py", ".pyi", ".md", ".cmake", ".txt", ".toml", ".json", ".yml", ".yaml",
        ".js", ".css", ".ipynb", "")  # fmt: skip

Rule = Callable[[str, str], list[str]]


# ---- reading ---------------------------------------------------------------------------------
def project_files() -> list[str]:
    """Paths of the project's own files: what git knows or would add, else what is on disk."""
    if shutil.which("git") and (ROOT / ".git").exists():
        listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
        paths = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True)
        return sorted(path for path in paths.stdout.splitlines() if (ROOT / path).is_file())
    return sorted(
        str(path.relative_to(ROOT))
        for name in TOP_LEVEL
        for path in ([ROOT / name] if (ROOT / name).is_file() else (ROOT / name).rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    )


def blank(text: str) -> str:
    """The text with spaces for every character except line ends."""
    return re.sub(r"[^\n]", " ", text)


CPP_NOISE = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<tag>[^()\s]*)\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-zA-Z_])'(?:\\.|[^'\\\n])+'",
    re.DOTALL,
)


def cpp_code(text: str) -> str:
    """C++ without comments, literals and preprocessor lines; every line stays where it was."""
    code = CPP_NOISE.sub(lambda noise: blank(noise[0]), text)
    return re.sub(
        r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda line: blank(line[0]), code, flags=re.MULTILINE
    )


def line_of(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


# ---- layers ----------------------------------------------------------------------------------
def layer_of(path: str) -> str | None:
    return max((name for name in LAYERS if path.startswith(name + "/")), key=len, default=None)


def visible_layers(layer: str) -> set[str]:
    return {layer}.union(*(visible_layers(below) for below in LAYERS[layer]))


def resolve_include(path: str, name: str) -> str | None:
    """The project file that `#include "name"` in `path` means, as the compiler would find it."""
    for folder in (Path(path).parent, Path("core"), Path("gui"), Path("bindings"), Path("tests")):
        if (ROOT / folder / name).is_file():
            return (ROOT / folder / name).resolve().relative_to(ROOT).as_posix()
    return None


def find_upward_includes(path: str, text: str) -> list[str]:
    layer = layer_of(path)
    if layer is None:
        return []
    allowed = visible_layers(layer).union(
        *(visible_layers(extra) for extra in LAYER_EXCEPTIONS.get(path, ()))
    )
    violations = []
    for match in re.finditer(r'^\s*#\s*include\s+"([^"]+)"', text, re.MULTILINE):
        target = resolve_include(path, match[1])
        if target is not None and layer_of(target) not in allowed:
            violations.append(f"{path}:{line_of(text, match.start(1))}: {layer} includes {target}")
    return violations


def find_foreign_includes(path: str, text: str) -> list[str]:
    return [
        f"{path}:{line_of(text, match.start(1))}: <{match[1]}> belongs to {', '.join(homes)}"
        for match in re.finditer(r"^\s*#\s*include\s+[<\"]([^>\"]+)[>\"]", text, re.MULTILINE)
        for pattern, homes in FOREIGN_HEADERS.items()
        if re.match(pattern, match[1])
        and resolve_include(path, match[1]) is None
        and not path.startswith((*homes, "tests/bench/"))
    ]


# ---- sizes -----------------------------------------------------------------------------------
def find_long_files(path: str, text: str) -> list[str]:
    limit = HEADER_LINES_MAX if path.endswith(".h") else SOURCE_LINES_MAX
    lines = text.count("\n")
    return [f"{path}: {lines} lines, at most {limit}"] if lines > limit else []


def opens_function(head: str) -> bool:
    """Whether a brace after `head` (the text since the last statement) opens a function body."""
    if re.search(r"\bconcept\b|^\s*(?:export\s+)?(?:inline\s+)?namespace\b|\benum\b", head):
        return False
    if "(" not in head:
        return False
    return "=" not in head[head.rfind(")") :]


def cpp_functions(text: str) -> Iterator[tuple[str, int, int]]:
    """Outermost functions as (name, first line, last line). A scanner, not a parser."""
    code = cpp_code(text)
    inside: list[tuple[bool, str, int]] = []  # per open brace: function?, name, first line
    parentheses, head_start = 0, 0
    for position, character in enumerate(code):
        if character in "()":
            parentheses += 1 if character == "(" else -1
        elif character == "{":
            head = code[head_start:position]
            nested = parentheses > 0 or any(is_function for is_function, _, _ in inside)
            name = re.search(r"([\w~]+)\s*\(", head)
            first = head_start + len(head) - len(head.lstrip())
            is_function = not nested and opens_function(head)
            inside.append((is_function, name[1] if name else "?", line_of(code, first)))
        elif character == "}" and inside:
            is_function, name_text, first_line = inside.pop()
            if is_function:
                yield name_text, first_line, line_of(code, position)
        if character in ";{}" and parentheses == 0:
            head_start = position + 1


def python_functions(text: str) -> Iterator[tuple[str, int, int]]:
    """Functions as (name, first line, last line); a docstring does not count."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            documented = ast.get_docstring(node, clean=False) is not None
            first = node.body[0].end_lineno if documented else node.lineno
            yield node.name, first or node.lineno, node.end_lineno or node.lineno


def find_long_functions(path: str, text: str) -> list[str]:
    functions = python_functions(text) if path.endswith(".py") else cpp_functions(text)
    return [
        f"{path}:{first}: {name} has {last - first + 1} lines, at most {FUNCTION_LINES_MAX}"
        for name, first, last in functions
        if last - first + 1 > FUNCTION_LINES_MAX
    ]


# ---- leftovers -------------------------------------------------------------------------------
# A program prints, and a failed assertion does; nothing else in C++ does.
PRINTERS = ("gui/main.cpp", "core/io/trace_cmd/main.cpp", "core/base/assert.cpp", "docs/", "tests/")


def find_prints(path: str, text: str) -> list[str]:
    if path.startswith(PRINTERS):
        return []
    pattern = r"\bstd::(?:cout|cerr|clog)\b|\b(?:f|d)?printf\s*\(|\bf?puts\s*\(|\bperror\s*\("
    code = cpp_code(text)
    return [
        f"{path}:{line_of(code, match.start())}: prints with {match[0].strip('( ')}"
        for match in re.finditer(pattern, code)
    ]


def find_notes_to_self(path: str, text: str) -> list[str]:
    pattern = r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b(?!\s*\(?#\d+)"
    return [
        f"{path}:{line_of(text, match.start())}: {match[0]} without an issue number"
        for match in re.finditer(pattern, text)
    ]


NAME = r"[\w:.\->\[\]<*&]+"
SWITCHED_OFF = re.compile(
    rf"{NAME}\(.*\);"  # a call
    rf"|{NAME} {NAME}(?:\(.*\)| = .*|\{{.*\}}|);"  # a declaration
    rf"|{NAME} [-+*/|&]?= .*;"  # an assignment
    r"|return\b.*;|#\s*(?:include|if|ifdef|define|endif)\b.*|\}"
    r"|(?:if|for|while|switch) ?\(.*\) ?\{|\} ?else ?\{"
)


def find_commented_code(path: str, text: str) -> list[str]:
    """Code that was switched off.

    Examples are let through: they are indented by three spaces, or stand behind `///`.
    """
    return [
        f"{path}:{number}: commented-out code: {line.strip()}"
        for number, line in enumerate(text.splitlines(), 1)
        if (comment := re.match(r"\s*// {0,2}(?=[^ /])(.*?)\s*$", line))
        and SWITCHED_OFF.fullmatch(comment[1])
    ]


def find_machine_paths(path: str, text: str) -> list[str]:
    folders = "root|scratch|home/" + r"\w+|Users/\w+"
    pattern = rf"(?<![\w.$}}~/])/(?:{folders})/[\w.]"
    return [
        f"{path}:{line_of(text, match.start())}: path of one machine: {match[0]}"
        for match in re.finditer(pattern, text)
    ]


# ---- vocabulary tables -----------------------------------------------------------------------
def table_rows(text: str, macro: str) -> Iterator[tuple[int, list[str]]]:
    """Rows `MACRO(name, argument, ...)` of a .def file as (line, unquoted arguments)."""
    for match in re.finditer(rf"^{macro}\((.*)\)\s*$", text, re.MULTILINE):
        arguments = re.findall(r'"((?:\\.|[^"\\])*)"|([^\s",]+)', match[1])
        yield line_of(text, match.start()), [quoted or bare for quoted, bare in arguments]


def event_row_faults(row: list[str]) -> Iterator[str]:
    if len(row) != 5:
        yield f"expected 5 arguments, found {len(row)}"
        return
    name, about, value, tracepoint, sentence = row
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        yield "the name is not snake_case"
    if not sentence:
        yield "no sentence"
    if tracepoint and not re.fullmatch(r"\w+:\w+", tracepoint):
        yield f"tracepoint '{tracepoint}' is not system:event"
    if "{object}" in sentence and not about:
        yield "the sentence uses {object}, which the row does not document"
    if re.search(r"\{(value|value_name|string)\}", sentence) and not value:
        yield "the sentence uses the value, which the row does not document"
    for field in re.findall(r"\{(.*?)\}", sentence):
        if field not in ("actor", "object", "value", "value_name", "grace_period", "string"):
            yield f"unknown field {{{field}}} in the sentence"


def finding_row_faults(row: list[str]) -> Iterator[str]:
    if len(row) != 4:
        yield f"expected 4 arguments, found {len(row)}"
        return
    name, is_fatal, title, kconfig = row
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        yield "the name is not snake_case"
    if is_fatal not in ("true", "false"):
        yield "is_fatal is neither true nor false"
    if not title:
        yield "no title"
    if kconfig and not kconfig.startswith("CONFIG_"):
        yield f"'{kconfig}' is not a Kconfig option"


TABLES = {
    "event.def": ("RCUSCOPE_EVENT", event_row_faults),
    "finding.def": ("RCUSCOPE_FINDING", finding_row_faults),
}


def find_undocumented_rows(path: str, text: str) -> list[str]:
    macro, faults_of = TABLES[Path(path).name]
    rows = list(table_rows(text, macro))
    names = [row[0] for _, row in rows]
    violations = [
        f"{path}:{line}: {row[0]}: {fault}" for line, row in rows for fault in faults_of(row)
    ]
    violations += [f"{path}: {name} twice" for name in sorted(set(names)) if names.count(name) > 1]
    return violations or ([] if rows else [f"{path}: no row of {macro} found"])


# ---- the rules, each with where it holds and a sample that breaks it -------------------------
def is_cpp(path: str) -> bool:
    return path.endswith(CPP)


def is_code(path: str) -> bool:
    return is_cpp(path) or path.endswith(".py")


def is_script(path: str) -> bool:
    return path.endswith(".js")


def is_text(path: str) -> bool:
    return Path(path).suffix in TEXT and not path.startswith("LICENSE")


def is_table(path: str) -> bool:
    return Path(path).name in TABLES


LONG_METHOD = "namespace a {\nstruct B {\n  int f(int n = g({})) const {\n    h();%s\n  }\n};\n}\n"
TWO_DEEP = '#include "../trace/../base/ids.h"\n#include "io/format.h"\n'
EVENTS, FINDINGS = "core/trace/event.def", "core/trace/finding.def"
RULES: list[tuple[Rule, Callable[[str], bool], str, str]] = [
    (find_upward_includes, is_cpp, "core/base/x.h", '#include "trace/event.h"\n'),
    (find_upward_includes, is_cpp, "core/iommu/probe.h", TWO_DEEP),
    (find_foreign_includes, is_cpp, "core/model/x.cpp", "#include <pybind11/pybind11.h>\n"),
    (find_foreign_includes, is_cpp, "core/model/x.cpp", "#include <imgui.h>\n"),
    (find_foreign_includes, is_cpp, "core/scenario/x.cpp", "#  include <urcu/urcu-memb.h>\n"),
    (find_long_files, is_script, "python/x.js", "x();\n" * (SOURCE_LINES_MAX + 1)),
    (find_long_files, is_code, "core/base/x.h", "int x;\n" * (HEADER_LINES_MAX + 1)),
    (find_long_files, is_code, "core/base/x.cpp", "int x;\n" * (SOURCE_LINES_MAX + 1)),
    (find_long_functions, is_code, "core/base/x.h", LONG_METHOD % ("\n" * FUNCTION_LINES_MAX)),
    (find_long_functions, is_code, "python/x.py", "def f():\n" + "    g()\n" * FUNCTION_LINES_MAX),
    (find_prints, is_cpp, "core/base/x.cpp", 'void f() { std::printf("here"); }\n'),
    (find_notes_to_self, is_text, "docs/x.md", "TO" + "DO: later\n"),
    (find_commented_code, is_cpp, "gui/x.cpp", "  // draw_lane(lane, 3);\n"),
    (find_commented_code, is_cpp, "gui/x.cpp", "  //if (lane.is_open()) {\n"),
    (find_commented_code, is_cpp, "gui/x.cpp", "// int width = 3;\n"),
    (find_machine_paths, is_text, "docs/x.md", "see /" + "scratch/main/README.md\n"),
    (find_machine_paths, is_text, "tests/x.py", 'open("/' + 'home/me/trace")\n'),
    (find_undocumented_rows, is_table, EVENTS, 'RCUSCOPE_EVENT(x, "", "", "", "")\n'),
    (find_undocumented_rows, is_table, EVENTS, 'RCUSCOPE_EVENT(x, "", "", "", "{object}")\n'),
    (find_undocumented_rows, is_table, EVENTS, 'RCUSCOPE_EVENT(x, "", "", "rcu", "{actor}")\n'),
    (find_undocumented_rows, is_table, FINDINGS, 'RCUSCOPE_FINDING(x, true, "", "")\n'),
    (find_undocumented_rows, is_table, FINDINGS, "nothing\n"),
]

ACCEPTABLE: list[tuple[Rule, str, str]] = [
    (find_upward_includes, "core/check/x.cpp", '#include "base/ids.h"\n#include "trace/event.h"\n'),
    (find_foreign_includes, "core/live/urcu.h", "#include <urcu/urcu-memb.h>\n"),
    (find_long_functions, "core/x.cpp", "namespace a {\n" + "int f() { return 1; }\n" * 90 + "}\n"),
    (find_long_functions, "core/x.cpp", "constexpr int table[] = {\n" + "  f(1),\n" * 90 + "};\n"),
    (find_prints, "core/x.cpp", '// printf("x") is not called here\nauto s = "std::cout";\n'),
    (find_prints, "core/x.cpp", "std::snprintf(buffer, 3, format);\n"),
    (find_notes_to_self, "core/x.cpp", "// TO" + "DO(#12): wakeup trees\n"),
    (find_commented_code, "core/x.h", "// Locks the group; the caller holds nothing.\n"),
    (find_commented_code, "core/x.h", "// ---- }\n// it waits for readers (see rcu.h);\n"),
    (find_commented_code, "core/x.h", "//     mutex_lock(group.lock);\n/// f(x);\n"),
    (find_machine_paths, "cmake/x.cmake", "/usr/share/fonts /tmp/x ../scratch/x $root/scratch/x\n"),
]


@pytest.mark.parametrize(
    "rule", dict.fromkeys(rule for rule, *_ in RULES), ids=lambda r: r.__name__
)
def test_project_keeps_the_rule(rule: Rule) -> None:
    holds_for = next(applies for candidate, applies, *_ in RULES if candidate is rule)
    paths = [path for path in project_files() if holds_for(path)]
    assert paths, "the rule looks at no file at all"
    violations = [
        violation
        for path in paths
        for violation in rule(path, (ROOT / path).read_text(encoding="utf-8"))
    ]
    assert not violations, "\n".join(["", *violations])


@pytest.mark.parametrize(("rule", "applies", "path", "sample"), RULES)
def test_rule_finds_its_bad_sample(
    rule: Rule, applies: Callable[[str], bool], path: str, sample: str
) -> None:
    assert applies(path)
    assert len(rule(path, sample)) == 1


@pytest.mark.parametrize(("rule", "path", "sample"), ACCEPTABLE)
def test_rule_accepts_good_code(rule: Rule, path: str, sample: str) -> None:
    assert rule(path, sample) == []


def test_layers_have_no_cycle() -> None:
    for layer, below in LAYERS.items():
        assert not any(layer in visible_layers(name) for name in below)


def test_every_folder_of_the_core_is_a_layer() -> None:
    folders = {
        "/".join(path.split("/")[:2]) for path in project_files() if path.startswith("core/")
    }
    assert folders <= set(LAYERS), f"not in LAYERS: {sorted(folders - set(LAYERS))}"


def test_top_level_has_no_other_names() -> None:
    names = {path.split("/")[0] for path in project_files()}
    assert names <= TOP_LEVEL, f"move or remove: {sorted(names - TOP_LEVEL)}"
