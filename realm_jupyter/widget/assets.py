"""The built front end: files beside this package."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

from realm_jupyter.errors import ConfigError
from realm_jupyter.widget.messages import ASSETS

if TYPE_CHECKING:
    from realm_jupyter.widget.messages import TextResult

__all__ = ["asset", "static_text"]

_STATIC = Path(__file__).resolve().parent / "static"


@functools.cache
def static_text(name: str) -> str:
    """Return the text of a built file.

    Raises
    ------
    ConfigError
        If it was not built, which a wheel always is.
    """
    try:
        return (_STATIC / name).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError(
            f"the front end of the widgets is not built ({name} is missing): run "
            "python hatch_build.py widget in the source tree",
            field="static",
            value=name,
        ) from error


def asset(name: str) -> TextResult:
    """Return a part of the front end that is loaded only when it is needed.

    Raises
    ------
    ConfigError
        If there is no such part.
    """
    if name not in ASSETS:
        raise ConfigError(
            f"there is no asset {name!r:.100}", field="name", value=name, allowed=", ".join(ASSETS)
        )
    return {"text": static_text(name), "filename": name, "mime": "text/javascript"}
