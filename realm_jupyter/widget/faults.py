"""Errors as the front end gets them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from realm_jupyter.errors import RealmError
from realm_jupyter.human import one_line

if TYPE_CHECKING:
    from realm_jupyter.widget.messages import ErrorInfo

__all__ = ["error_info"]

_LOG = logging.getLogger(__name__)


def error_info(error: BaseException) -> ErrorInfo:
    """Return code and message of an error; one that is not ours is logged with its place."""
    if isinstance(error, RealmError):
        return {"code": error.code, "message": one_line(error)}
    _LOG.error("unexpected error in a widget", exc_info=error)
    return {"code": "unexpected", "message": f"{type(error).__name__}: {one_line(error)}"}
