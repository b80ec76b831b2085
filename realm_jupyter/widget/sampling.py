"""The sampling settings of a chat: what can be set, in which range, and what it means.

Defaults and ranges are those of `GenerationConfig`; a view needs to know of no field.
"""

from __future__ import annotations

import math
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from realm_jupyter.errors import SamplingParamsError
from realm_jupyter.types import GenerationConfig, allowed_range, allowed_values

if TYPE_CHECKING:
    from realm_jupyter.widget.messages import Field

__all__ = ["FIELDS", "NUM_ALTERNATIVES", "SETTABLE", "Sampling"]

NUM_ALTERNATIVES = 5
"""Alternatives that are recorded for each token where tokens are recorded."""


class _Look(NamedTuple):
    """How a setting is shown; a slider spans ``low`` to ``high`` in steps."""

    label: str
    help: str
    low: float | None = None
    high: float | None = None
    step: float | None = None
    is_basic: bool = False


_LOOKS: dict[str, _Look] = {
    "temperature": _Look(
        "Temperature", "How freely tokens are drawn; 0 always takes the most likely one.",
        0, 2, 0.05, is_basic=True,
    ),
    "max_tokens": _Look(
        "Max tokens", "Most tokens of an answer; never more than the context has room for.",
        1, 4096, 1, is_basic=True,
    ),
    "top_k": _Look(
        "Top k", "Keep the k most likely tokens; 0 keeps all.", 0, 200, 1, is_basic=True
    ),
    "top_p": _Look(
        "Top p", "Keep the fewest tokens whose probabilities sum to this; 1 keeps all.",
        0, 1, 0.01, is_basic=True,
    ),
    "min_p": _Look(
        "Min p", "Drop tokens less likely than this share of the most likely one.",
        0, 1, 0.01, is_basic=True,
    ),
    "seed": _Look(
        "Seed", "Same seed, same answer. Drawn anew for each answer while empty.", is_basic=True
    ),
    "stop": _Look("Stop", "The answer ends before any of these texts.", is_basic=True),
    "repetition_penalty": _Look(
        "Repetition penalty", "Weakens recent tokens by this factor; 1 is off.", 0.5, 2, 0.01
    ),
    "frequency_penalty": _Look(
        "Frequency penalty", "Subtracted for each recent occurrence of a token.", -2, 2, 0.05
    ),
    "presence_penalty": _Look(
        "Presence penalty", "Subtracted once from tokens that occurred recently.", -2, 2, 0.05
    ),
    "repeat_last_n": _Look(
        "Penalty window", "Tokens the three penalties look back on; -1 is all, 0 none."
    ),
    "typical_p": _Look("Typical p", "Locally typical sampling; 1 is off.", 0, 1, 0.01),
    "min_tokens": _Look("Min tokens", "The answer may end only after this many tokens."),
    "dry_multiplier": _Look(
        "DRY multiplier", "Strength of the penalty on repeated sequences; 0 is off.", 0, 5, 0.05
    ),
    "dry_base": _Look(
        "DRY base", "How fast the DRY penalty grows with the repetition.", 1, 4, 0.05
    ),
    "dry_allowed_length": _Look(
        "DRY allowed length", "Repetitions up to this many tokens go unpunished."
    ),
    "dry_penalty_last_n": _Look(
        "DRY window", "Tokens that DRY looks back on; -1 is all, 0 none."
    ),
    "dry_sequence_breakers": _Look("DRY breakers", "Texts at which DRY starts afresh."),
    "xtc_probability": _Look(
        "XTC probability", "How often the most likely tokens are excluded; 0 is off.", 0, 1, 0.01
    ),
    "xtc_threshold": _Look(
        "XTC threshold", "Tokens above this probability are excluded, all but the last of them.",
        0, 0.5, 0.01,
    ),
    "mirostat": _Look("Mirostat", "2 aims at a constant surprise instead of top k to XTC."),
    "mirostat_tau": _Look("Mirostat tau", "The surprise that Mirostat aims at.", 0, 10, 0.1),
    "mirostat_eta": _Look("Mirostat eta", "How fast Mirostat adapts.", 0, 1, 0.01),
    "ignore_eos": _Look("Ignore the end", "Go on after the model would have ended."),
}  # fmt: skip

SETTABLE = tuple(_LOOKS)
"""Fields of `GenerationConfig` that a chat can set, in the order in which they are shown."""

_CHOICES: dict[str, list[Any]] = {"mirostat": [0, 2]}
_STRINGS = ("stop", "dry_sequence_breakers")


def _kind(name: str) -> Literal["integer", "number", "boolean", "strings", "choice", "seed"]:
    if name == "seed":
        return "seed"
    if name in _CHOICES:
        return "choice"
    if name in _STRINGS:
        return "strings"
    allowed = allowed_range(name)
    if allowed is None:
        return "boolean"
    return "integer" if allowed.integer else "number"


def _plain(name: str, value: Any) -> Any:
    """Return a value as JSON holds it."""
    if isinstance(value, tuple):
        return list(value)
    return str(value) if name == "seed" and value is not None else value


def _default(name: str) -> Any:
    default = next(item.default for item in fields(GenerationConfig) if item.name == name)
    return _plain(name, () if default is MISSING else default)


def _bound(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _field(name: str) -> Field:
    look, allowed, kind = _LOOKS[name], allowed_range(name), _kind(name)
    has_range = allowed is not None and kind in {"integer", "number"}
    return {
        "name": name,
        "label": look.label,
        "help": look.help,
        "group": "basic" if look.is_basic else "advanced",
        "kind": kind,
        "default": _default(name),
        "low": _bound(allowed.low) if allowed is not None and has_range else None,
        "high": _bound(allowed.high) if allowed is not None and has_range else None,
        "slider_low": look.low,
        "slider_high": look.high,
        "step": look.step if look.step is not None else (1 if kind == "integer" else None),
        "choices": _CHOICES.get(name, []),
    }


FIELDS: tuple[Field, ...] = tuple(_field(name) for name in _LOOKS)
"""The settings as the message table describes them."""


class Sampling:
    """The values of the settings.

    Parameters
    ----------
    config : GenerationConfig, optional
        Where they start; what a chat cannot set (``logit_bias``) stays as it is there.
    """

    def __init__(self, config: GenerationConfig | None = None) -> None:
        self.start = config or GenerationConfig()
        self.config = self.start

    def reset(self) -> None:
        """Go back to the defaults."""
        self.config = self.start.with_changes(
            **{name: getattr(GenerationConfig(), name) for name in SETTABLE}
        )

    def change(self, values: dict[str, Any]) -> None:
        """Change some values, all or none.

        Parameters
        ----------
        values : dict
            Field names and JSON values; a seed is a string of digits or null.

        Raises
        ------
        SamplingParamsError
            If a name is unknown or a value out of range.
        """
        changes = {}
        for name, value in values.items():
            if name not in _LOOKS:
                raise SamplingParamsError(name, value, f"one of {', '.join(SETTABLE)}")
            changes[name] = self._from_json(name, value)
        self.config = self.config.with_changes(**changes)

    def values(self) -> dict[str, Any]:
        """Return all values as JSON holds them."""
        return {name: _plain(name, getattr(self.config, name)) for name in SETTABLE}

    def changed(self) -> dict[str, Any]:
        """Return the fields whose values are not the defaults, as Python has them."""
        default = GenerationConfig()
        names = [item.name for item in fields(GenerationConfig) if item.name != "logprobs"]
        return {
            name: getattr(self.config, name)
            for name in names
            if getattr(self.config, name) != getattr(default, name)
        }

    @staticmethod
    def _from_json(name: str, value: Any) -> Any:
        if name == "seed" and isinstance(value, str):
            if not value.strip():
                return None
            if not value.strip().isdecimal():
                raise SamplingParamsError(name, value, allowed_values(name))
            return int(value)
        # JavaScript writes 40 for 40.0; other clients may not.
        is_whole = _kind(name) == "integer" and isinstance(value, float) and value.is_integer()
        return int(value) if is_whole else value
