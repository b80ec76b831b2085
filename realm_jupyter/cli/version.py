"""``realm version``: this package and what it stands on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from realm_jupyter.human import versions

if TYPE_CHECKING:
    import argparse

    from realm_jupyter.options import OptionParser


def add_options(parser: OptionParser) -> None:
    """Add the arguments."""
    parser.add_argument("--json", action="store_true", help="write JSON")


def run(args: argparse.Namespace) -> int:
    """Show versions; return the exit code."""
    found = versions()
    if args.json:
        print(json.dumps(dict(found)))
        return 0
    for name, version in found:
        print(f"{name:<14} {version}")
    return 0
