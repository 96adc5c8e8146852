# SPDX-License-Identifier: LGPL-2.1-or-later
"""The viewer inside the Python process; bindings/gui/module.cpp has its docstrings."""

from typing import Any

def run(scenarios: object, options: dict[str, Any]) -> str: ...
