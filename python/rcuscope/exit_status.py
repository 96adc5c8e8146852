# SPDX-License-Identifier: LGPL-2.1-or-later
"""Exit statuses of the command line."""

from __future__ import annotations

from typing import Final

EXIT_MET: Final = 0
EXIT_MISSED: Final = 1
EXIT_USAGE: Final = 2
EXIT_INTERNAL: Final = 3
EXIT_UNKNOWN: Final = 4
EXIT_INTERRUPTED: Final = 130
