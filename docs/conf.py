"""Sphinx's configuration; make_site.py lays the pages out and calls Sphinx."""

import rcuscope

project = "rcuscope"
author = "the rcuscope authors"
version = release = rcuscope.__version__
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
html_theme = "furo"
html_title = f"rcuscope {release}"
html_static_path: list[str] = []
myst_heading_anchors = 3
nb_execution_timeout = 300
nb_execution_raise_on_error = True
nb_merge_streams = True
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True}
napoleon_use_ivar = True
# The names of the public module, not of the files that they come from.
add_module_names = False
