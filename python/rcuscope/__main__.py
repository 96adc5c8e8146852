# SPDX-License-Identifier: LGPL-2.1-or-later
"""`python -m rcuscope` is the command `rcuscope`."""

import sys

from rcuscope.cli import main

if __name__ == "__main__":
    sys.exit(main())
