"""The documentation site: every page is reachable, every link and every directive resolves."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import rcuscope as rs
from rcuscope import cli

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


@pytest.mark.slow
def test_site_is_built_without_a_warning(tmp_path: Path) -> None:
    words = [sys.executable, str(DOCS / "make_site.py"), str(tmp_path), "--no-execution"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    html = tmp_path / "html"
    lessons = [path.stem for path in (ROOT / "notebooks").glob("*.ipynb")]
    assert lessons
    for page in (*(path.stem for path in DOCS.glob("*.md")), *(f"lessons/{n}" for n in lessons)):
        assert (html / f"{page}.html").is_file(), page
    text = (html / "api.html").read_text(encoding="utf-8")
    for name in ("rcuscope.explore", "rcuscope.Kernel.synchronize_rcu", "rcuscope.Verdict"):
        assert f'id="{name}"' in text


def test_every_public_name_is_on_the_page_of_the_api() -> None:
    page = (DOCS / "api.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"^\.\. (?:auto|py:)\w+:: rcuscope\.(\w+)", page, re.MULTILINE))
    assert shown == set(rs.__all__) - {"__version__"}


def test_every_command_is_on_the_page_of_the_command_line() -> None:
    page = (DOCS / "command_line.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    assert sorted(told) == sorted(row.name for row in cli._COMMANDS)


def test_commands_of_the_pages_are_of_the_catalogue() -> None:
    pages = [*DOCS.glob("*.md"), ROOT / "README.md"]
    names = [
        name
        for page in pages
        for name in re.findall(
            r"rcuscope (?:explore|step|run) ([a-z]\w+)(?![\w./])", page.read_text(encoding="utf-8")
        )
    ]
    assert len(names) > 5
    for name in names:
        assert name in rs.catalogue, name


def test_scenarios_of_the_pages_do_what_the_pages_say() -> None:
    page = (DOCS / "reviewers.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    for line, outcome in (("", "SAFE"), ("        k.synchronize_rcu()\n", "UNSAFE")):
        assert line in text
        namespace: dict[str, object] = {}
        exec(compile(text.replace(line, "") if line else text, "replace.py", "exec"), namespace)
        verdict = rs.explore(namespace["replace"], memory="sc")
        assert verdict.outcome == outcome
        if outcome == "SAFE":
            assert (
                f"$ rcuscope explore replace.py\nreplace: {verdict}\ncost: {verdict.cost}\n" in page
            )


def _python_of(page: Path) -> str:
    """The examples of a page, one after the other; an interpreter's dialogue is a doctest."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return "\n\n".join(block for block in blocks if not block.startswith(">>>"))


def test_examples_of_the_pages_have_types(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    pages = {
        page.stem.lower(): _python_of(page) for page in (ROOT / "README.md", *DOCS.glob("*.md"))
    }
    files = [tmp_path / f"page_{name}.py" for name, text in pages.items() if text]
    assert len(files) >= 6
    for file in files:
        file.write_text(pages[file.stem.removeprefix("page_")], encoding="utf-8")
    words = [sys.executable, "-m", "mypy", "--strict", "--explicit-package-bases"]
    config = tmp_path / "mypy.ini"  # without the packages, which have a stage of their own
    config.write_text(f"[mypy]\nmypy_path = {ROOT / 'python'}\nfollow_imports = silent\n")
    words += ["--config-file", str(config), "--cache-dir", str(tmp_path / "cache")]
    done = subprocess.run([*words, *map(str, files)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_examples_of_the_page_on_pytest_pass(tmp_path: Path) -> None:
    text = _python_of(DOCS / "pytest.md").replace("build/check_removal", "true")
    (tmp_path / "test_page.py").write_text(text, encoding="utf-8")
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_page.py"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "5 passed" in done.stdout, done.stdout + done.stderr


def _small_site(folder: Path) -> Path:
    """Documentation of two pages and a lesson with widgets, around the real configuration."""
    for name in ("conf.py", "make_site.py", "static/site.css"):
        copy = folder / "docs" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes((DOCS / name).read_bytes())
    contents = "```{toctree}\n:glob:\n\npage*\nlessons/*\n```\n"
    index = f"# rcuscope\n\n```{{include}} readme.md\n```\n\n{contents}"
    (folder / "docs/index.md").write_text(index)
    page = "# A page\n\n```{eval-rst}\n.. autoclass:: rcuscope.Kernel\n   :members: kfree\n```\n"
    (folder / "docs/page.md").write_text(page)
    (folder / "README.md").write_text("# rcuscope\n\nLook at [docs/page.md](docs/page.md).\n")
    cells = [
        'import rcuscope as rs\nrs.step("posted").widget()',
        'rs.replay("posted", "s1:").widget()',
    ]
    _write_lesson(folder / "notebooks/01_widgets.ipynb", "# Lesson 01", cells)
    return folder


def _write_lesson(path: Path, title: str, code: list[str]) -> None:
    nbformat = pytest.importorskip("nbformat")
    path.parent.mkdir(exist_ok=True)
    new = nbformat.v4
    cells = [new.new_markdown_cell(title), *map(new.new_code_cell, code)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(new.new_notebook(cells=cells, metadata=kernel), path)


def _build(folder: Path) -> Path:
    words = [sys.executable, str(folder / "docs/make_site.py"), str(folder / "site")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "site/html"


@pytest.mark.slow
def test_site_loads_nothing_and_links_to_nothing_that_is_missing(tmp_path: Path) -> None:
    for name in ("myst_nb", "furo"):
        pytest.importorskip(name)
    html = _build(_small_site(tmp_path))
    pages = {path: path.read_text(encoding="utf-8") for path in html.rglob("*.html")}
    assert len(pages) > 5
    loaded = re.compile(r'<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)="(?:https?:)?//([^"]*)"')
    for path, text in pages.items():
        assert not re.search(r"https?://cdn|unpkg|jsdelivr|cdnjs", text), path
        assert loaded.findall(text) == [], path
        for link in re.findall(r'<a\b[^>]*\bhref="(?!https?:|#)([^"#?]+)', text):
            assert (path.parent / link).exists(), f"{path.name}: {link}"
    index = pages[html / "index.html"]
    assert re.search(r"Look at <a [^>]*><span[^>]*>A page</span></a>", index)
    assert re.search(r"Copyright &#169; the rcuscope authors", index)
    lesson = pages[html / "lessons/01_widgets.html"]
    assert "choose who goes next:\n  ATC time-out ISR: starts" in re.sub("<[^>]*>", "", lesson)
    assert 'src="../_images/' in lesson
    assert list((html / "_images").glob("*.svg"))


@pytest.mark.slow
def test_site_keeps_nothing_of_a_former_build(tmp_path: Path) -> None:
    for name in ("myst_nb", "furo"):
        pytest.importorskip(name)
    folder = _small_site(tmp_path)
    (folder / "docs/page_of_old.md").write_text("# Of old\n")
    html = _build(folder)
    assert (html / "page_of_old.html").exists()
    (folder / "docs/page_of_old.md").unlink()
    (folder / "notebooks/01_widgets.ipynb").unlink()
    _write_lesson(folder / "notebooks/02_later.ipynb", "# Lesson 02", ['print("later")'])
    (folder / "docs/page.md").write_text("# A page\n\nChanged.\n")
    html = _build(folder)
    assert not (html / "page_of_old.html").exists()
    assert [path.name for path in (html / "lessons").iterdir()] == ["02_later.html"]
    for name in ("index.html", "lessons/02_later.html"):
        text = (html / name).read_text(encoding="utf-8")
        assert "Lesson 02" in text
        assert "Lesson 01" not in text
        assert "Of old" not in text
    assert "Changed." in (html / "page.html").read_text(encoding="utf-8")
