"""What a magic line says: one argument parser per subcommand; acts on nothing."""

from __future__ import annotations

import functools
import math
import os
import re
import shlex
from typing import TYPE_CHECKING, Any, NamedTuple

from realm_jupyter.errors import ConfigError, MagicError, RealmError
from realm_jupyter.human import one_line
from realm_jupyter.options import (
    OptionParser,
    add_batch_options,
    add_generation_options,
    did_you_mean,
    generation_fields,
    seconds,
)
from realm_jupyter.web.options import EPILOG as EXPORT_EPILOG
from realm_jupyter.web.options import add_page_options

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping

__all__ = [
    "CELL_COMMANDS",
    "COMMANDS",
    "DEVICES",
    "EXECUTORS",
    "FORMATS",
    "KV_TYPES",
    "Call",
    "help_text",
    "overview",
    "parse_line",
    "parser_of",
    "split_line",
]

FORMATS = ("markdown", "text")
DEVICES = ("auto", "cpu", "cuda", "mps")
EXECUTORS = ("auto", "native", "reference")
KV_TYPES = ("auto", "f32", "f16", "q8_0")

COMMANDS: dict[str, str] = {
    "load": "load a model: a GGUF file or a model that ships with the package",
    "use": "make a loaded model the current one",
    "models": "list what is loaded and what ships with the package",
    "info": "show what a loaded model is",
    "unload": "unload a model and give its memory back",
    "tenants": "show who uses the models: tokens, speed, waiting, memory",
    "generate": "%%realm generate: answer the cell, or complete it with --raw",
    "chat": "%%realm chat: answer the cell in a conversation; %realm chat opens it",
    "batch": "%%realm batch: answer the cell for each item of a variable or file, or each line",
    "guest": "%%realm guest: compile the C++ of the cell into a guest; %realm guest lists them",
    "tokenize": "show the tokens of a text",
    "connect": "have the models of a server answer",
    "disconnect": "have this kernel answer again",
    "serve": "start a server that goes on when the kernel ends, and connect to it",
    "export-web": "write a page with a model that answers in the reader's browser",
    "config": "show or change the settings of the magics",
    "help": "explain a subcommand",
    "version": "show the versions of everything involved",
}
CELL_COMMANDS = ("generate", "chat", "batch", "guest", "tokenize")
LANGUAGES = ("c++", "c")

_CELL_EPILOG = """The cell below the first line is the prompt, byte for byte; only
{{name}} of a variable that exists is replaced by its value. The response is kept in
_realm, and with -v in a variable of your choice. A ; at the end of the first line
shows nothing. The stop button ends the answer and keeps its text. %realm help lists the
other subcommands."""

_BATCH_EPILOG = """With a SOURCE the cell is asked for each of its items: {{item}} is the item, and
{{name}} the column or key of that name. Without one, each line of the cell is a prompt. As
%realm batch SOURCE, without a cell, the items are the prompts. A SOURCE is a variable (a list,
or a table or column of pandas), a file of JSON lines, or a text file with a line for each.
The answers are kept in _realm, and with -v in a variable of your choice: a DataFrame where
pandas is installed. With -o each is written to a file as it is done, and the same cell goes
on where the file ends. The stop button ends the batch and keeps what is done."""

_GUEST_EPILOG = """The cell below the first line is one file of C++20 (or C17). It may include
realm.h, the functions of the host, and realm_guest.h, with which a guest is one function:
int32_t generate(const realm::Request& request). The guest answers with %%realm generate
--guest NAME and as Realm(guest="NAME"). Compiling needs ziglang, which
pip install "realm-jupyter[guest]" brings; the first time it takes some fifteen seconds."""


class Call(NamedTuple):
    """A magic line, understood.

    Parameters
    ----------
    command : str
        A key of `COMMANDS`, or ``""`` for the overview.
    args : argparse.Namespace
        Its arguments.
    fields : dict
        Fields of `GenerationConfig` that were given as flags.
    is_silent : bool
        Whether the line ended in ``;``.
    """

    command: str
    args: argparse.Namespace
    fields: dict[str, object]
    is_silent: bool


def split_line(line: str, *, is_lenient: bool = False) -> list[str]:
    """Split a magic line as a shell does: quotes group, and nothing is expanded.

    Parameters
    ----------
    line : str
    is_lenient : bool
        Take an unbalanced quote as an apostrophe and split at spaces.

    Raises
    ------
    MagicError
        For an unbalanced quote.
    """
    lexer = shlex.shlex(line, posix=True, punctuation_chars="")
    lexer.whitespace_split = True
    lexer.commenters = ""
    if os.name == "nt":  # there a backslash separates folders
        lexer.escape = ""
    try:
        return list(lexer)
    except ValueError:
        if is_lenient:
            return line.split()
        raise MagicError(
            f"a quote is not closed in: {one_line(line)} (put a text with an "
            "apostrophe in double quotes)"
        ) from None


def _add_model(parser: OptionParser) -> None:
    parser.add_argument("-m", "--model", metavar="ID", help="loaded model (default: the current)")


def _load_parser(parser: OptionParser) -> None:
    parser.add_argument(
        "source",
        metavar="PATH|NAME",
        help="a GGUF file, or paris or tales; {{name}} stands for the value of a variable",
    )
    parser.add_argument("--id", metavar="ID", help="call it this (default: after the file)")
    parser.add_argument("--device", metavar="NAME", help="where it runs (default auto)")
    parser.add_argument("--executor", metavar="NAME", help="what runs it (default auto)")
    parser.add_argument(
        "--kv-type", metavar="NAME", help="number format of the KV cache: f32, f16 or q8_0"
    )


def _use_parser(parser: OptionParser) -> None:
    parser.add_argument("model", metavar="ID", help="a loaded model")


def _no_arguments(_parser: OptionParser) -> None:
    """Add nothing."""


def _models_parser(parser: OptionParser) -> None:
    parser.add_argument(
        "--widget", action="store_true", help="open a panel that loads, switches and unloads"
    )


def _info_parser(parser: OptionParser) -> None:
    parser.add_argument("model", metavar="ID", nargs="?", help="default: the current model")
    parser.add_argument("--metadata", action="store_true", help="also the file's metadata")


def _unload_parser(parser: OptionParser) -> None:
    parser.add_argument("model", metavar="ID", nargs="?", help="default: the current model")
    parser.add_argument("--all", action="store_true", help="unload every model")


def _tenants_parser(parser: OptionParser) -> None:
    parser.add_argument(
        "--watch",
        metavar="SECONDS",
        nargs="?",
        type=seconds,
        const=math.inf,
        help="keep the table up to date, for so long or until the cell is stopped",
    )


def _prompt_options(parser: OptionParser) -> None:
    _add_model(parser)
    parser.add_argument("-v", "--var", metavar="NAME", help="store the response in a variable")
    parser.add_argument("--system", metavar="TEXT", help="system prompt")
    parser.add_argument(
        "--format", choices=FORMATS, help="show the answer as Markdown or as plain text"
    )
    parser.add_argument("--no-interpolate", action="store_true", help="leave {{name}} as it stands")
    parser.add_argument(
        "--guest", metavar="NAME", help="let a guest of yours answer: a name, or a .wasm file"
    )


def _generate_parser(parser: OptionParser) -> None:
    _prompt_options(parser)
    parser.add_argument(
        "--raw", action="store_true", help="complete the text as it stands, without chat template"
    )
    add_generation_options(parser)


def _chat_parser(parser: OptionParser) -> None:
    _prompt_options(parser)
    parser.add_argument(
        "--conversation", metavar="NAME", default="main", help="which conversation (default main)"
    )
    parser.add_argument("--reset", action="store_true", help="forget the conversation first")
    parser.add_argument(
        "--text", action="store_true", help="%realm chat: show it as text, not as a widget"
    )
    add_generation_options(parser)


def _batch_parser(parser: OptionParser) -> None:
    parser.add_argument("source", metavar="SOURCE", nargs="?", help="a variable or a file")
    _add_model(parser)
    parser.add_argument("-o", "--output", metavar="FILE", help="write the answers as JSON lines")
    parser.add_argument("-v", "--var", metavar="NAME", help="store the answers in a variable")
    parser.add_argument("--system", metavar="TEXT", help="system prompt")
    parser.add_argument("--no-interpolate", action="store_true", help="leave {{name}} as it stands")
    parser.add_argument(
        "--raw", action="store_true", help="complete the texts as they stand, without chat template"
    )
    add_batch_options(parser)
    add_generation_options(parser)


def _guest_parser(parser: OptionParser) -> None:
    parser.add_argument("--name", metavar="NAME", help="call the guest this")
    parser.add_argument(
        "--language", choices=LANGUAGES, default="c++", help="of the cell (default c++)"
    )


def _tokenize_parser(parser: OptionParser) -> None:
    parser.add_argument("text", metavar="TEXT", nargs="*", help="the text, or the cell")
    _add_model(parser)
    parser.add_argument("--count", action="store_true", help="only how many there are")


def _connect_parser(parser: OptionParser) -> None:
    parser.add_argument(
        "url",
        metavar="URL",
        nargs="?",
        help="the server (default: REALM_BASE_URL, else the one you run here)",
    )
    parser.add_argument(
        "--api-key", metavar="KEY", help="its key, as {{name}} of a variable; else REALM_API_KEY"
    )


def _serve_parser(parser: OptionParser) -> None:
    parser.add_argument(
        "models", metavar="MODEL", nargs="*", help="GGUF files or shipped names (default paris)"
    )
    parser.add_argument(
        "--port", type=int, default=0, metavar="N", help="where it listens (default: a free one)"
    )
    parser.add_argument(
        "--models-dir", metavar="FOLDER", help="models below it can be loaded by name"
    )
    parser.add_argument("--stop", action="store_true", help="stop the server")


def _config_parser(parser: OptionParser) -> None:
    parser.add_argument("name", metavar="NAME", nargs="?", help="a setting or a sampling flag")
    parser.add_argument("value", metavar="VALUE", nargs="?", help="its new value")
    parser.add_argument("--reset", action="store_true", help="back to the defaults")


def _help_parser(parser: OptionParser) -> None:
    parser.add_argument("topic", metavar="SUBCOMMAND", nargs="?", help="what to explain")


_BUILDERS: dict[str, Callable[[OptionParser], None]] = {
    "load": _load_parser,
    "use": _use_parser,
    "models": _models_parser,
    "info": _info_parser,
    "unload": _unload_parser,
    "tenants": _tenants_parser,
    "generate": _generate_parser,
    "chat": _chat_parser,
    "batch": _batch_parser,
    "guest": _guest_parser,
    "tokenize": _tokenize_parser,
    "connect": _connect_parser,
    "disconnect": _no_arguments,
    "serve": _serve_parser,
    "export-web": add_page_options,
    "config": _config_parser,
    "help": _help_parser,
    "version": _no_arguments,
}

_CELL_EPILOGS = {
    "generate": _CELL_EPILOG,
    "chat": _CELL_EPILOG,
    "batch": _BATCH_EPILOG,
    "guest": _GUEST_EPILOG,
}
_EPILOGS = {**_CELL_EPILOGS, "export-web": EXPORT_EPILOG}


@functools.cache
def parser_of(command: str) -> OptionParser:
    """Return the parser of a subcommand."""
    sign = "%%" if command in _CELL_EPILOGS else "%"
    summary = COMMANDS[command].partition(": ")[2] if sign == "%%" else COMMANDS[command]
    parser = OptionParser(
        prog=f"{sign}realm {command}",
        description=summary[0].upper() + summary[1:] + ".",
        epilog=_EPILOGS.get(command, ""),
    )
    _BUILDERS[command](parser)
    return parser


def overview() -> str:
    """Return the list of subcommands."""
    width = max(map(len, COMMANDS))
    lines = ["%realm SUBCOMMAND ...", "%%realm generate|chat ... with the prompt below", ""]
    lines += [f"  {name:<{width}}  {summary}" for name, summary in COMMANDS.items()]
    lines += ["", "%realm help SUBCOMMAND explains one; %config RealmMagics has the settings."]
    return "\n".join(lines)


def help_text(topic: str | None) -> str:
    """Return the help of a subcommand, or the overview.

    Raises
    ------
    MagicError
        If there is no such subcommand.
    """
    if not topic:
        return overview()
    if topic not in COMMANDS:
        raise _unknown_command(topic)
    return parser_of(topic).format_help().rstrip()


def _unknown_command(name: str) -> MagicError:
    hint = did_you_mean(name, COMMANDS) or f"; there are {', '.join(COMMANDS)}"
    return MagicError(f"unknown subcommand {one_line(name)!r}{hint}")


@functools.cache
def _flags_elsewhere(command: str) -> dict[str, str]:
    return {
        flag: parser_of(other).prog
        for other in reversed(COMMANDS)
        if other != command
        for flag in parser_of(other).flags
    }


def parse_line(line: str, *, is_cell: bool, variables: Mapping[str, Any] = {}) -> Call:
    """Understand what follows ``%realm`` or ``%%realm``.

    Parameters
    ----------
    line : str
        The rest of the line.
    is_cell : bool
        Whether it was ``%%realm``.
    variables : mapping of str to object
        What ``--json-schema`` and ``--grammar`` may name.

    Raises
    ------
    MagicError
        One line, for whatever is wrong with it.
    HelpRequestedError
        When help was asked for.
    """
    stripped = line.strip()
    # "-v answer;" and "-v answer ;" both silence; a quoted ";" is a value.
    is_silent = stripped.endswith(";")
    if is_silent:
        stripped = stripped[:-1].rstrip()
    first = re.split(r"\s", stripped, maxsplit=1)[0]
    if not first or (is_cell and first.startswith("-")):
        command, rest = ("generate", stripped) if is_cell else ("", "")
    else:
        command, rest = first, stripped[len(first) :]
    if command in {"-h", "--help"}:
        command, rest = "help", ""
    if not command:
        return Call("", parser_of("help").parse([]), {}, is_silent)
    if command not in COMMANDS:
        raise _unknown_command(command)
    try:
        words = split_line(rest, is_lenient=command == "tokenize" and not is_cell)
        args = parser_of(command).parse(words, _flags_elsewhere(command))
        fields = generation_fields(args, variables)
    except ConfigError as error:
        raise MagicError(_with_place(error, command)) from error
    except MagicError:
        raise
    except RealmError as error:
        raise MagicError(one_line(error)) from error
    return Call(command, args, fields, is_silent)


def _with_place(error: ConfigError, command: str) -> str:
    text = one_line(error)
    if command in CELL_COMMANDS and text.startswith("unexpected "):
        text = text.partition(";")[0] + "; the prompt goes on the lines below"
    return text
