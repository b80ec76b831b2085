"""``{{name}}`` in prompts: only variables that exist, and never an evaluation.

Everything else stays byte for byte as it was written: JSON, code, templates, lone
braces, ``$HOME``.
"""

from __future__ import annotations

import keyword
import re
from typing import TYPE_CHECKING, Any

from realm_jupyter.errors import MagicError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["interpolate"]

_NAME = re.compile(r"\{\{([^\W\d]\w*(?:\.[^\W\d]\w*)*)\}\}")
_MISSING = object()


def interpolate(text: str, variables: Mapping[str, Any]) -> str:
    """Replace each ``{{name}}`` whose variable exists by ``str()`` of its value.

    Parameters
    ----------
    text : str
    variables : mapping of str to object
        What exists. A name may go on with attributes (``{{frame.shape}}``), but not
        with calls or subscripts.

    Returns
    -------
    str
        The text; values are put in once and not looked through again.

    Raises
    ------
    MagicError
        If ``str()`` of a value fails.

    Examples
    --------
    >>> interpolate('{{x}} and {{y}} and {"a": 1}', {"x": 3})
    '3 and {{y}} and {"a": 1}'
    """

    def replacement(match: re.Match[str]) -> str:
        value = _value(match[1], variables)
        if value is _MISSING:
            return match[0]
        try:
            return str(value)
        except Exception as error:
            raise MagicError(
                f"{match[0]} cannot be put into the prompt: str() of it failed with "
                f"{type(error).__name__}; --no-interpolate leaves it as it stands"
            ) from error

    return _NAME.sub(replacement, text)


def _value(path: str, variables: Mapping[str, Any]) -> Any:
    first, *attributes = path.split(".")
    if keyword.iskeyword(first) or first not in variables:
        return _MISSING
    value = variables[first]
    for name in attributes:
        try:
            value = getattr(value, name)
        except Exception:  # noqa: BLE001 - a property that fails is an attribute that is not there
            return _MISSING
    return value
