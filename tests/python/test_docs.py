"""The documentation site: every page is reachable, every link and every directive resolves."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import rcuscope as rs

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
        assert rs.explore(namespace["replace"], memory="sc").outcome == outcome
