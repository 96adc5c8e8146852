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


def lay_out(pages: Path) -> None:
    """One folder of pages: docs/, the README and the lessons."""
    shutil.copytree(ROOT / "docs", pages)
    shutil.copytree(ROOT / "notebooks", pages / "lessons")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    readme = AT_THE_ROOT.sub(r"\1 (`\2`)", readme.replace("](docs/", "]("))
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
    pages = output / "pages"
    shutil.rmtree(pages, ignore_errors=True)
    lay_out(pages)
    options = ["-D", "nb_execution_mode=off"] if arguments.no_execution else []
    words = ["-W", "--keep-going", "-q", "-b", "html", "-d", str(output / "doctrees"), *options]
    return int(sphinx_build([*words, str(pages), str(output / "html")]))


if __name__ == "__main__":
    sys.exit(main())
