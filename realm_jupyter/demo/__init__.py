"""The models that ship with the package, and the recipes that trained them.

This module knows where the two files lie and imports nothing heavy. The recipes stand apart from
the rest of the package: they need the ``train`` extra, and nothing at run time needs them.
"""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = Path(__file__).resolve().parent

SHIPPED_MODELS: Mapping[str, Path] = MappingProxyType(
    {"paris": FOLDER / "paris.gguf", "tales": FOLDER / "tales.gguf"}
)
"""Name of each shipped model and where its file lies once it is built."""
