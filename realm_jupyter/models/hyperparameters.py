"""A file's hyperparameters, read with their types and ranges checked.

Files are untrusted: a missing key, zero heads, 2³¹ layers or an epsilon that is not a
number end in `ModelFormatError` with the key's name and its place in the file.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from realm_jupyter.gguf import GGUFArray

if TYPE_CHECKING:
    from realm_jupyter.errors import ModelFormatError
    from realm_jupyter.gguf import GGUFFile

__all__ = ["Heads", "HyperparameterReader"]

MAX_LAYERS = 1024
MAX_CONTEXT_LENGTH = 1 << 30
MAX_WIDTH = 1 << 24


@dataclass(frozen=True, slots=True)
class Heads:
    """The heads of an attention layer: H, K, D, F, and the columns that rope turns."""

    num_heads: int
    num_kv_heads: int
    key_dim: int
    value_dim: int
    rotary_dims: int


class HyperparameterReader:
    """Reads the keys of one architecture.

    Parameters
    ----------
    file : GGUFFile
    architecture : str
        Put before every key, as in ``llama.context_length``.
    """

    def __init__(self, file: GGUFFile, architecture: str) -> None:
        self.file = file
        self.architecture = architecture

    def has(self, key: str) -> bool:
        """Return whether the file has this key."""
        return self._name(key) in self.file.metadata

    def count(
        self, key: str, default: int | None = None, *, low: int = 1, high: int = MAX_WIDTH
    ) -> int:
        """Return a whole number from ``low`` to ``high``.

        Where the file has a list with a number for each layer, all must be the same.

        Raises
        ------
        ModelFormatError
            If it is missing without a default, no whole number or out of range.
        """
        value = self._value(key, default)
        if isinstance(value, GGUFArray):
            value = self._common(key, value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._error(key, f"{value!r:.60} is not a whole number")
        if not low <= value <= high:
            raise self._error(key, f"{value} is not from {low} to {high}")
        return value

    def number(
        self,
        key: str,
        default: float | None = None,
        *,
        low: float = 0.0,
        high: float = math.inf,
        above: bool = False,
    ) -> float:
        """Return a finite number from ``low`` to ``high``, or above ``low``.

        Raises
        ------
        ModelFormatError
            If it is missing without a default, no number or out of range.
        """
        value = self._value(key, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self._error(key, f"{value!r:.60} is not a number")
        is_low = value <= low if above else value < low
        if not math.isfinite(value) or is_low or value > high:
            least = f"above {low:g}" if above else f"at least {low:g}"
            most = "" if math.isinf(high) else f" and at most {high:g}"
            raise self._error(key, f"{value} is not {least}{most}")
        return float(value)

    def choice(self, key: str, default: str, allowed: tuple[str, ...]) -> str:
        """Return one of the names that are allowed.

        Raises
        ------
        ModelFormatError
            If it is another one or no text.
        """
        value = self._value(key, default)
        if not isinstance(value, str) or value not in allowed:
            raise self._error(key, f"{value!r:.60} is not one of {', '.join(allowed)}")
        return value

    def heads(self) -> Heads:
        """Return the attention heads; their width defaults to an equal share of the row.

        Raises
        ------
        ModelFormatError
            If a number is missing or wrong, or heads cannot share key/value heads evenly.
        """
        num_heads = self.count("attention.head_count")
        num_kv_heads = self.count("attention.head_count_kv", num_heads)
        if num_heads % num_kv_heads:
            raise self._error(
                "attention.head_count_kv", f"{num_heads} heads cannot share {num_kv_heads} evenly"
            )
        if self.has("attention.key_length"):
            key_dim = self.count("attention.key_length")
        else:
            width = self.count("embedding_length")
            if width % num_heads:
                raise self._error(
                    "attention.head_count", f"a width of {width} has no {num_heads} equal parts"
                )
            key_dim = width // num_heads
        value_dim = self.count("attention.value_length", key_dim)
        rotary_dims = self.count("rope.dimension_count", key_dim, high=key_dim)
        if rotary_dims % 2:
            raise self._error("rope.dimension_count", f"{rotary_dims} is not even")
        return Heads(num_heads, num_kv_heads, key_dim, value_dim, rotary_dims)

    def _name(self, key: str) -> str:
        return f"{self.architecture}.{key}"

    def _error(self, key: str, problem: str) -> ModelFormatError:
        name = self._name(key)
        return self.file.error(f"{name}: {problem}", key=name)

    def _value(self, key: str, default: object) -> object:
        if self.has(key):
            return self.file.metadata[self._name(key)]
        if default is None:
            raise self._error(key, "is missing")
        return default

    def _common(self, key: str, values: GGUFArray) -> object:
        if not 0 < len(values) <= MAX_LAYERS:
            raise self._error(key, f"a list of {len(values)} is not one number for each layer")
        found = set(values)
        if len(found) > 1:
            raise self._error(key, "layers that differ from each other are not supported")
        return found.pop()
