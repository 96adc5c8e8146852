"""Sphinx's configuration; make_site.py lays the pages out and calls Sphinx."""

from pathlib import Path
from typing import Any

import rcuscope
from sphinx.application import Sphinx
from sphinx.pycode import ModuleAnalyzer

project = "rcuscope"
author = "the rcuscope authors"
project_copyright = author
version = release = rcuscope.__version__
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
html_theme = "furo"
html_title = f"rcuscope {release}"
html_static_path = ["static"]
html_css_files = ["site.css"]
myst_heading_anchors = 3
nb_execution_timeout = 300
nb_execution_raise_on_error = True
nb_merge_streams = True
# A page loads nothing from a network. Widgets need a kernel anyway: the site shows what stands in
# for them, a picture or text.
nb_ipywidgets_js: dict[str, dict[str, str]] = {}
nb_mime_priority_overrides = [("html", "application/vnd.jupyter.widget-view+json", None)]
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True}
napoleon_use_ivar = True
# The names of the public module, not of the files that they come from.
add_module_names = False


def source_of(app: Sphinx, module: str) -> tuple[str, dict[str, Any]] | None:
    """For viewcode: of the extension module, which has no source in Python, its declarations."""
    del app
    if module != "rcuscope._core":
        return None
    code = Path(rcuscope.__file__).with_name("_core.pyi").read_text(encoding="utf-8")
    return code, ModuleAnalyzer.for_string(code, module).find_tags()


def setup(app: Sphinx) -> None:
    """Sphinx calls it."""
    app.connect("viewcode-find-source", source_of)
