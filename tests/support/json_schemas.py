"""JSON schemas of many kinds, each of which bounds its answers."""

from __future__ import annotations

from typing import Any


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


SHORT = {"type": "string", "maxLength": 5}
DIGIT = {"type": "integer", "minimum": 0, "maximum": 9}
_POINT = _object(x=DIGIT, y=DIGIT)

SCHEMAS: dict[str, dict[str, Any]] = {
    "boolean": {"type": "boolean"},
    "null": {"type": "null"},
    "digit": DIGIT,
    "negative": {"type": "integer", "minimum": -999, "maximum": -10},
    "exclusive": {"type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 6},
    "multiple": {"type": "integer", "minimum": 0, "maximum": 9999, "multipleOf": 7},
    "hundredths": {"type": "number", "minimum": 0, "maximum": 1, "multipleOf": 0.01},
    "short string": SHORT,
    "exact string": {"type": "string", "minLength": 3, "maxLength": 3},
    "pattern": {"type": "string", "pattern": "^[a-f]{2}-[0-9]{4}$"},
    "alternation": {"type": "string", "pattern": "^(cat|dog|bird)$"},
    "date": {"type": "string", "format": "date"},
    "time": {"type": "string", "format": "time", "maxLength": 20},
    "uuid": {"type": "string", "format": "uuid"},
    "ipv4": {"type": "string", "format": "ipv4"},
    "enum of strings": {"enum": ["red", "green", "blue"]},
    "enum of anything": {"enum": [1, "one", None, True, {"a": []}]},
    "const": {"const": {"fixed": ["value", 1.5]}},
    "unicode": {"enum": ["één", "日本", "🎉"]},
    "quotes": {"enum": ['say "hi"', "back\\slash", "new\nline"]},
    "array": {"type": "array", "items": DIGIT, "minItems": 1, "maxItems": 4},
    "empty array": {"type": "array", "maxItems": 0},
    "tuple": {
        "type": "array",
        "prefixItems": [SHORT, {"type": "boolean"}],
        "items": False,
        "minItems": 2,
    },
    "matrix": {
        "type": "array",
        "items": {"type": "array", "items": DIGIT, "minItems": 2, "maxItems": 2},
        "minItems": 2,
        "maxItems": 2,
    },
    "object": _object(name=SHORT, age={"type": "integer", "minimum": 0, "maximum": 130}),
    "nested": _object(start=_POINT, end=_object(at=_POINT)),
    "optional": {
        "type": "object",
        "properties": {"a": DIGIT, "b": SHORT, "c": {"type": "null"}},
        "required": ["b"],
        "additionalProperties": False,
    },
    "empty object": {"type": "object", "additionalProperties": False},
    "array of objects": {"type": "array", "items": _POINT, "minItems": 1, "maxItems": 3},
    "any of": {"anyOf": [DIGIT, {"enum": ["none", "many"]}]},
    "one of": {"oneOf": [_object(kind={"const": "a"}, n=DIGIT), _object(kind={"const": "b"})]},
    "all of": {"allOf": [{"type": "integer", "minimum": 3}, {"maximum": 8}]},
    "type list": {"type": ["null", "boolean"]},
    "references": {
        "$ref": "#/$defs/pair",
        "$defs": {"pair": _object(left={"$ref": "#/$defs/digit"}, right={"$ref": "#/$defs/digit"})}
        | {"digit": DIGIT},
    },
    "recursive": {
        "$ref": "#/$defs/node",
        "$defs": {
            "node": {
                "type": "object",
                "properties": {
                    "v": {"enum": [0, 1]},
                    "next": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/leaf"}]},
                },
                "required": ["v", "next"],
                "additionalProperties": False,
            },
            "leaf": _object(v={"enum": [2, 3]}),
        },
    },
    "spaced keys": _object(**{"first name": {"type": "boolean"}, 'a "b"': {"type": "null"}}),
}
"""By name; drawn from at random, every one ends within some 150 tokens."""
