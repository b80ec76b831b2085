"""``python -m realm_jupyter`` is the ``realm`` command."""

from __future__ import annotations

import sys

from realm_jupyter.cli import main

if __name__ == "__main__":
    sys.exit(main())
