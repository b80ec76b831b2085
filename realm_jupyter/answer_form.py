"""The form that an answer must have: checked copies of ``json_schema`` and ``grammar``.

Only what can be told without a model is told here; whether a grammar can be followed is
found out by whoever runs it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from realm_jupyter.errors import GrammarError

__all__ = ["MAX_FORM_BYTES", "checked_form", "checked_grammar", "checked_schema"]

MAX_FORM_BYTES = 128 << 10
"""Most bytes of a schema (as compact JSON) or of a grammar."""


def checked_schema(value: object) -> dict[str, Any]:
    """Return a JSON schema as plain values of its own.

    Parameters
    ----------
    value : mapping, str, or object with ``model_json_schema()``
        The schema, the schema as JSON text, or a class such as a pydantic model.

    Raises
    ------
    GrammarError
        If it is no JSON object, or has more than `MAX_FORM_BYTES`.

    Examples
    --------
    >>> checked_schema('{"type": "integer"}')
    {'type': 'integer'}
    """
    source = value.model_json_schema() if hasattr(value, "model_json_schema") else value
    try:
        text = source if isinstance(source, str) else json.dumps(source, allow_nan=False)
        schema = json.loads(text, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise GrammarError("json_schema is nested too deeply", field="json_schema") from error
    except (TypeError, ValueError) as error:
        raise GrammarError(f"json_schema is not JSON: {error}", field="json_schema") from error
    if not isinstance(schema, dict) or not isinstance(source, (str, Mapping)):
        raise GrammarError(
            "json_schema must be a schema (a mapping), its JSON text, or a class with "
            f"model_json_schema(), not {type(value).__name__}",
            field="json_schema",
        )
    _check_size("json_schema", json.dumps(schema, separators=(",", ":")))
    return schema


def checked_grammar(value: object) -> str:
    """Return the text of a grammar.

    Raises
    ------
    GrammarError
        If it is no text, empty, or has more than `MAX_FORM_BYTES`.
    """
    if not isinstance(value, str):
        raise GrammarError(f"grammar must be text, not {type(value).__name__}", field="grammar")
    if not value.strip():
        raise GrammarError("grammar is empty: give Lark rules or /a regex/", field="grammar")
    _check_size("grammar", value)
    return value


def checked_form(json_schema: object, json_object: object, grammar: object) -> None:
    """Check that at most one form is asked for.

    Raises
    ------
    GrammarError
        If there are two, or ``json_object`` is not a bool.
    """
    if not isinstance(json_object, bool):
        raise GrammarError(
            f"json_object must be True or False, not {json_object!r}", field="json_object"
        )
    given = {"json_schema": json_schema is not None, "json_object": json_object}
    given["grammar"] = grammar is not None
    names = [name for name, is_given in given.items() if is_given]
    if len(names) > 1:
        raise GrammarError(
            f"{' and '.join(names)} ask for two forms of one answer: give one of them",
            field=names[1],
        )


def _check_size(field: str, text: str) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise GrammarError(f"{field} holds a lone surrogate", field=field) from error
    if size > MAX_FORM_BYTES:
        raise GrammarError(
            f"{field} has {size} bytes; at most {MAX_FORM_BYTES} are allowed", field=field
        )


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a value of JSON")
