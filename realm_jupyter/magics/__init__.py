"""The notebook's interface: ``%realm`` and ``%%realm``.

Importing this package loads IPython, but neither torch nor wasmtime.
"""

from __future__ import annotations

from realm_jupyter.magics.magics import (
    RealmMagics,
    load_ipython_extension,
    unload_ipython_extension,
)

__all__ = ["RealmMagics", "load_ipython_extension", "unload_ipython_extension"]
