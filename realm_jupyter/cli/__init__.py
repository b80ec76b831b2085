"""The ``realm`` command: one module for each subcommand, imported when it is called."""

from __future__ import annotations

from realm_jupyter.cli.main import main

__all__ = ["main"]
