"""Flags for people, generated from the fields of `GenerationConfig`; speaks argparse only.

The magics and the command line share them, so that a flag is the same word with the
same range in both.
"""

from __future__ import annotations

import argparse
import difflib
import math
import re
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, get_args, get_origin, get_type_hints

from realm_jupyter.answer_form import MAX_FORM_BYTES
from realm_jupyter.batch import ClusterOptions
from realm_jupyter.errors import ConfigError
from realm_jupyter.types import GenerationConfig, allowed_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = [
    "HelpRequestedError",
    "OptionParser",
    "add_batch_options",
    "add_generation_options",
    "batch_options",
    "closest",
    "did_you_mean",
    "flag_name",
    "generation_fields",
    "parse_field",
    "seconds",
]

HELP_WIDTH = 88

_HELP: dict[str, str] = {
    "max_tokens": "generate at most this many tokens",
    "min_tokens": "let the text end only after this many tokens",
    "temperature": "how freely tokens are drawn; 0 always takes the most likely one",
    "top_k": "keep the k most likely tokens; 0 keeps all",
    "top_p": "keep the fewest tokens whose probabilities sum to this; 1 keeps all",
    "min_p": "drop tokens less likely than this share of the most likely one",
    "typical_p": "locally typical sampling; 1 is off",
    "repetition_penalty": "weaken recent tokens by this factor; 1 is off",
    "frequency_penalty": "subtract this for each recent occurrence of a token",
    "presence_penalty": "subtract this once from tokens that occurred recently",
    "repeat_last_n": "how many tokens the three penalties look back on; -1 is all, 0 none",
    "dry_multiplier": "strength of the DRY penalty on repeated sequences; 0 is off",
    "dry_base": "how fast the DRY penalty grows with the length of the repetition",
    "dry_allowed_length": "repetitions up to this length go unpunished by DRY",
    "dry_penalty_last_n": "how many tokens DRY looks back on; -1 is all, 0 none",
    "dry_sequence_breakers": r"text at which DRY starts afresh; repeatable, \n is a newline",
    "xtc_probability": "how often XTC excludes the most likely tokens; 0 is off",
    "xtc_threshold": "XTC excludes tokens above this probability but the last of them",
    "mirostat": "2 samples by Mirostat 2, 0 does not",
    "mirostat_tau": "surprise that Mirostat aims at",
    "mirostat_eta": "how fast Mirostat adapts",
    "logit_bias": "add BIAS to the logit of token ID; -inf forbids it; repeatable",
    "seed": "seed of the draws; drawn and reported when absent",
    "stop": r"end before this text would appear; repeatable, \n is a newline",
    "ignore_eos": "go on after the model would have ended",
    "logprobs": "report log probabilities, with this many alternatives each",
    "json_schema": "answer in JSON that satisfies this schema: a file, JSON or, in a notebook, "
    "a variable",
    "json_object": "answer with a JSON object",
    "grammar": "answer in the form of this grammar: a file or text with Lark rules, /a regex/ "
    "or, in a notebook, a variable",
}
_SPECIAL_METAVARS = {
    "logit_bias": "ID=BIAS",
    "stop": "TEXT",
    "dry_sequence_breakers": "TEXT",
    "json_schema": "FILE|VARIABLE",
    "grammar": "FILE|VARIABLE",
}
_FORMS = ("json_schema", "grammar")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\"}


class HelpRequestedError(Exception):
    """``--help`` was among the arguments; ``text`` is what to show, and nothing else happens."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class _HelpAction(argparse.Action):
    """Ends parsing with the help text instead of printing it and leaving Python."""

    def __init__(self, option_strings: Sequence[str], dest: str, **kwargs: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, default=argparse.SUPPRESS, **kwargs)

    def __call__(self, parser: argparse.ArgumentParser, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise HelpRequestedError(parser.format_help())


class OptionParser(argparse.ArgumentParser):
    """An argument parser that raises instead of printing and leaving.

    Parameters
    ----------
    prog : str
        How the command is called, for the help text.
    description : str
        What it does.
    epilog : str, default ""
        What follows the list of flags.

    Notes
    -----
    Abbreviated flags are not accepted: a typo is answered with the closest flag.
    """

    def __init__(self, prog: str, description: str, epilog: str = "") -> None:
        super().__init__(
            prog=prog,
            description=description,
            epilog=epilog,
            add_help=False,
            allow_abbrev=False,
            formatter_class=_formatter,
        )
        self.color = False  # Python 3.14 colours help by itself
        self.add_argument("-h", "--help", action=_HelpAction, help="show this and do nothing else")

    @property
    def flags(self) -> tuple[str, ...]:
        """Every flag, short and long."""
        return tuple(self._option_string_actions)

    def takes_value(self, flag: str) -> bool:
        """Return whether ``flag`` is followed by a value."""
        action = self._option_string_actions.get(flag)
        return action is not None and action.nargs != 0

    def choices_of(self, flag: str) -> tuple[str, ...]:
        """Return the values that ``flag`` is limited to; empty when it is not."""
        action = self._option_string_actions.get(flag)
        return () if action is None else tuple(str(item) for item in action.choices or ())

    def error(self, message: str) -> NoReturn:
        """Raise a `ConfigError` with what argparse found wrong."""
        message = message.removeprefix("argument ")
        raise ConfigError(message.replace("the following arguments are required:", "missing:"))

    def parse(self, arguments: Sequence[str], flags_elsewhere: Mapping[str, str] = {}) -> Any:
        """Return the namespace of ``arguments``.

        Parameters
        ----------
        arguments : sequence of str
        flags_elsewhere : mapping of str to str
            Flags of other commands and the name of the command, for a better message.

        Raises
        ------
        ConfigError
            For an unknown flag (naming the closest one), a missing or a wrong value.
        HelpRequestedError
            For ``-h`` and ``--help``.
        """
        # argparse would read -model as -m odel.
        for item in arguments:
            single = re.fullmatch(r"-([a-z][a-z-]+)(=.*)?", item, flags=re.DOTALL)
            if single and f"--{single[1]}" in self._option_string_actions:
                raise ConfigError(f"unknown flag -{single[1]}; did you mean --{single[1]}?")
        namespace, rest = self.parse_known_args(list(arguments))
        for item in rest:
            if item.startswith("-") and len(item) > 1:
                self._unknown_flag(item.partition("=")[0], flags_elsewhere)
        if rest:
            raise ConfigError(f"unexpected {rest[0]!r}; {self.prog} --help shows what it takes")
        return namespace

    def _unknown_flag(self, flag: str, flags_elsewhere: Mapping[str, str]) -> NoReturn:
        if flag in flags_elsewhere:
            raise ConfigError(
                f"{flag} is not a flag of {self.prog}; it belongs to {flags_elsewhere[flag]}"
            )
        hint = did_you_mean(flag, [item for item in self.flags if item.startswith("--")])
        raise ConfigError(f"unknown flag {flag}{hint or f'; {self.prog} --help lists them'}")


def _formatter(prog: str) -> argparse.HelpFormatter:
    # A fixed width: help is the same text in a terminal, a notebook and a test.
    return argparse.HelpFormatter(prog, max_help_position=30, width=HELP_WIDTH)


def closest(word: str, known: Iterable[str]) -> str:
    """Return the one of ``known`` that ``word`` was probably meant to be, or ``""``.

    Examples
    --------
    >>> closest("--temprature", ["--temperature", "--top-k"])
    '--temperature'
    """
    names = sorted(known)
    lowered = word.lower().replace("_", "-")
    for name in names:
        if name.lower() == lowered:
            return name
    begun = [name for name in names if lowered.strip("-") and name.lower().startswith(lowered)]
    near = difflib.get_close_matches(lowered, begun or names, n=1, cutoff=0.6)
    return near[0] if near else (begun[0] if begun else "")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean X?"``, or ``""`` when nothing is close.

    Examples
    --------
    >>> did_you_mean("lod", ["load", "unload"])
    '; did you mean load?'
    """
    near = closest(word, known)
    return f"; did you mean {near}?" if near else ""


def flag_name(field_name: str) -> str:
    """Return the flag of a field.

    Examples
    --------
    >>> flag_name("top_k")
    '--top-k'
    """
    return "--" + field_name.replace("_", "-")


def _unescape(text: str) -> str:
    r"""Turn ``\n``, ``\t``, ``\r`` and ``\\`` into what they stand for."""
    return re.sub(r"\\([ntr\\])", lambda match: _ESCAPES[match[1]], text)


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"needs a whole number, not {text!r}") from None


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"needs a number, not {text!r}") from None
    # Whole numbers stay whole, so that messages show what was written.
    is_whole = math.isfinite(value) and value == int(value)
    return int(value) if is_whole and re.fullmatch(r"[+-]?\d+", text) else value


def seconds(text: str) -> float:
    """Return a duration from text, for argparse.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is none.

    Examples
    --------
    >>> seconds("2.5")
    2.5
    """
    value = float(_number(text))
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"needs a number of seconds, not {text!r}")
    return value


def _truth(text: str) -> bool:
    words = {"true": True, "yes": True, "on": True, "1": True}
    words |= {"false": False, "no": False, "off": False, "0": False}
    if text.lower() not in words:
        raise argparse.ArgumentTypeError(f"needs true or false, not {text!r}")
    return words[text.lower()]


def _bias(text: str) -> tuple[int, float]:
    key, equals, value = text.partition("=")
    try:
        if equals:
            return int(key), float(value)
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"needs ID=BIAS, such as 42=-inf, not {text!r}")


_HINTS = get_type_hints(GenerationConfig)


def _plain_type(field_name: str) -> Any:
    """Return the type of a field without ``| None``."""
    hint = _HINTS[field_name]
    inner = [item for item in get_args(hint) if item is not type(None)]
    return inner[0] if len(inner) == 1 and get_origin(hint) is not tuple else hint


def _read_form(field_name: str, text: str, variables: Mapping[str, Any]) -> Any:
    """Return a schema or a grammar from a variable, the text itself or a file."""
    if text in variables:
        return variables[text]
    bare = text.strip()
    if field_name == "json_schema":
        is_form = bare.startswith("{")
    else:
        is_form = ":" in bare or (len(bare) > 1 and bare[0] == bare[-1] == "/")
    path = Path(text).expanduser()
    try:
        if path.is_file():
            with path.open("rb") as file:
                return file.read(MAX_FORM_BYTES + 1).decode()
    except (OSError, ValueError) as error:  # too long for a name, or not UTF-8
        if not is_form:
            raise ConfigError(f"{flag_name(field_name)} {text}: {error}") from error
    if is_form:
        return text
    where = "file or variable" if variables else "file"
    raise ConfigError(
        f"{flag_name(field_name)} {text}: there is no such {where}", field=field_name, value=text
    )


def _converter(field_name: str) -> Callable[[str], Any]:
    if field_name in _FORMS:
        return str
    kind = _plain_type(field_name)
    if kind is int:
        return _whole
    if kind is float:
        return _number
    if kind is bool:
        return _truth
    return _bias if get_origin(kind) is Mapping else _unescape


def parse_field(field_name: str, text: str, variables: Mapping[str, Any] = {}) -> Any:
    """Return the value of one field of `GenerationConfig` from text.

    Parameters
    ----------
    field_name, text : str
    variables : mapping of str to object
        What ``json_schema`` and ``grammar`` may name.

    Raises
    ------
    ConfigError
        If the text is not a value of the field's type. Ranges are checked by
        `GenerationConfig`.
    """
    if field_name in _FORMS:
        return _read_form(field_name, text, variables)
    is_repeatable = get_origin(_plain_type(field_name)) in {tuple, Mapping}
    try:
        value = _converter(field_name)(text)
    except argparse.ArgumentTypeError as error:
        raise ConfigError(
            f"{flag_name(field_name)} {error}", field=field_name, value=text
        ) from None
    if not is_repeatable:
        return value
    return dict([value]) if get_origin(_plain_type(field_name)) is Mapping else (value,)


def _help_of(field_name: str, default: Any) -> str:
    notes = [allowed_values(field_name)] if allowed_values(field_name) else []
    if default not in (None, ()):
        shown = " ".join(repr(item) for item in default) if isinstance(default, tuple) else default
        notes.append(f"default {shown}")
    tail = f" ({'; '.join(notes)})" if notes else ""
    return (_HELP[field_name] + tail).replace("%", "%%")


def add_generation_options(parser: argparse.ArgumentParser) -> None:
    """Add a flag for each field of `GenerationConfig` to ``parser``.

    Flags that are not given leave no trace in the namespace; `generation_fields` reads
    the ones that are.
    """
    group = parser.add_argument_group("sampling")
    for item in fields(GenerationConfig):
        kind = _plain_type(item.name)
        has_default = item.default is not MISSING and kind is not bool
        default = item.default if has_default else None
        common: dict[str, Any] = {
            "dest": f"generation_{item.name}",
            "default": argparse.SUPPRESS,
            "help": _help_of(item.name, default),
        }
        if kind is bool:
            group.add_argument(flag_name(item.name), action="store_true", **common)
            continue
        common["type"] = _converter(item.name)
        common["metavar"] = _SPECIAL_METAVARS.get(item.name, "N" if kind is int else "X")
        if get_origin(kind) in {tuple, Mapping}:
            common["action"] = "append"
        group.add_argument(flag_name(item.name), **common)


def generation_fields(
    namespace: argparse.Namespace, variables: Mapping[str, Any] = {}
) -> dict[str, Any]:
    """Return the fields of `GenerationConfig` that were given as flags.

    Parameters
    ----------
    namespace : Namespace
    variables : mapping of str to object
        What ``--json-schema`` and ``--grammar`` may name.

    Raises
    ------
    SamplingParamsError
        If a value is out of its range.
    GrammarError
        If a schema or a grammar is malformed.
    ConfigError
        If there is no such file.
    """
    given: dict[str, Any] = {}
    for item in fields(GenerationConfig):
        value = getattr(namespace, f"generation_{item.name}", None)
        if value is None:
            continue
        origin = get_origin(_plain_type(item.name))
        if item.name in _FORMS:
            value = _read_form(item.name, value, variables)
        elif origin is Mapping:
            value = dict(value)
        elif origin is tuple:
            value = tuple(value)
        given[item.name] = value
    GenerationConfig(**given)
    return given


def add_batch_options(parser: argparse.ArgumentParser) -> None:
    """Add how many prompts run at once, and where; `batch_options` reads them."""
    group = parser.add_argument_group("batch")
    group.add_argument(
        "--num-parallel", type=int, metavar="N", help="prompts under way at once (default 64)"
    )
    group.add_argument(
        "--ray", action="store_true", help="run on the machines of a Ray cluster (extra ray)"
    )
    group.add_argument("--ray-address", metavar="ADDRESS", help="of the cluster; implies --ray")
    group.add_argument(
        "--num-workers", type=int, metavar="N", help="copies of the model on the cluster"
    )
    group.add_argument(
        "--num-cpus", type=float, metavar="N", help="processors of each copy (default 1)"
    )
    group.add_argument("--num-gpus", type=float, metavar="N", help="GPUs of each (default 0)")


def batch_options(namespace: argparse.Namespace) -> dict[str, Any]:
    """Return what `Realm.map` is to be told of the options of `add_batch_options`.

    Raises
    ------
    ConfigError
        If one is out of its range, or has no meaning without ``--ray``.
    """
    names = ("num_workers", "num_cpus", "num_gpus")
    given = {name: value for name in names if (value := getattr(namespace, name)) is not None}
    num_parallel = namespace.num_parallel
    if not (namespace.ray or namespace.ray_address):
        if given:
            raise ConfigError(f"{flag_name(next(iter(given)))} is for a cluster: add --ray")
        return {} if num_parallel is None else {"num_parallel": num_parallel}
    if num_parallel is not None:
        given["num_parallel"] = num_parallel
    return {"cluster": ClusterOptions(address=namespace.ray_address, **given)}
