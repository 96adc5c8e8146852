# SPDX-License-Identifier: LGPL-2.1-or-later
"""Cells of the notebook that this process runs: their names, in place of paths without a file."""

from __future__ import annotations

import sys
from typing import Any


def cell_names() -> dict[str, str]:
    """Path under which IPython compiled a cell -> "cell 4", as the notebook numbers it.

    Example:
        >>> from rcuscope.cells import cell_names
        >>> cell_names()  # outside of a notebook
        {}
    """
    ipython: Any = sys.modules.get("IPython")  # not imported: then this is no notebook
    shell = ipython.get_ipython() if hasattr(ipython, "get_ipython") else None
    numbers = getattr(getattr(shell, "compile", None), "_filename_map", None)
    if not isinstance(numbers, dict):
        return {}
    return {path: f"cell {number}" for path, number in numbers.items()}


def cell_options() -> dict[str, Any]:
    """The names for the core: nothing where there are none."""
    names = cell_names()
    return {"cells": names} if names else {}
