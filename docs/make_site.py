"""Builds the documentation site out of README, docs/ and the lessons: make_site.py OUTPUT.

The lessons are executed, so the site shows what they show; --no-execution leaves that out.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from pathlib import Path

from sphinx.cmd.build import main as sphinx_build

ROOT = Path(__file__).resolve().parent.parent
# What the README links to and no page of the site is.
AT_THE_ROOT = re.compile(r"\[([^\]]+)\]\((CONTRIBUTING\.md|LICENSE|LICENSES)\)")
# On the site a page is called by its title, not by its file: MyST fills an empty text in.
BY_ITS_FILE = re.compile(r"\[docs/[\w.]+\]\(docs/([\w.]+)\)")


def lay_out(pages: Path) -> None:
    """One folder of pages: docs/, the README and the lessons."""
    shutil.copytree(ROOT / "docs", pages)
    shutil.copytree(ROOT / "notebooks", pages / "lessons")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    readme = BY_ITS_FILE.sub(r"[](\1)", readme).replace("](docs/", "](")
    readme = AT_THE_ROOT.sub(r"\1 (`\2`)", readme)
    (pages / "readme.md").write_text(readme, encoding="utf-8")


def main() -> int:
    """Return: Sphinx's exit status; a warning is an error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "output", type=Path, help="a directory; what a former build left is replaced"
    )
    parser.add_argument(
        "--no-execution", action="store_true", help="show the lessons without output"
    )
    arguments = parser.parse_args()
    output = arguments.output.resolve()
    # All of it goes: Sphinx would keep the HTML of pages that are no more, and myst-nb what a
    # lesson showed under an older package.
    for former in ("pages", "doctrees", "html"):
        shutil.rmtree(output / former, ignore_errors=True)
    pages = output / "pages"
    lay_out(pages)
    options = ["-D", "nb_execution_mode=off"] if arguments.no_execution else []
    words = ["-W", "--keep-going", "-q", "-b", "html", "-d", str(output / "doctrees"), *options]
    return int(sphinx_build([*words, str(pages), str(output / "html")]))


if __name__ == "__main__":
    sys.exit(main())
